"""The contracts of filters and attacks."""

import numpy as np
import pandas as pd
import pytest
import sklearn
import sklearn.pipeline
from numpy.testing import assert_array_equal
from scipy.sparse import coo_array, csr_array, issparse
from sklearn.datasets import make_blobs
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import get_tags

from skpoison._utils.containers import n_rows
from skpoison._utils.kept_rows import check_what_is_left, stand_in_rows
from skpoison._utils.shares import floor_share
from skpoison._utils.stored_rows import StoredRows
from skpoison.base import PoisonAttack, PoisonFilter
from skpoison.defenses import (
    DeepKNNFilter,
    L2CentroidFilter,
    RandomEvictionFilter,
    TrustedDisagreementFilter,
)
from skpoison.exceptions import RemovedClassWarning, ThinnedClassWarning
from skpoison.meta import DefendedClassifier
from skpoison.pipeline import make_pipeline


class GivenScores(PoisonFilter):
    """Scores that the test chooses; rows below zero are suspects."""

    def __init__(self, scores=()):
        self.scores = scores

    def _score_training_rows(self, X, y, trusted):
        return np.asarray(self.scores, dtype=float), 0.0


X = np.arange(12.0).reshape(6, 2)
y = np.array([0, 0, 1, 1, 2, 2])


class Nothing(PoisonFilter):
    """A filter that does not say how it scores."""


class Harmless(PoisonAttack):
    """An attack that does not say what it writes."""


@pytest.mark.parametrize("kind", [PoisonFilter, PoisonAttack, Nothing, Harmless])
def test_what_does_not_score_or_poison_cannot_be_made(kind):
    with pytest.raises(TypeError, match=r"abstract.*(_score_training_rows|fit_poison)"):
        kind()


def test_removing_everything_is_refused():
    with pytest.raises(ValueError, match="GivenScores would remove all 6 rows"):
        GivenScores([-1] * 6).fit(X, y)


def test_leaving_one_class_is_refused():
    with pytest.raises(ValueError, match=r"one class alone.*1"):
        GivenScores([-1, -1, 1, 1, -1, -1]).fit(X, y)


def test_removing_a_class_is_warned_of():
    with pytest.warns(RemovedClassWarning, match=r"every row of \['c'\]"):
        filter = GivenScores([1, 1, 1, 1, -1, -1]).fit(X, np.array(list("aabbcc")))
    assert_array_equal(filter.sample_indices_, [0, 1, 2, 3])


def test_a_removed_class_has_no_stand_in():
    with (
        pytest.warns(RemovedClassWarning),
        pytest.raises(ValueError, match=r"class .*2.* was removed"),
    ):
        GivenScores([1, 1, 1, 1, -1, -1]).fit_transform(X, y)


def without(n_gone, sizes):
    """Scores by which a filter removes the first rows of each class, and the labels."""
    scores = [np.where(np.arange(n) < gone, -1, 1) for gone, n in zip(n_gone, sizes)]
    return np.concatenate(scores), np.repeat(np.arange(len(sizes)), sizes)


def test_a_thinned_small_class_is_warned_of():
    scores, y = without([5, 12], [100, 20])
    with pytest.warns(ThinnedClassWarning, match=r"12 of the 20 rows of class 1.* 60%"):
        GivenScores(scores).fit(np.zeros((120, 1)), y)


@pytest.mark.parametrize(
    ("n_gone", "sizes"),
    [
        ([5, 9], [100, 20]),  # less than half
        ([40, 10], [100, 20]),  # the others lose nearly as much
        ([5, 1], [100, 2]),  # chance
        ([5, 60], [100, 120]),  # a large class: poison swells it
        ([5, 50], [100, 100]),
    ],
)
def test_other_removals_are_not_warned_of(n_gone, sizes):
    scores, y = without(n_gone, sizes)
    filter = GivenScores(scores).fit(np.zeros((len(y), 1)), y)
    assert (~filter.inlier_mask_).sum() == sum(n_gone)


