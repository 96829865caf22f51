import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, make_regression
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from skpoison.defenses import DeepKNNFilter, L2CentroidFilter
from skpoison.model_selection import TrustedKFold, one_standard_error_rule, sift_trusted
from skpoison.pipeline import Pipeline


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


@pytest.fixture
def flipped():
    """Two groups of points, some of them trusted, a fifth of the others relabelled."""
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=300)
    X = rng.normal(size=(300, 2)) + 4 * y[:, None]
    trusted = np.arange(300) % 5 == 0
    return X, np.where(~trusted & (rng.random(300) < 0.2), 1 - y, y), trusted


NONE_AND_TWO = ("passthrough", DeepKNNFilter(k=5), DeepKNNFilter(k=9))


def results(*scores, filters=NONE_AND_TWO):
    """`cv_results_` of candidates with these scores of their splits."""
    columns = {f"split{i}_test_score": np.array(s) for i, s in enumerate(zip(*scores))}
    return {"params": [{"filter": f} for f in filters], **columns}


def test_the_defense_that_leads_by_more_than_a_standard_error_is_chosen():
    chosen = one_standard_error_rule(
        results([0.8, 0.7, 0.9], [0.85, 0.74, 0.96], [0.86, 0.76, 0.97])
    )
    assert chosen == 2


def test_a_lead_within_a_standard_error_is_not_enough():
    # Both lead on the mean: one in a single split, the other not enough.
    none, one, other = [0.8, 0.7, 0.9], [0.8, 0.7, 0.99], [0.84, 0.69, 0.91]
    assert one_standard_error_rule(results(none, one, other)) == 0


def test_leads_are_measured_split_by_split():
    # The splits differ much more than the candidates do.
    none, better = [0.2, 0.6, 0.9], [0.21, 0.62, 0.92]
    assert one_standard_error_rule(results(none, better, none)) == 1


def test_the_best_candidate_without_a_defense_is_the_one_to_beat():
    filters = [DeepKNNFilter(k=5), None, "passthrough"]
    scores = results([0.82, 0.72], [0.8, 0.7], [0.84, 0.75], filters=filters)
    assert one_standard_error_rule(scores) == 2


def test_candidates_that_failed_are_left_out():
    nan = [np.nan, 0.99]
    assert one_standard_error_rule(results([0.8, 0.7], nan, [0.9, 0.8])) == 2
    with pytest.raises(ValueError, match="every candidate without one failed"):
        one_standard_error_rule(results(nan, [0.8, 0.7], [0.9, 0.8]))


def test_passthrough_of_another_step_is_not_without_defense():
    params = [
        {"scale": scale, "filter": filter}
        for scale in ("passthrough", StandardScaler())
        for filter in (DeepKNNFilter(k=5), "passthrough")
    ]
    scores = results([0.9, 0.9], [0.6, 0.5], [0.7, 0.7], [0.8, 0.9])
    assert one_standard_error_rule({**scores, "params": params}) == 3


@pytest.mark.parametrize(
    ("cv_results", "message"),
    [
        (results([0.8, 0.7], filters=[DeepKNNFilter(k=5)]), "Add it to the grid"),
        (results([0.8]), "at least two splits"),
        ({"params": [], "split0_test_f1": [], "split1_test_f1": []}, "single metric"),
    ],
)
def test_a_search_without_a_comparison_is_refused(cv_results, message):
    with pytest.raises(ValueError, match=message):
        one_standard_error_rule(cv_results)


def test_a_grid_search_defends_where_it_helps(flipped):
    X, y, trusted = flipped
    model = Pipeline([("filter", "passthrough"), ("clf", KNeighborsClassifier(1))])
    search = GridSearchCV(
        model,
        {"filter": ["passthrough", DeepKNNFilter(k=9), L2CentroidFilter(0.05)]},
        cv=TrustedKFold(3, trusted=trusted),
        refit=one_standard_error_rule,
    ).fit(X, y, filter__trusted=trusted)
    assert search.best_params_["filter"].k == 9
    assert search.best_estimator_["filter"].inlier_mask_.sum() < 270
    clean = GridSearchCV(**search.get_params(deep=False)).fit(X, X[:, 0] > 2)
    assert clean.best_params_ == {"filter": "passthrough"}


@pytest.fixture
def digits_with_wrong_trusted_rows():
    X, y = load_digits(return_X_y=True)
    trusted = np.arange(len(y)) % 5 == 0
    wrong = np.flatnonzero(trusted)[::20]
    y[wrong] = (y[wrong] + 5) % 10
    return X, y, trusted, wrong


@pytest.mark.parametrize("judged_by", ["all", "trusted"])
def test_wrong_rows_are_sifted_out_of_the_trusted(
    digits_with_wrong_trusted_rows, judged_by
):
    X, y, trusted, wrong = digits_with_wrong_trusted_rows
    sifted = sift_trusted(DeepKNNFilter(k=5), X, y, trusted, judged_by=judged_by)
    assert not sifted[wrong].any()
    assert not sifted[~trusted].any()
    assert sifted.sum() > 0.85 * trusted.sum()


@pytest.mark.filterwarnings("ignore::skpoison.exceptions.ThinnedClassWarning")
def test_untrusted_rows_have_a_say_in_all_rows_alone(digits_with_wrong_trusted_rows):
    X, y, trusted, _ = digits_with_wrong_trusted_rows
    y[~trusted & (y == 3)] = 8
    threes = trusted & (y == 3)
    by_all, by_trusted = (
        sift_trusted(DeepKNNFilter(k=5), X, y, trusted, judged_by=judged_by)
        for judged_by in ("all", "trusted")
    )
    assert np.mean(by_all[threes]) < 0.2
    assert np.mean(by_trusted[threes]) > 0.8


def test_positions_of_trusted_rows_are_sifted_too(digits_with_wrong_trusted_rows):
    X, y, trusted, _ = digits_with_wrong_trusted_rows
    by_mask, by_position = (
        sift_trusted(DeepKNNFilter(k=5), X, y, rows)
        for rows in (trusted, np.flatnonzero(trusted))
    )
    np.testing.assert_array_equal(by_mask, by_position)


def test_an_unknown_judge_of_the_trusted_rows_is_refused(data):
    with pytest.raises(ValueError, match="judged_by must be 'all' or 'trusted'"):
        sift_trusted(DeepKNNFilter(k=5), *data, judged_by="me")


def test_no_trusted_row_left_is_an_error():
    X, y = np.repeat([[0.0], [9.0]], 20, axis=0), np.repeat(["ant", "bee"], 20)
    y[:2] = "bee"
    with pytest.raises(ValueError, match="keeps none of the 2 trusted rows"):
        sift_trusted(DeepKNNFilter(k=5), X, y, [0, 1])
