"""The practitioner's question: is this training set poisoned, where, and why."""

from __future__ import annotations

from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from .._utils.canonical_order import canonical_order
from .._utils.containers import take_rows
from .._utils.fitted_state import unfitted_by_failure
from .._utils.optional import optional_import
from .._utils.parameters import HasMethods, Interval, StrOptions, fit_context
from .._utils.typing import Estimator, MatrixLike, RandomState
from ._build_report import build_report
from ._csv import COLUMNS, suspect_rows, write_csv
from ._defaults import (
    filter_with_trusted_rows,
    filter_without_trusted_rows,
    listed_share,
    model_of,
)
from ._explain import accusers, explain, remoteness
from ._features import encoder_of, features_of
from ._html import report_as_html
from ._images import read_image_folder
from ._json import report_as_json
from ._neighbors import nearest_rows
from ._notes import noted_warnings
from ._opinion import ask_models
from ._progress import Progress
from ._rows import gather_rows
from ._sample import draw_sample
from ._scores import score_rows

if TYPE_CHECKING:
    import pandas as pd

_N_STEPS = 14


class PoisonAudit(BaseEstimator):
    """Tell whether a training set is poisoned, at least how much, where, and why.

    With trusted rows a filter is held to how it scores them
    (:class:`~skpoison.defenses.CalibratedFilter`): the audit tests whether there is any
    poison, bounds its share from below, and names the rows in excess. Without trusted
    rows it ranks the rows, and says that nothing more can be told.

    Each suspect comes with its evidence: the labels of its nearest rows, the label that
    a model expects which was not trained on it, how far it lies from its class, and how
    many trusted rows look as bad. What the removal of the suspects does to the accuracy
    of the model is measured on trusted rows that the model did not see.

    Parameters
    ----------
    filter : "auto", filter or outlier detector, default="auto"
        Scores the rows. With trusted rows "auto" is
        :class:`~skpoison.defenses.AnnealedTrustFilter`, of a regression a ridge
        regression in a :class:`~skpoison.defenses.TrustedDisagreementFilter`, and
        whatever it is, it is calibrated. Without them it is a
        :class:`~skpoison.defenses.PanelFilter` that lists the worst 5 % of the rows, of
        more than `max_samples` rows :class:`~skpoison.defenses.DeepKNNFilter`, and of a
        regression :class:`~skpoison.defenses.TRIMRegressor`.
    estimator : classifier or regressor, default=None
        The model that is to be trained on the rows; it gets X as it is given. The
        default is histogram gradient boosting on the encoded rows, or a linear model
        where there are more than 100 features or 20 classes.
    embedding : transformer, default=None
        Turns X into the features that rows are compared by, such as
        :class:`~skpoison.embedding.NetEmbedding` for images. By default tables are
        encoded: numbers and dates standardised, with a column that says where one is
        missing, other columns as categories. Images are compared by their pixels, which
        tells little of most photographs.
    task : {"auto", "classification", "regression"}, default="auto"
        What y holds. "auto" asks where whole numbers could be both.
    image_size : int, default=32
        Height and width to which the images of a folder are scaled.
    n_neighbors : int, default=20
        Number of nearest rows that are asked about a suspect.
    max_samples : int, default=50000
        Of larger sets a random sample of so many rows is learned from, with all trusted
        rows up to half of it; the other rows are scored by what was learned. This
        bounds time and memory.
    max_explained : int, default=1000
        Number of suspects, the worst first, that come with evidence.
    n_jobs : int, default=None
        Number of fits at a time, and threads of the search for neighbours.
    random_state : int, RandomState instance or None, default=None
        Deals folds and draws samples.
    verbose : bool, default=False
        Whether to show the progress on standard error.

    Attributes
    ----------
    poisoned_ : bool or None
        Whether there is poison, at a level of 5 %; None without trusted rows. False
        with suspects means that rows stand out, and that it may be chance.
    poison_share_, poison_share_lower_ : float or None
        Share of poison among the untrusted rows, by estimate and at least (95 %).
    sample_scores_ : ndarray of shape (n_samples,)
        Scores of the filter; lower is more suspect.
    q_values_ : ndarray of shape (n_samples,)
        False discovery rate at which a row would be removed; NaN without trusted rows.
    offset_ : float
        Rows with a lower score are suspects, unless they are trusted.
    inlier_mask_ : ndarray of bool of shape (n_samples,)
        True for the rows that are no suspects.
    suspects_ : DataFrame
        The suspects, the worst first: position and index label, score, q-value, given
        and suggested label, kinds of evidence, how many more rows with its label beside
        it would hide it from its neighbours, and the evidence in words. Needs pandas.
    filter_ : filter
        The fitted filter.

    Raises
    ------
    ValueError
        While fitting, for invalid input, and for a set larger than `max_samples` with
        a filter that cannot judge new rows.

    See Also
    --------
    skpoison.defenses.CalibratedFilter : The calibration, and what breaks it.

    Notes
    -----
    The outcome does not depend on the order of the rows, as long as there are no more
    than `max_samples`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_breast_cancer
    >>> from skpoison.attacks import LabelFlipAttack
    >>> from skpoison.audit import PoisonAudit
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> trusted = np.arange(len(y)) % 3 == 0
    >>> attack = LabelFlipAttack(rate=0.1, random_state=0)
    >>> y[~trusted] = attack.fit_poison(X[~trusted], y[~trusted]).y
    >>> audit = PoisonAudit(random_state=0).fit(X, y, trusted=trusted)
    >>> audit.poisoned_, round(audit.poison_share_lower_, 2)
    (True, 0.04)
    >>> page = audit.to_html()
    """

    _parameter_constraints: dict = {
        "filter": [StrOptions({"auto"}), HasMethods("fit")],
        "estimator": [HasMethods(["fit", "predict"]), None],
        "embedding": [HasMethods(["fit", "transform"]), None],
        "task": [StrOptions({"auto", "classification", "regression"})],
        "image_size": [Interval(Integral, 1, None, closed="left")],
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "max_samples": [Interval(Integral, 10, None, closed="left")],
        "max_explained": [Interval(Integral, 1, None, closed="left")],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "verbose": ["boolean"],
    }

    def __init__(
        self,
        filter: Literal["auto"] | Estimator = "auto",
        estimator: Estimator | None = None,
        *,
        embedding: Estimator | None = None,
        task: Literal["auto", "classification", "regression"] = "auto",
        image_size: int = 32,
        n_neighbors: int = 20,
        max_samples: int = 50_000,
        max_explained: int = 1_000,
        n_jobs: int | None = None,
        random_state: RandomState = None,
        verbose: bool = False,
    ) -> None:
        self.filter = filter
        self.estimator = estimator
        self.embedding = embedding
        self.task = task
        self.image_size = image_size
        self.n_neighbors = n_neighbors
        self.max_samples = max_samples
        self.max_explained = max_explained
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    @fit_context(prefer_skip_nested_validation=False)
    @unfitted_by_failure
    def fit(
        self,
        X: MatrixLike | str | Path,
        y: ArrayLike | None = None,
        *,
        trusted: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Self:
        """Audit a training set.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix of shape (n_samples, ...), or path
            The rows; images of shape (n_samples, height, width), with the channels
            before or after. A path is that of a folder of images, with a folder for
            each class in it. Frames of polars and tables of Arrow are turned into
            pandas, which needs pandas and pyarrow.
        y : array-like of shape (n_samples,), default=None
            Labels, or the values of a regression. None for a folder of images.
        trusted : array-like of bool of shape (n_samples,) or of int, default=None
            Rows known to be clean, as a mask or as positions. A random sample of the
            rows, checked by hand, is best.
        groups : array-like of shape (n_samples,), default=None
            Where each row came from, a source or an annotator, say; the report counts
            the suspects of each.

        Returns
        -------
        self : object
        """
        names = None
        if isinstance(X, str | Path):
            X, y, names = read_image_folder(X, self.image_size)
        if y is None:
            raise ValueError("An audit needs y: the labels, or the values.")
        notes: list[str] = []
        with noted_warnings(notes):
            rows = gather_rows(X, y, trusted, self.task, names)
            self._audit(rows, _encode_groups(groups, len(rows.targets)), notes)
        return self

    @property
    def poisoned_(self) -> bool | None:
        """Whether there is poison, at a level of 5 %; None without trusted rows."""
        return self.report_.verdict.poisoned

    @property
    def poison_share_(self) -> float | None:
        """Share of poison among the untrusted rows, by estimate."""
        return self.report_.verdict.share

    @property
    def poison_share_lower_(self) -> float | None:
        """Share of poison among the untrusted rows, at least (95 %)."""
        return self.report_.verdict.share_lower

    @property
    def suspects_(self) -> pd.DataFrame:
        """The suspects, the worst first."""
        frame = optional_import("pandas", "data").DataFrame
        return frame(list(suspect_rows(self.report_)), columns=COLUMNS)

    def to_html(self, path: str | Path | None = None) -> str:
        """Write the report as one page that needs nothing else.

        Parameters
        ----------
        path : path, default=None
            Where to write it; overwritten. None writes no file.

        Returns
        -------
        str
            The page. It holds no link, no request and no text that was not escaped.
        """
        check_is_fitted(self)
        return _written(report_as_html(self.report_), path)

    def to_json(self, path: str | Path | None = None) -> str:
        """Write the report for machines.

        Parameters
        ----------
        path : path, default=None
            Where to write it; overwritten. None writes no file.

        Returns
        -------
        str
            JSON with the schema's version and the sha256 of the data. Texts are cut at
            80 characters, and control characters escaped.
        """
        check_is_fitted(self)
        return _written(report_as_json(self.report_), path)

    def to_csv(self, path: str | Path) -> None:
        """Write the suspects as a table.

        Parameters
        ----------
        path : path
            Where to write it; overwritten. Text that a spreadsheet would take for a
            formula gets an apostrophe before it; texts are cut at 80 characters.
        """
        check_is_fitted(self)
        with Path(path).open("w", encoding="utf-8", newline="") as file:
            write_csv(self.report_, file)

    def _audit(self, rows, groups, notes):
        tell = Progress(self.verbose, _N_STEPS)
        rng = check_random_state(self.random_state)
        sample = draw_sample(rows, self.max_samples, rng)
        seed = rng.randint(2**31 - 1)

        tell("reading the rows")
        (sampled,) = take_rows(sample, rows.X)
        encoder = encoder_of(rows.X) if self.embedding is None else self.embedding
        encoder = clone(encoder).fit(sampled, rows.y[sample])
        tell("scoring the rows")
        filter = (
            filter_with_trusted_rows(self.filter, rows.regression, seed, self.n_jobs)
            if rows.has_trusted
            else filter_without_trusted_rows(
                self.filter,
                rows.regression,
                len(sample),
                len(rows.targets),
                seed,
                self.n_jobs,
            )
        )
        listed = (
            None if rows.has_trusted else listed_share(self.filter, rows.regression)
        )
        scored = score_rows(filter, encoder, sampled, rows, sample, listed)
        del sampled
        worst = scored.worst_first()
        effect, explanations = self._explain(
            rows, encoder, scored, sample, worst[: self.max_explained], seed, tell
        )
        tell("writing the report")
        self.filter_ = scored.filter
        self.sample_scores_, self.offset_ = scored.scores, scored.threshold
        self.q_values_, self.inlier_mask_ = scored.q_values, ~scored.suspect
        self.report_ = build_report(
            rows, groups, scored, len(sample), worst, effect, explanations, notes
        )
        tell(None)

    def _explain(self, rows, encoder, scored, sample, worst, seed, tell):
        """What removal changes, and the evidence against the worst suspects."""
        explained = np.sort(worst)
        positions = np.union1d(sample, explained)
        (X,) = take_rows(positions, rows.X)
        features = features_of(encoder, X)
        asked = np.searchsorted(positions, explained)
        n_features = features.shape[1]
        opinion = ask_models(
            model_of(self.estimator, rows.regression, rows.n_classes, n_features, seed),
            features if self.estimator is None else X,
            rows,
            positions,
            canonical_order(features, rows.targets[positions]),
            np.isin(positions, sample),
            ~scored.suspect[positions],
            np.isin(positions, explained),
            lambda: tell("training models"),
        )
        if not len(worst):
            return opinion.effect, []
        tell("asking the neighbours")
        nearest = nearest_rows(
            features, positions, asked, self.n_neighbors, self.n_jobs
        )
        explanations = explain(
            rows,
            explained,
            nearest,
            opinion,
            remoteness(features, rows.groups[positions], asked),
            scored.scores[explained] if rows.has_trusted else None,
            accusers(scored.filter, asked),
        )
        return opinion.effect, [
            explanations[i] for i in np.searchsorted(explained, worst)
        ]


def _encode_groups(groups, n_rows):
    """The names of the groups and the group of each row; None without groups."""
    if groups is None:
        return None
    groups = np.asarray(groups, dtype=object)
    if groups.shape != (n_rows,):
        raise ValueError(
            f"groups must hold one entry for each of {n_rows} rows; got shape "
            f"{groups.shape}."
        )
    # As text: missing entries and numbers among words have no order.
    texts = np.array([str(group) for group in groups], dtype=object)
    return np.unique(texts, return_inverse=True)


def _written(text, path):
    if path is not None:
        Path(path).write_text(text, encoding="utf-8")
    return text