def test_rows_removed_at_random_thin_no_class():
    X, y = np.zeros((220, 1)), np.repeat([0, 1], [200, 20])
    for seed in range(200):
        RandomEvictionFilter(0.5, random_state=seed).fit(X, y)


@pytest.mark.parametrize(
    ("parameters", "advice"),
    [
        ({"normalized_k": 0.3}, "Lower normalized_k, or .*class_balance='replicate'"),
        ({"k": 30}, "Lower k, or .*class_balance='replicate'"),
    ],
)
def test_a_thinned_class_comes_with_the_parameters_that_help(parameters, advice):
    rng = np.random.default_rng(0)
    X = np.r_[rng.normal(size=(100, 2)), rng.normal(size=(20, 2)) + [2.3, 0]]
    y = np.repeat(["large", "small"], [100, 20])
    with pytest.warns(ThinnedClassWarning, match=advice):
        DeepKNNFilter(**parameters).fit(X, y)
    with pytest.raises(ValueError, match="'large': nothing.* Lower normalized_k, or"):
        DeepKNNFilter().fit(X, y)


@pytest.mark.parametrize("kind", [np.array, csr_array, pd.DataFrame])
def test_a_class_that_vanishes_from_one_of_several_outputs_is_warned_of(kind):
    Y = np.array([[0, 1], [1, 1], [0, 1], [1, 1], [1, 0], [0, 0]])
    kept = np.arange(6) < 4
    with pytest.warns(RemovedClassWarning, match=r"every row of \[0\] in output 1 "):
        check_what_is_left(kind(Y), kept, "The filter")
    check_what_is_left(kind(Y[:, [0, 0]]), kept, "The filter")


def test_a_pipeline_warns_of_a_class_that_vanishes_from_an_output():
    X = np.r_[np.zeros((20, 2)), [[9.0, 9.0]]]
    Y = pd.DataFrame({"color": [0, 1] * 10 + [0], "size": [0] * 20 + [1]})
    detector = IsolationForest(contamination=0.04, random_state=0)
    with pytest.warns(RemovedClassWarning, match=r"\[1\] in output 'size'"):
        make_pipeline(detector, DecisionTreeClassifier()).fit(X, Y)


class GivenScoresOfTargets(GivenScores):
    """Scores of the rows of a regression; new rows score their target values."""

    def _is_regression(self, y):
        return np.asarray(y).dtype.kind == "f"

    def _score_new_rows(self, X, y):
        return y


def test_removing_every_row_of_a_regression_is_refused():
    with pytest.raises(ValueError, match="OfTargets would remove all 6 rows"):
        GivenScoresOfTargets([-1] * 6).fit(X, y + 0.5)
    kept = GivenScoresOfTargets([-1] * 5 + [0]).fit(X, y + 0.5)
    assert_array_equal(kept.sample_indices_, [5])


def test_a_regression_forgets_the_classes_of_an_earlier_fit():
    filter = GivenScoresOfTargets([1] * 6).fit(X, y)
    assert_array_equal(filter.classes_, [0, 1, 2])
    filter.fit(X, y + 0.5)
    assert not hasattr(filter, "classes_")
    numbers = np.array([1.5, -2.5], dtype=object)
    assert filter.score_samples(X[:2], numbers).dtype == float
    assert_array_equal(filter.predict(X[:2], numbers), [1, -1])


def test_no_row_of_a_regression_stands_in_for_another():
    filter = GivenScoresOfTargets([1] * 6)
    with pytest.raises(TypeError, match="OfTargets cannot filter a regression"):
        filter.fit_transform(X, y + 0.5)
    assert_array_equal(filter.fit_transform(X, y), X)


def test_filters_are_inverted_by_doing_nothing():
    assert GivenScores([1] * 6).fit(X, y).inverse_transform(X) is X


class SeesRows:
    """A callback that remembers the rows and targets it is shown."""

    max_propagation_depth = 0

    def setup(self, estimator, context):
        self.shown, self.n_subtasks = [], context.max_subtasks

    def on_fit_task_begin(self, estimator, context, *, X, y):
        self.shown.append((estimator, X, y))

    on_fit_task_end = on_fit_task_begin

    def teardown(self, estimator, context):
        pass


