"""Fit parameters on their way to the step that takes them."""

import sklearn

from .containers import row_aligned

__all__ = [
    "check_step_parameters",
    "follows_rows",
    "prefixed",
    "routing_enabled",
]

# Of names such as `X_val`, `y_valid`, `eval_set`, `validation_data`, `X_test`.
_HELD_OUT = {"val", "valid", "validation", "eval", "test"}


def routing_enabled():
    """Whether scikit-learn's metadata routing is switched on."""
    return sklearn.get_config()["enable_metadata_routing"]


def prefixed(step, params):
    """The parameters named `step__parameter`, without the prefix."""
    prefix = f"{step}__"
    return {k[len(prefix) :]: v for k, v in params.items() if k.startswith(prefix)}


def check_step_parameters(params, steps):
    """Refuse a fit parameter that no step takes: a lost one could mean no defense.

    A step that is "passthrough" is given any in vain, so that a search over filters can
    try none: whoever writes it asks for no defense.

    Parameters
    ----------
    params : dict of str -> object
        Named `step__parameter`.
    steps : list of (str, estimator) tuples

    Raises
    ------
    ValueError
    """
    takers = [name for name, step in steps if step is not None]
    for param in params:
        step, separator, _ = param.partition("__")
        if not separator or step not in takers:
            raise ValueError(
                f"No step takes the fit parameter {param!r}. Pass it as "
                f"<step>__<parameter>; the steps are {takers}."
            )


def follows_rows(name, value, n_samples):
    """Whether a fit parameter has an entry per training row.

    Parameters
    ----------
    name : str
        One that names a validation set (`X_val`, `eval_set`, ...) holds rows of its
        own, however many.
    value : object
    n_samples : int

    Returns
    -------
    bool
    """
    words = name.lower().split("_")
    return _HELD_OUT.isdisjoint(words) and row_aligned(value, n_samples)
