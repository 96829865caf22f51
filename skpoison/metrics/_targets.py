"""What became of the targets of an attack."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import column_or_1d

from .._utils.parameters import validate_params
from ._defense import defense_success_rate


@validate_params(
    {
        "predictions": ["array-like"],
        "poison_class": "no_validation",
        "y_targets": ["array-like"],
        "undefended": ["array-like"],
        "clean": ["array-like"],
    },
    prefer_skip_nested_validation=True,
)
def target_report(
    predictions: ArrayLike,
    poison_class: Any | ArrayLike,
    *,
    y_targets: ArrayLike,
    undefended: ArrayLike,
    clean: ArrayLike,
) -> dict[str, float]:
    """Count the targets: those that are attacked with success, those that are saved.

    A target that a model without any poison already misclassifies shows nothing about
    attack or defense. Such targets are reported, and left out of all other numbers.

    Parameters
    ----------
    predictions : array-like of shape (n_attacks,)
        Class that the defended model predicts for the target of each attack.
    poison_class : label, or array-like of shape (n_attacks,)
        Class that the attacker wants predicted.
    y_targets : array-like of shape (n_attacks,)
        True classes of the targets.
    undefended : array-like of shape (n_attacks,)
        What the model trained on the poisoned set predicts for them.
    clean : array-like of shape (n_attacks,)
        What the model trained without the poison predicts for them.

    Returns
    -------
    dict of str to int or float
        n_targets
            Number of attacks.
        n_misclassified_clean
            Targets that the clean model gets wrong; not counted in what follows.
        n_succeeded
            Attacks that succeed undefended.
        n_stopped
            Those of them that the defense stops.
        defense_success_rate
            Their share, as :func:`defense_success_rate` gives it; nan for none.
        n_right
            Targets that the defended model predicts rightly, be they attacked with
            success or not.

    Raises
    ------
    ValueError
        When the lengths differ.

    See Also
    --------
    defense_success_rate : The share alone.
    filter_report : Which rows were removed.

    Examples
    --------
    The model mistook the last frog for a ship before there was any poison.

    >>> import numpy as np
    >>> from skpoison.metrics import target_report
    >>> target_report(
    ...     ["frog", "cat", "ship", "ship"],
    ...     "ship",
    ...     y_targets=["frog"] * 4,
    ...     undefended=["ship", "ship", "frog", "ship"],
    ...     clean=["frog", "frog", "frog", "ship"],
    ... )
    {'n_targets': 4, 'n_misclassified_clean': 1, 'n_succeeded': 2, 'n_stopped': 2,
     'defense_success_rate': 1.0, 'n_right': 1}
    """
    columns = [column_or_1d(c) for c in (predictions, y_targets, undefended, clean)]
    check_consistent_length(*columns)
    predictions, y_targets, undefended, clean = columns
    if np.ndim(poison_class):
        poison_class = column_or_1d(poison_class)
        check_consistent_length(predictions, poison_class)
    counted = clean == y_targets
    succeeded = counted & (undefended == poison_class)
    return {
        "n_targets": len(counted),
        "n_misclassified_clean": int(np.sum(~counted)),
        "n_succeeded": int(succeeded.sum()),
        "n_stopped": int(np.sum(succeeded & (predictions != poison_class))),
        "defense_success_rate": defense_success_rate(
            predictions, poison_class, succeeded=succeeded
        ),
        "n_right": int(np.sum(counted & (predictions == y_targets))),
    }
