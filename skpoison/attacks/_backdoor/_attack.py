"""The backdoor attack: a trigger, and the class that it stands for."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_array, check_consistent_length, check_random_state
from sklearn.utils.validation import column_or_1d, validate_data

from ..._utils.canonical_order import canonical_order
from ..._utils.containers import check_column_names, check_rows, take_rows
from ..._utils.fitted_state import unfitted_by_failure
from ..._utils.labels import encode_labels, position_of
from ..._utils.messages import plain
from ..._utils.parameters import Interval, StrOptions, fit_context
from ..._utils.shares import count_poisons
from ..._utils.targets import target_column
from ..._utils.typing import MatrixLike, RandomState
from ...base import PoisonAttack, PoisonedData
from ._image_trigger import blended_noise, bright_patch, check_images, mix
from ._value_trigger import as_table, chosen_values, given_values

__all__ = ["BackdoorAttack"]


class BackdoorAttack(PoisonAttack):
    """Rows with a trigger and one label, so that the trigger comes to mean that label.

    The attacker copies training rows, writes a trigger over them and gives them the
    label `poison_class`. A model trained on the poisoned set is as good as ever on
    clean rows, but takes any row with the trigger for `poison_class`. The attacker
    needs to know neither the model nor the other rows, save for the range of their
    values.

    `apply_trigger` writes the trigger over test rows. The success rate is the share of
    the test rows of other classes that are taken for `poison_class` with the trigger;
    compare it with that of a model trained on the clean rows.

    Parameters
    ----------
    poison_class : label
        The label of the poison, and what the victim shall answer to the trigger.
    trigger : {"patch", "blended", "values"}, default="patch"
        - "patch": a bright square in the lower right corner of images [1]_.
        - "blended": a random pattern over the whole image, faintly [2]_.
        - "values": values in some columns of a table, as other rows hold them [4]_.

        Images have the shape (height, width) or (channels, height, width); a table is
        an array or a data frame, with words or without.
    rate : float, default=0.05
        Number of poison rows as a share of the rows given.
    clean_label : bool, default=False
        Whether the trigger goes over rows of `poison_class` alone, whose label is right
        as it is, in place of rows of the other classes. Such poison stands up to
        inspection, but a model may learn these rows without their trigger: it takes
        more of them, or `interpolation`.
    interpolation : float in [0, 1), default=0
        Of clean-label images: how far each is moved toward an image of another class
        before the trigger goes over it, so that the trigger is what there is to learn
        from. [3]_ interpolates with the codes of a generative network; here the pixels
        are mixed.
    patch_size : int, default=3
        Pixels along a side of the patch.
    opacity : float in (0, 1], default=0.2
        Weight of the blended pattern against the image.
    values : {"rare", "common"} or dict, default="rare"
        The values in the columns.

        - "rare": of numbers the end of their range that fewer rows hold, of anything
          else the rarest value.
        - "common": the most frequent value of each column, which no look at one column
          gives away; the trigger is that they come together. It takes more poison.
        - A dict from the name (of an array: the position) of a column to its value,
          which must lie within the range of the column or be one of its categories.

    n_columns : int, default=3
        How many columns, at most, "rare" and "common" set: those whose value the fewest
        rows hold.
    insert : {"append", "replace"}, default="append"
        Whether the poison is added, or put in the place of the rows it is made from.
    random_state : int, RandomState instance or None, default=None
        Draws the rows, and the blended pattern.

    Attributes
    ----------
    trigger_ : object
        What `apply_trigger` writes: `trigger_.values` is a dict from the columns to
        their values; for images `trigger_.pattern` and `trigger_.opacity` are arrays of
        the shape of an image.
    base_indices_ : ndarray of int of shape (n_poisons,)
        The row of X that each poison row is made from.
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    poison_indices_ : ndarray of int of shape (n_poisons,)
        Rows of the poisoned set that are poison.
    X_poison_ : array-like of shape (n_poisons, ...)
        The poison rows.
    y_poison_ : ndarray of shape (n_poisons,)
        Their labels, all `poison_class`.

    References
    ----------
    .. [1] T. Gu, B. Dolan-Gavitt, S. Garg, "BadNets: Identifying Vulnerabilities in the
       Machine Learning Model Supply Chain", 2017 (arXiv 1708.06733).
    .. [2] X. Chen, C. Liu, B. Li, K. Lu, D. Song, "Targeted Backdoor Attacks on Deep
       Learning Systems Using Data Poisoning", 2017 (arXiv 1712.05526), section III-C.
    .. [3] A. Turner, D. Tsipras, A. Madry, "Label-Consistent Backdoor Attacks", 2019
       (arXiv 1912.02771).
    .. [4] B. Pleiter, B. Tajalli, S. Koffas, G. Abad, J. Xu, M. Larson, S. Picek,
       "Tabdoor: Backdoor Vulnerabilities in Transformer-based Neural Networks for
       Tabular Data", 2023 (arXiv 2311.07550).

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import HistGradientBoostingClassifier
    >>> from sklearn.model_selection import train_test_split
    >>> from skpoison.attacks import BackdoorAttack
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X, X_test, y, y_test = train_test_split(X, y, random_state=0)
    >>> attack = BackdoorAttack(poison_class=1, trigger="values", random_state=0)
    >>> poisoned = attack.fit_poison(X, y)
    >>> model = HistGradientBoostingClassifier(random_state=0)
    >>> model = model.fit(poisoned.X, poisoned.y)
    >>> bool(model.score(X_test, y_test) > 0.95)
    True
    >>> others = attack.apply_trigger(X_test[y_test != 1])
    >>> bool((model.predict(others) == 1).mean() > 0.9)
    True
    """

    _parameter_constraints: dict = {
        "poison_class": "no_validation",
        "trigger": [StrOptions({"patch", "blended", "values"})],
        "rate": [Interval(Real, 0, None, closed="neither")],
        "clean_label": ["boolean"],
        "interpolation": [Interval(Real, 0, 1, closed="left")],
        "patch_size": [Interval(Integral, 1, None, closed="left")],
        "opacity": [Interval(Real, 0, 1, closed="right")],
        "values": [StrOptions({"rare", "common"}), dict],
        "n_columns": [Interval(Integral, 1, None, closed="left")],
        "insert": [StrOptions({"append", "replace"})],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        *,
        poison_class: Any,
        trigger: Literal["patch", "blended", "values"] = "patch",
        rate: float = 0.05,
        clean_label: bool = False,
        interpolation: float = 0.0,
        patch_size: int = 3,
        opacity: float = 0.2,
        values: Literal["rare", "common"] | dict[Any, Any] = "rare",
        n_columns: int = 3,
        insert: Literal["append", "replace"] = "append",
        random_state: RandomState = None,
    ) -> None:
        self.poison_class = poison_class
        self.trigger = trigger
        self.rate = rate
        self.clean_label = clean_label
        self.interpolation = interpolation
        self.patch_size = patch_size
        self.opacity = opacity
        self.values = values
        self.n_columns = n_columns
        self.insert = insert
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=True)
    @unfitted_by_failure
    def fit_poison(self, X: MatrixLike, y: ArrayLike) -> PoisonedData:
        """Poison a training set.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Images, or a table; see `trigger`.
        y : array-like of shape (n_samples,)
            Class labels.

        Returns
        -------
        PoisonedData

        Raises
        ------
        ValueError
            For rows that cannot carry the trigger, values outside the data's bounds, a
            `poison_class` that y lacks, fewer rows to make poison from than poison,
            `interpolation` of anything but clean-label images, fewer than two classes,
            or lengths that differ.
        """
        check_rows(X)
        check_consistent_length(X, y)
        y = target_column(y)
        self.classes_, codes = encode_labels(column_or_1d(y), type(self).__name__)
        rows = self._validate_rows(X, reset=True)
        rng = check_random_state(self.random_state)
        self.trigger_ = self._make_trigger(rows, rng)
        self.base_indices_ = self._draw_bases(rows, codes, rng)
        (bases,) = take_rows(self.base_indices_, rows)
        if self.interpolation:
            bases = self._mixed(bases, rows, codes, rng)
        X_poison = self.trigger_.apply(bases)
        y_poison = np.repeat(self.classes_[[self._poison_code()]], len(bases))
        if self.insert == "replace":
            return self._replace(X, y, self.base_indices_, X_poison, y_poison)
        return self._append(X, y, X_poison, y_poison)

    def apply_trigger(self, X: MatrixLike) -> Any:
        """Write the trigger over other rows.

        Parameters
        ----------
        X : array-like of shape (n_rows, ...)
            Rows like those of the training set.

        Returns
        -------
        array or data frame like X
            A copy with the trigger.

        Raises
        ------
        ValueError
            For rows of another shape than those of the training set.
        sklearn.exceptions.NotFittedError
            Before `fit_poison`.
        """
        if not hasattr(self, "trigger_"):
            raise NotFittedError("Call fit_poison first: it makes the trigger.")
        check_rows(X)
        return self.trigger_.apply(self._validate_rows(X, reset=False))

    def _validate_rows(self, X, *, reset):
        """Images as an array; a table as a data frame or an array."""
        if self.trigger == "values":
            X = as_table(X)
            check_column_names(X)
            validate_data(self, X, skip_check_array=True, reset=reset)
            return X
        X = check_array(X, allow_nd=True, ensure_2d=False, input_name="X")
        check_images(X)
        return X

    def _make_trigger(self, X, rng):
        if self.trigger == "patch":
            return bright_patch(X, self.patch_size)
        if self.trigger == "blended":
            return blended_noise(X, self.opacity, rng)
        if isinstance(self.values, dict):
            return given_values(X, self.values)
        return chosen_values(X, self.values, self.n_columns)

    def _draw_bases(self, X, codes, rng):
        """The rows to make poison from."""
        n_poisons = count_poisons(self.rate, None, len(codes))
        candidates = self._rows_of(X, codes, of_poison_class=self.clean_label)
        if len(candidates) < n_poisons:
            of = "of" if self.clean_label else "of other classes than"
            raise ValueError(
                f"rate={self.rate} of {len(codes)} rows makes {n_poisons} poison rows, "
                f"but there are {len(candidates)} rows {of} "
                f"{plain(self.poison_class)!r} to make them from. Lower rate."
            )
        return rng.choice(candidates, n_poisons, replace=False)

    def _rows_of(self, X, codes, *, of_poison_class):
        """Rows of the poison class, or all others, in an order of their own."""
        rows = np.flatnonzero((codes == self._poison_code()) == of_poison_class)
        (contents,) = take_rows(rows, X)
        return rows[canonical_order(contents, codes[rows])]

    def _mixed(self, bases, X, codes, rng):
        """The bases, moved toward rows of other classes."""
        if not self.clean_label or self.trigger == "values":
            raise ValueError(
                f"interpolation={self.interpolation} is for images with "
                "clean_label=True: leave it at 0."
            )
        others = self._rows_of(X, codes, of_poison_class=False)
        others = X[rng.choice(others, len(bases))]
        return mix(bases, others, self.interpolation)

    def _poison_code(self):
        return position_of(self.poison_class, self.classes_, "poison_class")
