import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_regression
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from skpoison.model_selection import TrustedKFold


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    y = rng.choice(["a", "b", "c"], size=203, p=[0.6, 0.3, 0.1])
    return rng.normal(size=(203, 2)), y, rng.random(203) < 0.4


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("n_splits", [2, 5])
def test_folds_partition_the_trusted_rows(data, shuffle, n_splits):
    X, y, trusted = data
    cv = TrustedKFold(
        n_splits, trusted=trusted, shuffle=shuffle, random_state=0 if shuffle else None
    )
    splits = list(cv.split(X, y))
    assert len(splits) == cv.get_n_splits(X, y) == n_splits
    tests = [test for _, test in splits]
    assert np.array_equal(np.sort(np.concatenate(tests)), np.flatnonzero(trusted))
    for train, test in splits:
        assert np.array_equal(np.sort(np.r_[train, test]), np.arange(len(y)))
        assert np.all(np.diff(test) > 0)
    assert np.ptp([len(test) for test in tests]) <= 1
    for label in "abc":
        assert np.ptp([np.sum(y[test] == label) for test in tests]) <= 1


def test_regression_targets_are_spread_over_their_range():
    y = np.random.default_rng(1).normal(size=100)
    folds = TrustedKFold(5, trusted=np.arange(100)).split(y[:, None], y)
    medians = [np.median(y[test]) for _, test in folds]
    assert np.ptp(medians) < 0.3 * y.std()


def test_indices_and_mask_give_the_same_folds(data):
    X, y, trusted = data
    indices = np.random.default_rng(0).permutation(np.flatnonzero(trusted))
    for one, other in zip(
        TrustedKFold(trusted=trusted).split(X, y),
        TrustedKFold(trusted=indices).split(X, y),
        strict=True,
    ):
        assert np.array_equal(one[1], other[1])


def test_seeds(data):
    X, y, trusted = data

    def tests(seed):
        cv = TrustedKFold(trusted=trusted, shuffle=True, random_state=seed)
        first, again = ([t for _, t in cv.split(X, y)] for _ in range(2))
        assert all(map(np.array_equal, first, again))
        return first

    assert not all(map(np.array_equal, tests(0), tests(1)))


def test_without_y():
    splits = list(TrustedKFold(2, trusted=[4, 1, 3]).split(np.zeros((5, 1))))
    assert [test.tolist() for _, test in splits] == [[1, 4], [3]]


def test_search_on_poisoned_data_chooses_by_the_trusted_rows():
    rng = np.random.default_rng(0)
    # Clean classes that overlap, where 15 neighbours beat one; the poison is twins of
    # random label far away, which only the single nearest neighbour predicts.
    y_clean = rng.integers(2, size=300)
    X_clean = rng.normal(y_clean, 1)
    X_poison = np.repeat(rng.uniform(100, 200, size=150), 4)
    X = np.r_[X_clean, X_poison + 1e-6 * rng.normal(size=600)].reshape(-1, 1)
    y = np.r_[y_clean, np.repeat(rng.integers(2, size=150), 4)]

    def chosen(cv):
        search = GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [1, 15]}, cv=cv)
        return search.fit(X, y).best_params_["n_neighbors"]

    assert chosen(StratifiedKFold(3, shuffle=True, random_state=0)) == 1
    assert chosen(TrustedKFold(3, trusted=np.arange(200))) == 15


def test_cross_validation_of_a_regression():
    X, y = make_regression(60, 3, noise=1, random_state=0)
    trusted = np.arange(60) < 30
    poisoned = np.where(trusted, y, -y)
    scores = cross_val_score(Ridge(), X, poisoned, cv=TrustedKFold(3, trusted=trusted))
    assert scores.shape == (3,)
    expected = [
        Ridge().fit(X[train], poisoned[train]).score(X[test], y[test])
        for train, test in TrustedKFold(3, trusted=trusted).split(X, y)
    ]
    assert np.allclose(scores, expected)


def test_clone_of_a_search_keeps_the_folds(data):
    X, y, trusted = data
    search = GridSearchCV(KNeighborsClassifier(), {}, cv=TrustedKFold(trusted=trusted))
    for one, other in zip(
        search.cv.split(X, y), clone(search).cv.split(X, y), strict=True
    ):
        assert np.array_equal(one[1], other[1])


def test_repr_stays_short():
    text = repr(TrustedKFold(3, trusted=np.zeros(10_000, dtype=bool)))
    assert text.startswith("TrustedKFold(n_splits=3")
    assert len(text) < 200


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"trusted": [True, False]}, "mask of 2 rows, but X has 6"),
        ({"trusted": [7]}, "indices from 7"),
        ({"trusted": [0, 1], "n_splits": 3}, "at least as many trusted rows"),
        ({"trusted": np.zeros(6, dtype=bool)}, "marks no row"),
        ({"trusted": [0, 1], "n_splits": 1}, "at least 2; got 1"),
        ({"trusted": [0, 1], "n_splits": 2.0}, "integer"),
        ({"trusted": [0, 1], "n_splits": 2, "random_state": 0}, "shuffle=True"),
    ],
)
def test_errors(options, message):
    with pytest.raises(ValueError, match=message):
        list(TrustedKFold(**options).split(np.zeros((6, 1)), np.arange(6) % 2))


def test_groups_are_refused():
    with pytest.raises(ValueError, match="groups"):
        list(TrustedKFold(2, trusted=[0, 1]).split(np.zeros((4, 1)), groups=[0] * 4))


def test_targets_that_are_missing_are_refused():
    y = np.array(["a", None, "b", "b"], dtype=object)
    with pytest.raises(ValueError, match=r"y contains NaN, None or NA in 1 of 4"):
        next(TrustedKFold(2, trusted=[0, 1, 2]).split(np.zeros((4, 1)), y))