def test_callbacks_are_shown_the_rows_before_and_after():
    filter, callback = GivenScores([1] * 6), SeesRows()
    filter.set_callbacks(callback).fit(X, y + 5)
    assert callback.n_subtasks == 0
    assert [estimator for estimator, _, _ in callback.shown] == [filter, filter]
    for (_, X_shown, y_shown), expected in zip(callback.shown, (y + 5, y)):
        assert_array_equal(X_shown, X)
        assert_array_equal(y_shown, expected)


@pytest.mark.parametrize("score", [np.nan, np.inf])
def test_a_score_that_is_not_finite_is_refused(score):
    with pytest.raises(ValueError, match="GivenScores got .* 1 of 6 rows.* row 3"):
        GivenScores([1, 1, 1, score, 1, 1]).fit(X, y)


def test_continuous_targets_are_refused_by_a_filter_of_classes():
    with pytest.raises(ValueError, match="continuous"):
        GivenScores([1] * 6).fit(X, y + 0.5)


def test_stand_ins_are_evenly_spaced_over_the_kept_rows():
    inlier_mask = np.array([True] * 6 + [False] * 3)
    assert_array_equal(
        stand_in_rows(np.zeros(9), inlier_mask), [0, 1, 2, 3, 4, 5, 1, 3, 5]
    )


def test_shares_are_floored_as_a_person_would():
    assert floor_share(0.29, 100) == 29
    assert floor_share(0.1, 9) == 0
    assert floor_share(0.5, 7) == 3


