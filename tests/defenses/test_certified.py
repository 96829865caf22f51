"""Certified classifiers: no attack within the radius flips a prediction."""

from itertools import combinations, permutations, product

import numpy as np
import pytest
from joblib import parallel_config
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_digits, load_iris, make_blobs
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from skpoison.defenses import (
    CertifiedKNeighborsClassifier,
    PartitionAggregationClassifier,
)
from skpoison.defenses._certified._hash_partition import hash_partition
from skpoison.defenses._certified._plurality import plurality_radius, plurality_winner
from skpoison.defenses._certified._run_off import hold_election

from .._checks import scikit_learn_checks

VOTING = pytest.mark.parametrize("voting", ["plurality", "run_off"])


@scikit_learn_checks(
    [
        PartitionAggregationClassifier(n_partitions=3),
        PartitionAggregationClassifier(
            LogisticRegression(), n_partitions=2, voting="run_off"
        ),
        CertifiedKNeighborsClassifier(n_neighbors=3),
    ],
    lambda estimator: {},
)
def test_scikit_learn(estimator, check):
    check(estimator)


class NearestMean(ClassifierMixin, BaseEstimator):
    """Fast to fit, so that all attacks can be tried; with scores."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.means_ = np.array([X[y == c].mean(axis=0) for c in self.classes_])
        return self

    def decision_function(self, X):
        scores = -np.linalg.norm(X[:, None] - self.means_, axis=2)
        return scores if len(self.classes_) > 2 else scores[:, 1] - scores[:, 0]

    def predict(self, X):
        distances = np.linalg.norm(X[:, None] - self.means_, axis=2)
        return self.classes_[distances.argmin(axis=1)]


# Labels of the small sets; the others are new to them.
LABELS, ALL_LABELS = (1, 3), (0, 1, 2, 3)


def small_set(seed, *, n_samples, spread):
    rng = np.random.default_rng(seed)
    y = np.resize(LABELS, n_samples)
    X = rng.integers(0, 4, size=(n_samples, 1)) + spread * y[:, None]
    return X.astype(float), y


def without_repetition(X, y):
    """The same set, whose rows are spread over the parts."""
    return X + np.random.default_rng(0).normal(scale=0.1, size=X.shape), y


def removals(X, y):
    for row in range(len(y)):
        yield np.delete(X, row, axis=0), np.delete(y, row)


def additions(X, y, places):
    for place, label in product(places, ALL_LABELS):
        yield np.vstack([X, place]), np.append(y, label)


def relabellings(X, y):
    for row, label in product(range(len(y)), ALL_LABELS):
        y_new = y.copy()
        y_new[row] = label
        yield X, y_new


def replacements(X, y, places):
    for row, place, label in product(range(len(y)), places, ALL_LABELS):
        X_new, y_new = X.copy(), y.copy()
        X_new[row], y_new[row] = place, label
        yield X_new, y_new


def assert_none_flips(model, attacks, X_test, protected, expected):
    for X, y in attacks:
        predicted = clone(model).fit(X, y).predict(X_test)
        assert_array_equal(predicted[protected], expected[protected])


def a_place_in_each_part(n_parts, start):
    grid = start + np.arange(50.0)[:, None]
    parts = hash_partition(grid, np.zeros(len(grid), dtype=int), n_parts)
    return grid[[rows[0] for rows in parts]]


@VOTING
@pytest.mark.parametrize("seed", range(2))
def test_no_single_change_flips_a_prediction_of_radius_one(voting, seed):
    X, y = without_repetition(*small_set(seed, n_samples=16, spread=2))
    model = PartitionAggregationClassifier(NearestMean(), 4, voting=voting).fit(X, y)
    X_test = np.linspace(0, 11, 45)[:, None]
    expected, radius = model.predict(X_test), model.certified_radius(X_test)
    assert (radius >= 1).any()
    places = np.vstack([a_place_in_each_part(4, -100.0), a_place_in_each_part(4, 4.0)])
    attacks = [*removals(X, y), *relabellings(X, y), *additions(X, y, places)]
    assert_none_flips(model, attacks, X_test, radius >= 1, expected)


@VOTING
def test_no_two_changes_flip_a_prediction_of_radius_two(voting):
    X, y = without_repetition(*small_set(2, n_samples=16, spread=3))
    model = PartitionAggregationClassifier(NearestMean(), 5, voting=voting).fit(X, y)
    X_test = np.linspace(0, 14, 57)[:, None]
    expected, radius = model.predict(X_test), model.certified_radius(X_test)
    assert (radius >= 2).any()
    places = a_place_in_each_part(5, -100.0)
    # A row with other features is one removed and one added.
    attacks = (twice for once in removals(X, y) for twice in additions(*once, places))
    assert_none_flips(model, attacks, X_test, radius >= 2, expected)


RANKINGS = np.array(list(permutations(range(4))), dtype=float)


def every_way_to_change(rankings, n_changed):
    """Scores of all voters, in all the ways to change some: (n_voters, n_ways, 4)."""
    chosen = list(product(range(len(RANKINGS)), repeat=n_changed))
    scores = RANKINGS[np.array(chosen, dtype=int)]
    ways = []
    for changed in combinations(range(len(rankings)), n_changed):
        ways.append(np.tile(rankings, (len(scores), 1, 1)))
        ways[-1][:, list(changed)] = scores
    return np.concatenate(ways).transpose(1, 0, 2)


@pytest.mark.parametrize("seed", range(6))
def test_no_changed_voters_within_the_radius_flip_an_election(seed):
    rng = np.random.default_rng(seed)
    # The first class and the last are unknown to the voters before the attack.
    rankings = np.full((6, 4), -np.inf)
    rankings[:, 1:3] = rng.normal(size=(6, 2)) + [1, 0]
    before = hold_election(rankings[:, None, 1:3], 1, 2)
    radius = min(before.radius()[0], 2)
    assert_same_winner(before, 1, every_way_to_change(rankings, radius))


@pytest.mark.parametrize("seed", range(12))
def test_no_changed_voters_flip_an_election_among_four(seed):
    rng = np.random.default_rng(seed)
    liking = np.array([1, 1.5, 3, 1]) if seed % 2 else np.array([1, 3, 1, 2.9])
    rankings = (rng.normal(size=(7, 4)) + liking).argsort(axis=1).argsort(axis=1) * 1.0
    before = hold_election(rankings[:, None], 1, 4)
    radius = min(before.radius()[0], 2)
    assert_same_winner(before, 0, every_way_to_change(rankings, radius))


def assert_same_winner(before, first_class, ways):
    winner = before.finalists()[0][0] + first_class
    after = hold_election(ways, ways.shape[1], 4)
    assert (after.finalists()[0] == winner).all()


def test_one_more_changed_voter_can_flip_most_elections():
    rng = np.random.default_rng(0)
    flipped = []
    for _ in range(10):
        rankings = rng.permuted(np.tile(np.arange(4.0), (5, 1)), axis=1)
        before = hold_election(rankings[:, None], 1, 4)
        ways = every_way_to_change(rankings, min(before.radius()[0], 1) + 1)
        after = hold_election(ways, ways.shape[1], 4)
        flipped.append((after.finalists()[0] != before.finalists()[0]).any())
    assert np.mean(flipped) > 0.7


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_plurality_radius_is_the_largest_that_is_safe(n_classes):
    """Compared with all the ways to move that many votes, new classes among them."""
    for votes in product(range(5), repeat=n_classes):
        if sum(votes) == 0:
            continue
        winner = plurality_winner(np.array([votes]))[0]
        radius = plurality_radius(np.array([votes]))[0]
        assert not can_flip(votes, winner, radius)
        assert can_flip(votes, winner, radius + 1)


def can_flip(votes, winner, n_changed):
    """Whether a class can win when so many voters for the winner turn to it."""
    taken = min(n_changed, votes[winner])
    left = votes[winner] - taken
    smaller = [b for b in range(len(votes)) if b < winner]
    larger = [b for b in range(len(votes)) if b > winner]
    return (
        n_changed >= left
        or any(votes[b] + n_changed >= left for b in smaller)
        or any(votes[b] + n_changed > left for b in larger)
    )


def test_run_off_certifies_more():
    X, y = load_digits(return_X_y=True)
    model = PartitionAggregationClassifier(RidgeClassifier(), 30).fit(
        X[:1200], y[:1200]
    )
    run_off = clone(model).set_params(voting="run_off").fit(X[:1200], y[:1200])
    assert_array_equal(model.votes(X), run_off.votes(X))
    X, y = X[1200:], y[1200:]
    plurality, run_off = (
        np.mean((m.predict(X) == y) & (m.certified_radius(X) >= 7))
        for m in (model, run_off)
    )
    assert run_off > plurality + 0.05


@VOTING
def test_nothing_depends_on_the_order_of_the_rows_or_on_n_jobs(voting):
    X, y = load_iris(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    tree = DecisionTreeClassifier(max_features=1)
    model = PartitionAggregationClassifier(tree, 8, voting=voting).fit(X, y)
    other = clone(model).set_params(n_jobs=2)
    with parallel_config("threading"):
        other.fit(X[order], y[order])
        votes, radius = other.votes(X), other.certified_radius(X)
    assert_array_equal(model.partition_[order], other.partition_)
    assert_array_equal(model.votes(X), votes)
    assert_array_equal(model.certified_radius(X), radius)


def test_the_parts_depend_on_the_values_alone():
    pd = pytest.importorskip("pandas")
    X = np.random.default_rng(0).integers(-2, 3, size=(60, 3)).astype(float)
    y = np.arange(60) % 2
    strided = np.zeros((120, 6))
    strided[::2, ::2] = X
    layouts = [
        X.astype(np.float32),
        X.astype(int),
        X.astype(">f8"),
        np.where(X == 0, -0.0, X),
        np.asfortranarray(X),
        strided[::2, ::2],
        pd.DataFrame(X, columns=list("abc")),
        sparse.csr_array(X),
        sparse.coo_array(X),
    ]
    model = PartitionAggregationClassifier(RidgeClassifier(), n_partitions=5)
    expected = clone(model).fit(X, y).partition_
    assert len(np.unique(expected)) == 5
    for layout in layouts:
        assert_array_equal(clone(model).fit(layout, y).partition_, expected)


def test_the_parts_are_the_same_on_every_machine():
    X = np.arange(24.0).reshape(8, 3)
    parts = hash_partition(X, np.zeros(8, dtype=int), 4)
    assert [rows.tolist() for rows in parts] == [[7], [2], [3, 4, 6, 1], [5, 0]]


def test_equal_rows_share_a_part_whatever_their_labels():
    X = np.repeat(np.arange(30.0)[:, None], 2, axis=0)
    model = PartitionAggregationClassifier(n_partitions=7).fit(X, np.arange(60) % 2)
    assert_array_equal(model.partition_[::2], model.partition_[1::2])


def test_an_empty_part_does_not_vote_and_a_part_of_one_class_always_does():
    X, y = np.arange(4.0)[:, None], np.array(["a", "a", "b", "b"])
    model = PartitionAggregationClassifier(LinearSVC(), n_partitions=50).fit(X, y)
    voters = [voter for voter in model.estimators_ if voter is not None]
    assert 2 <= len(voters) <= 4
    assert all(isinstance(voter, DummyClassifier) for voter in voters)
    assert_array_equal(model.votes(X).sum(axis=1), len(voters))


def test_missing_values_reach_an_estimator_that_takes_them():
    X, y = load_iris(return_X_y=True)
    X[::7, 1] = np.nan
    model = PartitionAggregationClassifier(n_partitions=5).fit(X, y)
    assert model.score(X, y) > 0.8
    with pytest.raises(ValueError, match="contains NaN"):
        model.set_params(estimator=RidgeClassifier()).fit(X, y)


def test_an_estimator_that_cannot_learn_from_a_part_is_reported():
    X, y = load_iris(return_X_y=True)
    model = PartitionAggregationClassifier(KNeighborsClassifier(2), 60)
    model.set_params(estimator=_NeedsManyRows())
    with pytest.raises(ValueError, match=r"cannot learn from part \d+, which has"):
        model.fit(X, y)


class _NeedsManyRows(NearestMean):
    def fit(self, X, y):
        if len(y) < 20:
            raise ValueError("Too few rows.")
        return super().fit(X, y)


def test_run_off_refuses_an_estimator_without_scores():
    class Silent(ClassifierMixin, BaseEstimator):
        fit = predict = lambda self, X, y=None: self

    X, y = load_iris(return_X_y=True)
    model = PartitionAggregationClassifier(Silent(), voting="run_off")
    with pytest.raises(ValueError, match="neither decision_function nor predict_proba"):
        model.fit(X, y)


def test_run_off_refuses_scores_of_pairs_of_classes():
    X, y = make_blobs(200, centers=5, random_state=0)
    svc = SVC(decision_function_shape="ovo")
    model = PartitionAggregationClassifier(svc, 3, voting="run_off").fit(X, y)
    with pytest.raises(ValueError, match="decision_function_shape='ovr'"):
        model.predict(X)


def votes_by_hand(X, y, k, queries):
    """Of the k first rows by distance, then label."""
    classes, labels = np.unique(y, return_inverse=True)
    distances = ((queries[:, None] - X) ** 2).sum(axis=2)
    nearest = np.lexsort((np.broadcast_to(y, distances.shape), distances))[:, :k]
    return (labels[nearest][:, :, None] == np.arange(len(classes))).sum(axis=1)


@pytest.mark.parametrize("k", [1, 2, 7, 16, 60])
def test_the_k_nearest_vote_and_the_smallest_labels_of_those_equally_near(k):
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 3, size=(60, 2)).astype(float), rng.choice([1, 2, 3], 60)
    queries = np.vstack([X[:20], rng.integers(-1, 4, size=(20, 2))])
    model = CertifiedKNeighborsClassifier(k).fit(X, y)
    assert_array_equal(model.votes(queries), votes_by_hand(X, y, k, queries))


def test_sparse_rows_have_the_same_votes():
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 2, size=(80, 6)).astype(float), rng.choice(3, 80)
    votes = CertifiedKNeighborsClassifier(10).fit(X, y).votes(X)
    model = CertifiedKNeighborsClassifier(10).fit(sparse.csr_array(X), y)
    assert_array_equal(model.votes(sparse.csr_array(X)), votes)
    assert_array_equal(votes.sum(axis=1), 10)


def test_without_equal_distances_the_neighbors_are_those_of_scikit_learn():
    X, y = load_iris(return_X_y=True)
    X = X + np.random.default_rng(0).normal(scale=1e-3, size=X.shape)
    queries = X[::3] + 0.01
    votes = CertifiedKNeighborsClassifier(9).fit(X, y).votes(queries)
    nearest = NearestNeighbors(n_neighbors=9).fit(X).kneighbors(queries)[1]
    assert_array_equal(votes, [np.bincount(y[rows], minlength=3) for rows in nearest])


NEAR = np.array([[2.0], [5.0]])


@pytest.mark.parametrize(("seed", "k"), [(0, 3), (1, 4)])
def test_no_single_change_flips_neighbors_of_radius_one(seed, k):
    X, y = small_set(seed, n_samples=10, spread=1.5)
    attacks = [*removals(X, y), *additions(X, y, NEAR), *replacements(X, y, NEAR)]
    assert_neighbors_withstand(attacks, X, y, k, budget=1)


def test_no_two_changes_flip_neighbors_of_radius_two():
    X, y = small_set(3, n_samples=12, spread=2)
    attacks = [
        *(twice for once in removals(X, y) for twice in removals(*once)),
        *(twice for once in removals(X, y) for twice in additions(*once, NEAR)),
        *(twice for once in additions(X, y, NEAR) for twice in relabellings(*once)),
    ]
    assert_neighbors_withstand(attacks, X, y, 5, budget=2)


def assert_neighbors_withstand(attacks, X, y, k, *, budget):
    model = CertifiedKNeighborsClassifier(k).fit(X, y)
    X_test = np.arange(1.0, 11.0)[:, None]
    protected = model.certified_radius(X_test) >= budget
    assert protected.any()
    expected = model.predict(X_test)[protected]
    for X_attacked, y_attacked in attacks:
        # Counted by hand, which is faster for so few rows.
        votes = votes_by_hand(X_attacked, y_attacked, k, X_test[protected])
        labels = np.unique(y_attacked)
        assert_array_equal(labels[votes.argmax(axis=1)], expected)


def test_more_rows_at_the_distance_of_the_last_do_not_lend_it_a_radius():
    """Two rows that are added push all those at distance 2 out of three neighbors."""
    X, y = np.r_[1.0, [2.0] * 9][:, None], np.r_[1, [0] * 9]
    model = CertifiedKNeighborsClassifier(3).fit(X, y)
    assert_array_equal(model.votes([[0.0]]), [[2, 1]])
    assert model.certified_radius([[0.0]]) == 0


def test_the_radius_leaves_enough_neighbors():
    X, y = np.arange(6.0)[:, None], np.array([1, 1, 1, 1, 1, 0])
    model = CertifiedKNeighborsClassifier(5).fit(X, y)
    assert_array_equal(model.certified_radius(X), 1)


def test_more_neighbors_than_rows_are_refused():
    with pytest.raises(ValueError, match="n_neighbors=5 is more than the 4 rows"):
        CertifiedKNeighborsClassifier().fit(np.eye(4), [0, 0, 1, 1])


@pytest.mark.parametrize(
    "model",
    [
        PartitionAggregationClassifier(RidgeClassifier(), 10),
        CertifiedKNeighborsClassifier(9),
    ],
)
def test_words_are_labels(model):
    X, y = load_iris(return_X_y=True)
    words = np.array(["setosa", "versicolor", "virginica"])[y]
    assert model.fit(X, words).score(X, words) > 0.8
