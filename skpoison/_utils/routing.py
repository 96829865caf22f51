"""Fit parameters on their way to the step that takes them."""

import sklearn

__all__ = ["check_step_parameters", "prefixed", "routing_enabled"]


def routing_enabled():
    """Whether scikit-learn's metadata routing is switched on."""
    return sklearn.get_config()["enable_metadata_routing"]


def prefixed(step, params):
    """The parameters named `step__parameter`, without the prefix."""
    prefix = f"{step}__"
    return {k[len(prefix) :]: v for k, v in params.items() if k.startswith(prefix)}


def check_step_parameters(params, steps):
    """Refuse a fit parameter that no step takes: a lost one could mean no defense.

    Parameters
    ----------
    params : dict of str -> object
        Named `step__parameter`.
    steps : list of (str, estimator) tuples

    Raises
    ------
    ValueError
    """
    takers = [
        name for name, step in steps if step is not None and step != "passthrough"
    ]
    for param in params:
        step, separator, _ = param.partition("__")
        if not separator or step not in takers:
            raise ValueError(
                f"No step takes the fit parameter {param!r}. Pass it as "
                f"<step>__<parameter>; the steps that are fitted are {takers}."
            )