def test_l2_removes_the_stated_share_of_each_class():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 4))
    y = np.repeat([0, 1, 2], [200, 70, 30])
    filter = L2CentroidFilter(contamination=0.1).fit(X, y)
    assert_array_equal(np.bincount(y[~filter.inlier_mask_]), [20, 7, 3])
    for label in range(3):
        rows = y == label
        distance = np.linalg.norm(X[rows] - X[rows].mean(axis=0), axis=1)
        far = np.argsort(distance)[len(distance) - rows.sum() // 10 :]
        assert_array_equal(np.flatnonzero(~filter.inlier_mask_[rows]), np.sort(far))


class AddOrChange(PoisonAttack):
    """One poison row, added, written over row 1, or a new label of row 1."""

    def __init__(self, how="append"):
        self.how = how

    def fit_poison(self, X, y):
        if self.how == "append":
            return self._append(X, y, [[9.0, 9.0]], [7])
        if self.how == "replace":
            return self._replace(X, y, [1], [[9.0, 9.0]], [7])
        return self._relabel(X, y, [1], [7])


@pytest.mark.parametrize(("how", "at"), [("append", 6), ("replace", 1), ("relabel", 1)])
@pytest.mark.parametrize("frame", [False, True])
def test_poison_is_written_where_it_is_said_to_be(how, at, frame):
    X_in, y_in = X, y
    if frame:
        X_in = pd.DataFrame(X, columns=["a", "b"], index=range(10, 16))
        y_in = pd.Series(y, index=range(10, 16), name="label")
    X_before, y_before = X_in.copy(), y_in.copy()
    attack = AddOrChange(how)
    poisoned = attack.fit_poison(X_in, y_in)
    assert_array_equal(X_in, X_before)
    assert_array_equal(y_in, y_before)
    assert_array_equal(np.flatnonzero(poisoned.is_poison), [at])
    assert_array_equal(attack.poison_indices_, [at])
    assert np.asarray(poisoned.y)[at] == 7
    assert_array_equal(attack.y_poison_, [7])
    assert_array_equal(np.asarray(poisoned.X)[at], np.asarray(attack.X_poison_)[0])
    if how != "relabel":
        assert_array_equal(np.asarray(attack.X_poison_), [[9.0, 9.0]])
    clean = ~poisoned.is_poison
    assert_array_equal(np.asarray(poisoned.X)[clean], X[np.arange(6) != at])
    assert_array_equal(np.asarray(poisoned.y)[clean], y[np.arange(6) != at])
    if frame:
        assert list(poisoned.X.columns) == ["a", "b"]
        assert poisoned.y.name == "label"
        if how != "append":
            assert list(poisoned.X.index) == list(range(10, 16))


@pytest.mark.parametrize("how", ["append", "replace"])
def test_whole_number_columns_take_fractions(how):
    class Halves(AddOrChange):
        def fit_poison(self, X, y):
            poison = [[0.5, 3.0]]
            if self.how == "append":
                return self._append(X, y, poison, [7])
            return self._replace(X, y, [1], poison, [7])

    frame = pd.DataFrame(X.astype(int), columns=["a", "b"])
    poisoned = Halves(how).fit_poison(frame, pd.Series(y, dtype="int8"))
    assert_array_equal(poisoned.X[poisoned.is_poison], [[0.5, 3.0]])
    assert poisoned.X["b"].dtype == frame["b"].dtype
    assert poisoned.y.dtype == "int8"


def test_fractions_are_kept_beside_whole_numbers():
    poisoned = AddOrChange("relabel").fit_poison(X, y + 0.5)
    assert_array_equal(poisoned.y, [0.5, 7, 1.5, 1.5, 2.5, 2.5])


def test_long_labels_are_not_cut_short():
    poisoned = PoisonAttackOfWords().fit_poison(X, np.array(list("aabbcc")))
    assert poisoned.y[1] == "longer"


def test_fractions_are_kept_in_a_series_of_whole_numbers():
    class Half(PoisonAttack):
        def fit_poison(self, X, y):
            return self._relabel(X, y, [1], [0.5])

    assert Half().fit_poison(X, pd.Series(y)).y.tolist() == [0, 0.5, 1, 1, 2, 2]


def test_labels_keep_their_type_beside_poison_of_the_same_type():
    class Small(PoisonAttack):
        def fit_poison(self, X, y):
            return self._relabel(X, y, [1], np.array([7], dtype="int8"))

    assert Small().fit_poison(X, y.astype("int8")).y.dtype == "int8"


class PoisonAttackOfWords(PoisonAttack):
    """A label longer than those of the data set."""

    def fit_poison(self, X, y):
        return self._relabel(X, y, [1], ["longer"])


class SeesNumbers(GivenScores):
    """Remembers the type of the numbers that it is shown."""

    def _score_training_rows(self, X, y, trusted):
        self.dtype_ = X.dtype
        return super()._score_training_rows(X, y, trusted)


def test_whole_numbers_are_shown_as_float64_and_float32_as_it_is():
    filter = SeesNumbers([1] * 6)
    assert filter.fit(X.astype(int), y).dtype_ == np.float64
    assert filter.fit(X.astype(np.float32), y).dtype_ == np.float32


def mapped(X, folder):
    np.save(folder / "rows.npy", X)
    return np.load(folder / "rows.npy", mmap_mode="r")


class ReadsBlocks(GivenScores):
    """As if rows in a file were read block by block."""

    _reads_blocks = True


def test_new_rows_of_another_width_are_refused(tmp_path):
    narrow = X[:, :1]
    filters = [GivenScoresOfTargets, GivenScoresOfAnyRows, ReadsBlocks]
    for filter, rows in zip(filters, [narrow, narrow, mapped(narrow, tmp_path)]):
        fitted = filter([1] * 6).fit(X, y)
        with pytest.raises(ValueError, match="1 features, but .* 2 features"):
            fitted.transform(rows)
        if hasattr(fitted, "score_samples"):
            with pytest.raises(ValueError, match="1 features, but .* 2 features"):
                fitted.score_samples(rows, y)


def test_lists_are_transformed_to_arrays():
    transformed = GivenScores([1] * 6).fit(X, y).transform(X.tolist())
    assert isinstance(transformed, np.ndarray)
    assert_array_equal(transformed, X)


def test_suspects_in_a_list_are_replaced_in_an_array():
    replaced = GivenScores([1, -1, 1, 1, 1, 1]).fit_transform(X.tolist(), y)
    assert isinstance(replaced, np.ndarray)
    assert_array_equal(replaced, X[[0, 0, 2, 3, 4, 5]])


class RemembersRows(ReadsBlocks):
    def _score_training_rows(self, X, y, trusted):
        self.X_ = X
        return super()._score_training_rows(X, y, trusted)


def test_rows_in_a_file_stay_there(tmp_path):
    rows = mapped(X, tmp_path)
    filter = RemembersRows([1] * 6).fit(rows, y)
    assert isinstance(filter.X_, StoredRows)
    assert filter.transform(rows) is rows


class GivenScoresOfImages(GivenScores):
    _allow_nd = True


def test_images_are_rows_of_a_filter_that_takes_them():
    images = np.zeros((6, 2, 2, 3))
    filter = GivenScoresOfImages([1] * 6).fit(images, y)
    assert filter.transform(images) is images
    with pytest.raises(ValueError, match="dim 4"):
        GivenScores([1] * 6).fit(images, y)


def test_an_array_that_is_cut_with_the_rows_is_as_long_as_they_are():
    with pytest.raises(ValueError, match="inconsistent"):
        GivenScores([1] * 6).fit_filter(X, y, np.arange(7))


@pytest.mark.parametrize("filter", [GivenScores, GivenScoresOfTargets])
def test_columns_of_one_name_are_refused(filter):
    with pytest.raises(ValueError, match="several columns named 'a'"):
        filter([1] * 6).fit(pd.DataFrame(X, columns=["a", "a"]), y)


def test_a_filter_that_would_remove_everything_has_scores_for_a_wrapper():
    filter = GivenScores([-1] * 6)._fit_for_scores(X, y, np.arange(6) < 2)
    assert_array_equal(filter.sample_scores_, [-1] * 6)
    assert filter.inlier_mask_.tolist() == [True] * 2 + [False] * 4


def test_a_class_alone_is_refused_by_the_name_of_the_filter():
    with pytest.raises(ValueError, match="^GivenScores needs at least two classes"):
        GivenScores([1] * 6).fit(X, np.zeros(6))


def test_targets_are_required():
    assert get_tags(GivenScores()).target_tags.required


def test_a_filter_of_training_rows_alone_says_that_it_judges_no_new_rows():
    with pytest.raises(AttributeError) as caught:
        GivenScores([1] * 6).fit(X, y).predict(X, y)
    assert "GivenScores judges the rows it was fitted on" in str(caught.value.__cause__)


def test_a_filter_inside_a_union_says_so():
    union = FeatureUnion([("filter", GivenScores([1] * 6)), ("columns", PCA())])
    with pytest.raises(ValueError, match="GivenScores changes the rows"):
        union.fit_transform(X, y)


def test_a_mask_is_compared_with_the_labels_of_y_where_X_has_none():
    trusted = pd.Series([True] + [False] * 5, index=range(15, 9, -1))
    with pytest.raises(ValueError, match="holds labels of X at other rows"):
        GivenScores([1] * 6).fit(X, pd.Series(y, index=range(10, 16)), trusted=trusted)


def test_a_mask_is_compared_with_the_labels_of_X():
    frame = pd.DataFrame(X, index=range(10, 16))
    trusted = pd.Series([True] + [False] * 5, index=range(15, 9, -1))
    with pytest.raises(ValueError, match="holds labels of X at other rows"):
        GivenScores([1] * 6).fit(frame, y, trusted=trusted)


class GivenScoresOfAnyRows(GivenScores):
    """As if the rows were judged by an estimator of the user's."""

    _validates_X = False

    def _score_training_rows(self, X, y, trusted):
        self.X_ = X
        return super()._score_training_rows(X, y, trusted)

    def _score_new_rows(self, X, y):
        self.X_ = X
        return np.zeros(len(y))


ANY_ROWS = {
    "data frame": pd.DataFrame(
        {"size": [1.0, np.nan, 2, 3, 4, 5], "kind": [*"abcabc"]}
    ),
    "texts": ["a text", "and", "another", "that", "goes", "on"],
    "coordinates": coo_array(X),
    "float32": X.astype(np.float32),
    "images": np.zeros((6, 2, 2, 3), dtype=np.uint8),
}


@pytest.mark.parametrize("rows", ANY_ROWS.values(), ids=ANY_ROWS)
def test_a_filter_that_wraps_an_estimator_leaves_the_rows_to_it(rows):
    filter = GivenScoresOfAnyRows([1, -1, 1, 1, 1, 1])
    kept, _ = filter.fit_filter(rows, y)
    assert filter.X_ is rows
    assert type(kept) is type(rows) or issparse(kept)
    assert n_rows(kept) == 5
    assert filter.transform(rows) is rows
    assert filter.predict(rows, y).tolist() == [1] * 6
    assert filter.X_ is rows
    stand_ins = filter.fit_transform(rows, y)
    assert type(stand_ins) is type(rows) or issparse(stand_ins)
    assert n_rows(stand_ins) == 6


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (X, y[:5], "inconsistent"),
        (X, None, "requires y"),
        (X[:1], y[:1], "minimum of 2"),
        (X[:, :0], y, r"shape=\(6, 0\).*required by GivenScoresOfAnyRows"),
        (X, [0, 0, 1, 1, 2, np.nan], "NaN"),
        (X, np.zeros((6, 2)), "1d array"),
    ],
)
def test_the_rows_are_counted_whoever_reads_them(X, y, message):
    with pytest.raises(ValueError, match=message):
        GivenScoresOfAnyRows([1] * 6).fit(X, y)


