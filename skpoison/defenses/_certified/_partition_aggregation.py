"""Deep partition aggregation: one vote for each part of the training set."""

from __future__ import annotations

from numbers import Integral
from typing import Literal, Self

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import ArrayLike
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    MetaEstimatorMixin,
    clone,
)
from sklearn.dummy import DummyClassifier
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import gen_batches, get_tags
from sklearn.utils.validation import check_is_fitted, validate_data

from ..._utils.containers import check_column_names
from ..._utils.fitted_state import unfitted_by_failure
from ..._utils.labels import encode_labels
from ..._utils.parameters import HasMethods, Interval, StrOptions, fit_context
from ..._utils.targets import target_column
from ..._utils.typing import Estimator, MatrixLike
from ._hash_partition import hash_partition
from ._plurality import plurality_radius, plurality_winner
from ._run_off import hold_election

__all__ = ["PartitionAggregationClassifier"]

# Bytes of the leads of every class over every other, at a time.
_ELECTION_BYTES = 2**27


class PartitionAggregationClassifier(
    ClassifierMixin, MetaEstimatorMixin, BaseEstimator
):
    r"""Let classifiers of disjoint parts of the training set vote (DPA).

    A hash of the features alone assigns each training row to one of `n_partitions`
    parts; on each a clone of the estimator is trained, and the clones vote. A row that
    the attacker adds or removes changes one voter, whatever it holds, so that a
    prediction that leads by enough cannot be flipped, by any attack: `certified_radius`
    says by how many rows. No row is judged, and nothing is assumed about the poison.

    With ``voting="plurality"`` [1]_ the class with the most votes wins. Class a with
    :math:`n_a` votes withstands

    .. math:: \Bigl\lfloor \tfrac12 \Bigl(n_a - \max_{b \ne a} \bigl(n_b +
              1[b < a]\bigr)\Bigr) \Bigr\rfloor

    changed voters; ties go to the smaller class. With ``voting="run_off"`` [2]_ the two
    classes with the most votes go into a second round, in which every voter has a say:
    it votes for the one with its larger score, and for one that it knows rather than
    one that it does not. Radii are larger, where every part has rows of every class.

    The radius counts changes of the training set:

    - 1 for a row that is added, for a row that is removed, and for a label that is
      changed, since the row stays in its part;
    - 2 for a row whose features are changed, which may leave one part and enter
      another.

    What breaks it: anything that is learned from the whole training set before
    it gets here, such as a scaler, a feature selection, or an embedding (put them into
    `estimator`, ``make_pipeline(StandardScaler(), SVC())``, or learn them from rows
    that are trusted); an estimator that does not learn the same from the same rows;
    test rows that the attacker may change. Nothing is said about whether the prediction
    is right. What it costs: each clone learns from one part, so that more parts mean
    larger radii and less accuracy (1,200 parts of MNIST: .938, and half of the test
    images withstand 424 rows; 3,000 parts: .919 and 589; doc/results/certified.md).

    Parameters
    ----------
    estimator : classifier, default=None
        A clone of it is trained on each part. None: a
        :class:`~sklearn.tree.DecisionTreeClassifier`. Its results must follow from its
        training rows and `random_state` alone; a network that draws its weights
        elsewhere does not qualify.
    n_partitions : int, default=50
        Number of parts, and of voters.
    voting : {"plurality", "run_off"}, default="plurality"
        How the votes are counted. "run_off" takes the scores of `decision_function`, or
        else of `predict_proba`, for the first round too.
    n_jobs : int, default=None
        Workers that train and predict, as in scikit-learn.

    Attributes
    ----------
    estimators_ : list of estimators
        The voters. One class alone in a part: a
        :class:`~sklearn.dummy.DummyClassifier`, which always votes for it. An empty
        part: None, which never votes.
    partition_ : ndarray of int of shape (n_samples,)
        The part of each training row.
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, when X has string column names.

    See Also
    --------
    CertifiedKNeighborsClassifier : For features that were learned elsewhere.
    skpoison.metrics.certified_accuracy_curve : What is certified, by budget.

    Notes
    -----
    Each part is sorted by its contents, and every `random_state` in the estimator set
    to the number of the part: the outcome does not depend on the order of the rows or
    on `n_jobs`, and the parts not on whether numbers come as float32, float64 or
    integers of the same value. Equal rows share a part.

    The radius also covers labels that no training row has yet, but not changes that
    make `fit` raise an error, as the estimator does where it cannot learn from a part.

    References
    ----------
    .. [1] A. Levine, S. Feizi, "Deep Partition Aggregation: Provable Defense against
       General Poisoning Attacks", ICLR 2021, theorem 1.
    .. [2] K. Rezaei, K. Banihashem, A. Chegini, S. Feizi, "Run-Off Election: Improved
       Provable Defense against Data Poisoning Attacks", ICML 2023, theorem 3.4.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.linear_model import RidgeClassifier
    >>> from skpoison.defenses import PartitionAggregationClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> model = PartitionAggregationClassifier(RidgeClassifier(), n_partitions=50)
    >>> model.fit(X[:1500], y[:1500]).score(X[1500:], y[1500:])
    0.878...
    >>> model.certified_radius(X[1500:1505])
    array([ 4, 10, 16, 20, 15])
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"]), None],
        "n_partitions": [Interval(Integral, 1, None, closed="left")],
        "voting": [StrOptions({"plurality", "run_off"})],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        estimator: Estimator | None = None,
        n_partitions: int = 50,
        *,
        voting: Literal["plurality", "run_off"] = "plurality",
        n_jobs: int | None = None,
    ) -> None:
        self.estimator = estimator
        self.n_partitions = n_partitions
        self.voting = voting
        self.n_jobs = n_jobs

    @unfitted_by_failure
    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: MatrixLike, y: ArrayLike) -> Self:
        """Train a classifier on each part.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Numbers, as the estimator takes them.
        y : array-like of shape (n_samples,)
            Labels of any type.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            For one class, for ``voting="run_off"`` with an estimator without scores,
            and when the estimator cannot learn from a part, besides invalid input.
        """
        estimator = self._estimator()
        if self.voting == "run_off" and not _has_scores(estimator):
            raise ValueError(
                f"voting='run_off' compares scores, but {type(estimator).__name__} has "
                "neither decision_function nor predict_proba. Use voting='plurality'."
            )
        X, y = self._validate(X, target_column(y), reset=True)
        self.classes_, labels = encode_labels(y, type(self).__name__)
        parts = hash_partition(X, labels, self.n_partitions)
        self.partition_ = np.empty(len(y), dtype=int)
        for number, rows in enumerate(parts):
            self.partition_[rows] = number
        self.estimators_ = Parallel(n_jobs=self.n_jobs)(
            delayed(_fit_voter)(estimator, X[rows], y[rows], number)
            for number, rows in enumerate(parts)
        )
        return self

    def predict(self, X: MatrixLike) -> np.ndarray:
        """The labels that win the vote.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        winner, _ = self._elect(X)
        return self.classes_[winner]

    def certified_radius(self, X: MatrixLike) -> np.ndarray:
        """How many changes of the training set cannot flip each prediction.

        A row that is added or removed or gets another label counts 1, a row with other
        features 2.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of int of shape (n_samples,)
            At most half of `n_partitions`.
        """
        _, radius = self._elect(X)
        return radius

    def votes(self, X: MatrixLike) -> np.ndarray:
        """How many parts vote for each class, in the first round if there are two.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of int of shape (n_samples, n_classes)
            In the order of `classes_`. Empty parts do not vote.
        """
        check_is_fitted(self)
        X = self._validate(X, reset=False)
        if self.voting == "run_off":
            return np.concatenate([election.votes for election in self._elections(X)])
        votes = np.zeros((X.shape[0], len(self.classes_)), dtype=int)
        for predicted in self._ask(_predicted, X):
            votes[np.arange(len(votes)), predicted] += 1
        return votes

    def _elect(self, X):
        """The position of the winning class, and its radius."""
        if self.voting == "plurality":
            votes = self.votes(X)
            return plurality_winner(votes), plurality_radius(votes)
        check_is_fitted(self)
        X = self._validate(X, reset=False)
        outcomes = [(e.finalists()[0], e.radius()) for e in self._elections(X)]
        winner, radius = (np.concatenate(column) for column in zip(*outcomes))
        return winner, radius

    def _elections(self, X):
        """One election for some rows after the other."""
        n_classes = len(self.classes_)
        size = max(1, _ELECTION_BYTES // (8 * (n_classes + 1) ** 2))
        for batch in gen_batches(X.shape[0], size):
            scores = self._ask(_scores, X[batch])
            yield hold_election(scores, batch.stop - batch.start, n_classes)

    def _ask(self, question, X):
        """What each voter says to a question, one after the other."""
        return Parallel(n_jobs=self.n_jobs, return_as="generator")(
            delayed(question)(voter, X, self.classes_)
            for voter in self.estimators_
            if voter is not None
        )

    def _estimator(self):
        return DecisionTreeClassifier() if self.estimator is None else self.estimator

    def _validate(self, X, *y, reset):
        check_column_names(X)
        tags = get_tags(self._estimator()).input_tags
        return validate_data(
            self,
            X,
            *y,
            reset=reset,
            accept_sparse="csr" if tags.sparse else False,
            dtype=(np.float64, np.float32),
            ensure_all_finite="allow-nan" if tags.allow_nan else True,
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        of_estimator = get_tags(self._estimator()).input_tags
        tags.input_tags.sparse = of_estimator.sparse
        tags.input_tags.allow_nan = of_estimator.allow_nan
        return tags


def _fit_voter(estimator, X, y, number):
    if len(y) == 0:
        return None
    if (y == y[0]).all():
        return DummyClassifier().fit(X, y)
    voter = clone(estimator)
    voter.set_params(
        **{
            name: number
            for name in voter.get_params()
            if name.rpartition("__")[2] == "random_state"
        }
    )
    try:
        return voter.fit(X, y)
    except ValueError as error:
        raise ValueError(
            f"{type(voter).__name__} cannot learn from part {number}, which has "
            f"{len(y)} rows of {len(np.unique(y))} classes: {error} Lower "
            "n_partitions, or use an estimator that can."
        ) from error


def _predicted(voter, X, classes):
    """Positions of the predicted labels."""
    return np.searchsorted(classes, voter.predict(X))


def _has_scores(estimator):
    return hasattr(estimator, "decision_function") or hasattr(
        estimator, "predict_proba"
    )


def _scores(voter, X, classes):
    """The score of each class, -inf for those that the voter has not seen."""
    decide = getattr(voter, "decision_function", None) or voter.predict_proba
    given = np.asarray(decide(X))
    if given.ndim == 1:
        given = np.column_stack([-given, given])
    if given.shape[1] != len(voter.classes_):
        raise ValueError(
            f"voting='run_off' needs a score per class, but {type(voter).__name__} "
            f"gives {given.shape[1]} for {len(voter.classes_)} classes. Of an SVC, set "
            "decision_function_shape='ovr'."
        )
    scores = np.full((X.shape[0], len(classes)), -np.inf)
    scores[:, np.searchsorted(classes, voter.classes_)] = given
    return scores