def test_columns_are_compared_by_name_whoever_reads_them():
    frame = pd.DataFrame(X, columns=["a", "b"])
    filter = GivenScoresOfAnyRows([1] * 6).fit(frame, y)
    assert filter.n_features_in_ == 2
    assert list(filter.feature_names_in_) == ["a", "b"]
    with pytest.raises(ValueError, match="feature names"):
        filter.predict(frame[["b", "a"]], y)
    with pytest.raises(ValueError, match="3 features"):
        GivenScoresOfAnyRows([1] * 6).fit(X, y).transform(np.zeros((2, 3)))


def test_a_defended_classifier_warns_once():
    filter = GivenScores([1, 1, 1, 1, -1, -1])
    with pytest.warns(RemovedClassWarning) as caught:
        DefendedClassifier(filter, DecisionTreeClassifier()).fit(X, y)
    assert len(caught) == 1


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize(
    "wrap",
    [
        lambda filter: sklearn.pipeline.make_pipeline(filter, LogisticRegression()),
        lambda filter: make_pipeline(filter, LogisticRegression()),
        lambda filter: sklearn.pipeline.make_pipeline(
            sklearn.pipeline.make_pipeline(filter), LogisticRegression()
        ),
        lambda filter: DefendedClassifier(filter, LogisticRegression()),
        lambda filter: GridSearchCV(
            make_pipeline(filter, LogisticRegression()),
            {"logisticregression__C": [1.0, 2.0]},
            cv=2,
        ),
    ],
    ids=["scikit-learn", "skpoison", "nested", "defended", "search"],
)
def test_requested_trusted_rows_are_routed(wrap):
    X, y = make_blobs(60, centers=2, random_state=0)
    filter = TrustedDisagreementFilter(LogisticRegression())
    with pytest.raises(ValueError, match=r"\[trusted\] are passed but are not"):
        wrap(filter).fit(X, y, trusted=np.arange(60) % 3 == 0)
    requesting = filter.set_fit_request(trusted=True)
    wrap(requesting).fit(X, y, trusted=np.arange(60) % 3 == 0)


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize("method", ["fit", "fit_predict", "fit_transform"])
def test_a_pipeline_routes_trusted_rows_to_its_last_step(method):
    X, y = make_blobs(60, centers=2, random_state=0)
    filter = TrustedDisagreementFilter(LogisticRegression())
    filter.set_fit_request(trusted=True)
    model = sklearn.pipeline.make_pipeline(filter)
    getattr(model, method)(X, y, trusted=np.arange(60) % 3 == 0)
    assert_array_equal(
        model[-1].inlier_mask_,
        filter.fit(X, y, trusted=np.arange(60) % 3 == 0).inlier_mask_,
    )
