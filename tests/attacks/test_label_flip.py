import tracemalloc

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.base import clone
from sklearn.callback import ProgressBar
from sklearn.datasets import load_iris, make_blobs, make_moons
from sklearn.linear_model import LogisticRegression
from sklearn.metrics.pairwise import laplacian_kernel
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skpoison.attacks import LabelFlipAttack
from skpoison.attacks._label_flip._alfa import alfa_flips
from skpoison.attacks._label_flip._kernel import KernelInBlocks, training_kernel
from skpoison.attacks._label_flip._kernel_svm import KernelSVM, hinge
from skpoison.datasets import fetch_fourclass

from .._real_data import real

TWO_CLASSES = ["tilt", "alfa", "cluster"]
GUIDED = ["near", "far", *TWO_CLASSES]


class StopAfter:
    """A callback that ends the iterations at one of them."""

    def __init__(self, n_iterations):
        self.n_iterations = n_iterations
        self.tasks = []

    def setup(self, estimator, context):
        self.max_subtasks = context.max_subtasks

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        self.tasks.append(context.task_name)

    def on_fit_task_end(self, estimator, context):
        return self.tasks.count("iteration") >= self.n_iterations


@pytest.fixture
def moons():
    return make_moons(100, noise=0.25, random_state=3)


@pytest.fixture
def iris():
    return load_iris(return_X_y=True)


@pytest.mark.parametrize(
    ("rate", "n_flips"), [(0.0, 0), (0.1, 15), (0.333, 50), (1.0, 150)]
)
def test_the_rate_is_the_share_of_flipped_rows(iris, rate, n_flips):
    X, y = iris
    attack = LabelFlipAttack(rate=rate, random_state=0)
    poisoned = attack.fit_poison(X, y)
    assert poisoned.is_poison.sum() == n_flips
    assert np.array_equal(poisoned.y != y, poisoned.is_poison)
    assert np.array_equal(poisoned.X, X)
    assert np.array_equal(attack.poison_indices_, np.flatnonzero(poisoned.is_poison))
    assert np.array_equal(attack.y_poison_, poisoned.y[poisoned.is_poison])
    assert np.array_equal(attack.X_poison_, X[poisoned.is_poison])


def test_random_flips_reach_every_other_class_equally():
    y = np.zeros(3000, dtype=int)
    y[:20] = [1, 2, 3, 4] * 5
    poisoned = LabelFlipAttack(rate=1.0, random_state=0).fit_poison(y, y)
    counts = np.bincount(poisoned.y[20:])
    assert counts[0] == 0
    # 745 expected, standard deviation 24.
    assert np.all(np.abs(counts[1:] - 745) < 100)


def test_random_flips_choose_rows_equally():
    y = np.arange(40) % 2
    flips = sum(
        LabelFlipAttack(rate=0.25, random_state=seed).fit_poison(y, y).is_poison
        for seed in range(400)
    )
    # 100 of 400 expected, standard deviation 8.7.
    assert np.all(np.abs(flips - 100) < 40)


def test_seeds(iris):
    def poisoned(seed):
        return LabelFlipAttack(random_state=seed).fit_poison(*iris).y

    assert np.array_equal(poisoned(0), poisoned(0))
    assert not np.array_equal(poisoned(0), poisoned(1))


def test_global_random_state_is_left_alone(iris):
    before = np.random.get_state()  # noqa: NPY002
    LabelFlipAttack(random_state=1).fit_poison(*iris)
    after = np.random.get_state()  # noqa: NPY002
    assert np.array_equal(before[1], after[1])
    assert before[2:] == after[2:]


def test_input_is_not_modified(iris):
    X, y = iris
    X0, y0 = X.copy(), y.copy()
    LabelFlipAttack(rate=0.5, random_state=0).fit_poison(X, y)
    assert np.array_equal(X, X0)
    assert np.array_equal(y, y0)


@pytest.mark.parametrize("dtype", ["object", "str", "category"])
def test_series_keep_index_name_and_dtype(dtype):
    y = pd.Series(["cat", "dog"] * 10, index=range(100, 120), name="pet", dtype=dtype)
    X = pd.DataFrame({"a": range(20), "b": list("xyzt") * 5}, index=y.index)
    poisoned = LabelFlipAttack(rate=0.2, random_state=0).fit_poison(X, y)
    assert poisoned.X.equals(X)
    assert poisoned.y.index.equals(y.index)
    assert (poisoned.y.name, poisoned.y.dtype) == (y.name, y.dtype)
    assert (poisoned.y != y).sum() == 4
    assert set(poisoned.y) == {"cat", "dog"}


@pytest.mark.parametrize(
    "y",
    [
        np.array(["no", "maybe"] * 5),
        np.array([True, False] * 5),
        np.array([-1.0, 1.0] * 5, dtype=np.float32),
        np.array([3, 200] * 5, dtype=np.uint8),
    ],
)
def test_arrays_keep_their_dtype(y):
    poisoned = LabelFlipAttack(rate=0.3, random_state=0).fit_poison(y, y)
    assert poisoned.y.dtype == y.dtype
    assert (poisoned.y != y).sum() == 3
    assert set(poisoned.y.tolist()) == set(y.tolist())


def test_lists_become_arrays():
    poisoned = LabelFlipAttack(rate=0.5, random_state=0).fit_poison(
        [[1]] * 4, list("abab")
    )
    assert (poisoned.y != list("abab")).sum() == 2


def test_images_need_not_be_flat():
    X = np.zeros((10, 3, 4, 4))
    poisoned = LabelFlipAttack(rate=0.5).fit_poison(X, np.arange(10) % 2)
    assert poisoned.X.shape == X.shape


@pytest.mark.parametrize(
    ("options", "y", "message"),
    [
        ({"rate": 1.1}, [0, 1], "rate"),
        ({"rate": -0.1}, [0, 1], "rate"),
        ({"strategy": "best"}, [0, 1], "strategy"),
        ({}, [0, 0], "only one class"),
        ({}, [0.3, 0.7], "continuous"),
        ({}, [0, 1, 0], "inconsistent numbers of samples"),
    ],
)
def test_errors(options, y, message):
    with pytest.raises(ValueError, match=message):
        LabelFlipAttack(**options).fit_poison(np.zeros((2, 1)), y)


def test_clone_and_repr():
    attack = LabelFlipAttack(rate=0.3, random_state=2)
    assert clone(attack).get_params() == attack.get_params()
    assert repr(attack) == "LabelFlipAttack(random_state=2, rate=0.3)"


def test_near_and_far_follow_the_distance_to_the_boundary(moons):
    X, y = moons
    svc = SVC(gamma=3)
    ranked = np.argsort(np.abs(svc.fit(X, y).decision_function(X)))
    near = LabelFlipAttack(strategy="near", rate=0.2, estimator=svc).fit_poison(X, y)
    far = LabelFlipAttack(strategy="far", rate=0.2, estimator=svc).fit_poison(X, y)
    assert np.array_equal(np.flatnonzero(near.is_poison), np.sort(ranked[:20]))
    assert np.array_equal(np.flatnonzero(far.is_poison), np.sort(ranked[-20:]))


def leads_of_pairs(X, y):
    """Lead of each row's class in the machine of each pair of classes."""
    lead = np.full((len(y), 3), np.nan)
    for a, b in [(0, 1), (0, 2), (1, 2)]:
        pair = np.isin(y, [a, b])
        scores = SVC(gamma=0.5).fit(X[pair], y[pair]).decision_function(X[pair])
        lead[pair, np.where(y[pair] == a, b, a)] = (
            np.where(y[pair] == a, -1, 1) * scores
        )
    return lead


def leads_of_scores(X, y):
    """Lead of each row's class in the scores of all classes."""
    scores = LogisticRegression(max_iter=1000).fit(X, y).decision_function(X)
    lead = np.take_along_axis(scores, y[:, None], 1) - scores
    lead[np.arange(len(y)), y] = np.nan
    return lead


@pytest.mark.parametrize(
    ("model", "leads"),
    [
        (SVC(gamma=0.5), leads_of_pairs),
        (LogisticRegression(max_iter=1000), leads_of_scores),
    ],
    ids=["pairs", "scores"],
)
def test_near_and_far_of_three_classes(iris, model, leads):
    X, y = iris
    near = LabelFlipAttack(strategy="near", rate=0.1, estimator=model).fit_poison(X, y)
    far = LabelFlipAttack(strategy="far", rate=0.1, estimator=model).fit_poison(X, y)
    lead = leads(X, y)
    distance = np.abs(np.nanmin(lead, axis=1))
    assert distance[near.is_poison].max() <= distance[~near.is_poison].min() + 1e-6
    assert distance[far.is_poison].min() >= distance[~far.is_poison].max() - 1e-6
    assert np.array_equal(near.y, np.where(near.is_poison, np.nanargmin(lead, 1), y))
    assert np.array_equal(far.y, np.where(far.is_poison, np.nanargmax(lead, 1), y))


def test_the_shape_of_the_decision_values_of_an_svc_does_not_matter(iris):
    flips = [
        LabelFlipAttack(
            strategy="near", estimator=SVC(decision_function_shape=shape)
        ).fit_poison(*iris)
        for shape in ("ovr", "ovo")
    ]
    assert np.array_equal(flips[0].y, flips[1].y)


def test_near_attacks_pipelines_on_data_frames():
    X, y = load_iris(return_X_y=True, as_frame=True)
    model = make_pipeline(StandardScaler(), SVC())
    poisoned = LabelFlipAttack(strategy="near", estimator=model).fit_poison(X, y)
    assert poisoned.is_poison.sum() == 15


def laplacian(X, Y):
    return laplacian_kernel(X, Y, gamma=0.7)


@pytest.mark.parametrize(
    "svc",
    [
        SVC(kernel="linear"),
        SVC(kernel="rbf", gamma="auto", C=3),
        SVC(kernel="rbf", class_weight="balanced"),
        SVC(kernel="rbf", class_weight={"a": 2.0, "b": 0.5}),
        SVC(kernel="poly", degree=2, coef0=1),
        SVC(kernel="sigmoid", gamma=0.2, coef0=0.1),
        SVC(kernel=laplacian),
        SVC(kernel="precomputed"),
    ],
    ids=lambda svc: getattr(svc.kernel, "__name__", svc.kernel),
)
@pytest.mark.parametrize("sparse", [False, True])
def test_the_kernel_machine_is_the_attacked_one(moons, svc, sparse):
    X, y = moons
    names = np.array(["a", "b"])[y]
    if svc.kernel == "precomputed":
        X = X @ X.T
    elif sparse and not callable(svc.kernel):
        X = csr_array(X)
    svm = KernelSVM(training_kernel(svc, X), np.array(["a", "b"]))
    decisions = svm.decide(svm.fit(np.where(names == "b", 1.0, -1.0)))
    np.testing.assert_allclose(
        decisions, clone(svc).fit(X, names).decision_function(X), atol=1e-6
    )
    attack = LabelFlipAttack(strategy="alfa", estimator=svc)
    assert attack.fit_poison(X, names).is_poison.sum() == 10


def test_labels_of_one_kind_make_a_constant_machine():
    kernel = training_kernel(SVC(kernel="precomputed"), np.eye(3))
    svm = KernelSVM(kernel, np.array([0, 1]))
    assert svm.decide(svm.fit(-np.ones(3))).tolist() == [-1, -1, -1]


def test_alfa_solves_the_linear_program_of_its_last_round(moons):
    X, y = moons
    svm = KernelSVM(training_kernel(SVC(gamma=3), X), np.array([0, 1]))
    signs, n_flips = 2.0 * y - 1, 16
    rows = alfa_flips(svm, signs, n_flips, range(50), None)
    flipped = signs.copy()
    flipped[rows] *= -1
    clean, tainted = (svm.decide(svm.fit(labels)) for labels in (signs, flipped))
    # q holds the weights of the true labels, then those of the flipped ones.
    labels = np.r_[signs, -signs]
    costs = hinge(labels * np.tile(tainted, 2)) - hinge(labels * np.tile(clean, 2))
    n = len(y)
    solution = linprog(
        costs,
        A_ub=[np.r_[np.zeros(n), np.ones(n)]],
        b_ub=[n_flips],
        A_eq=np.hstack([np.eye(n), np.eye(n)]),
        b_eq=np.ones(n),
        bounds=(0, 1),
    )
    assert solution.success
    q = np.zeros(2 * n)
    q[:n][flipped == signs] = q[n:][flipped != signs] = 1
    np.testing.assert_allclose(costs @ q, solution.fun, rtol=1e-9)


def test_tilt_turns_the_weight_vector(moons):
    X, y = moons
    svc = SVC(kernel="linear")
    clean = svc.fit(X, y).coef_[0]

    def cosine(strategy):
        attack = LabelFlipAttack(
            strategy=strategy, rate=0.2, estimator=svc, random_state=0
        )
        tainted = svc.fit(X, attack.fit_poison(X, y).y).coef_[0]
        return clean @ tainted / np.linalg.norm(clean) / np.linalg.norm(tainted)

    assert cosine("tilt") < min(cosine("random"), cosine("near")) - 0.3


def test_clusters_are_neighbours_of_one_class():
    rng = np.random.default_rng(0)
    centres = np.array([[0, 0], [9, 0], [0, 9], [9, 9]])
    X = np.repeat(centres, 25, axis=0) + rng.normal(size=(100, 2))
    y = np.repeat([0, 1, 1, 0], 25)
    svc = SVC(gamma=0.1)
    # 14 flips win a blob of 25 rows, and there is no more to win.
    attack = LabelFlipAttack(strategy="cluster", rate=0.14, estimator=svc)
    poisoned = attack.fit_poison(X, y)
    blobs = np.bincount(np.flatnonzero(poisoned.is_poison) // 25, minlength=4)
    assert sorted(blobs) == [0, 0, 0, 14]
    assert svc.fit(X, poisoned.y).score(X, y) <= 0.78


@pytest.mark.parametrize("strategy", GUIDED)
def test_guided_flips_harm_more_than_random_ones(strategy):
    X, y = make_moons(400, noise=0.15, random_state=0)
    X_test, y_test = make_moons(1000, noise=0.15, random_state=1)
    svc = SVC(gamma=3)

    def accuracy(strategy):
        attack = LabelFlipAttack(
            strategy=strategy, rate=0.25, estimator=svc, random_state=0
        )
        return svc.fit(X, attack.fit_poison(X, y).y).score(X_test, y_test)

    assert accuracy(strategy) < accuracy("random") - 0.02


@pytest.mark.parametrize(
    "svc",
    [
        SVC(kernel="linear"),
        SVC(gamma=3),
        SVC(kernel="poly", degree=2, coef0=1),
        SVC(kernel="sigmoid", gamma=0.2, coef0=0.1),
    ],
    ids=lambda svc: svc.kernel,
)
@pytest.mark.parametrize("sparse", [False, True])
def test_a_kernel_in_blocks_is_the_whole_one(moons, svc, sparse):
    X = csr_array(moons[0]) if sparse else moons[0]
    whole = training_kernel(svc, X)
    with config_context(working_memory=0.01):
        blocks = training_kernel(svc, X)
        assert isinstance(blocks, KernelInBlocks)
        for shape in (100, (100, 3)):
            v = np.random.default_rng(0).normal(size=shape)
            v[::3] = 0
            np.testing.assert_allclose(blocks.product(v), whole.product(v), rtol=1e-9)
        assert not blocks.product(np.zeros(100)).any()
        others = np.arange(40, 90)
        np.testing.assert_allclose(
            blocks.squared_distances(7, others),
            whole.squared_distances(7, others),
            atol=1e-12,
        )


@pytest.mark.parametrize("strategy", TWO_CLASSES)
def test_working_memory_does_not_change_the_flips(strategy):
    X, y = make_moons(250, noise=0.15, random_state=0)
    attack = LabelFlipAttack(
        strategy=strategy, rate=0.1, estimator=SVC(gamma=3), random_state=0
    )
    whole = attack.fit_poison(X, y).is_poison
    with config_context(working_memory=0.4):
        assert np.array_equal(attack.fit_poison(X, y).is_poison, whole)


@pytest.mark.parametrize("strategy", TWO_CLASSES)
def test_working_memory_bounds_the_flips_of_an_svc(strategy):
    X, y = make_blobs(3000, centers=2, cluster_std=0.3, random_state=0)
    attack = LabelFlipAttack(strategy=strategy, rate=0.01, random_state=0)
    attack.set_callbacks(StopAfter(1))
    with config_context(working_memory=4):
        tracemalloc.start()
        attack.fit_poison(X, y)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    # The kernel matrix would take 72 MB.
    assert peak < 8 * 2**20


@pytest.mark.parametrize(
    ("strategy", "n_most"), [("tilt", 20), ("alfa", 50), ("cluster", 6)]
)
def test_callbacks_see_the_iterations_and_can_end_them(moons, strategy, n_most):
    callback = StopAfter(2)
    attack = LabelFlipAttack(strategy=strategy, random_state=0)
    poisoned = attack.set_callbacks(callback).fit_poison(*moons)
    assert callback.max_subtasks == n_most
    assert callback.tasks == ["fit", "iteration", "iteration"]
    assert poisoned.is_poison.sum() == 10


@pytest.mark.parametrize("strategy", ["random", "far", "tilt"])
def test_a_progress_bar_follows_the_attack(moons, strategy, capsys):
    attack = LabelFlipAttack(strategy=strategy, random_state=0)
    expected = attack.fit_poison(*moons).is_poison
    bar = attack.set_callbacks(ProgressBar())
    assert np.array_equal(bar.fit_poison(*moons).is_poison, expected)
    assert "LabelFlipAttack" in capsys.readouterr().out


@pytest.mark.parametrize("strategy", TWO_CLASSES)
def test_the_order_of_the_rows_does_not_matter(moons, strategy):
    X, y = moons
    attack = LabelFlipAttack(strategy=strategy, rate=0.15, random_state=0)
    order = np.random.default_rng(0).permutation(len(y))
    expected = attack.fit_poison(X, y).is_poison
    assert np.array_equal(
        attack.fit_poison(X[order], y[order]).is_poison, expected[order]
    )


@pytest.mark.parametrize("strategy", GUIDED)
@pytest.mark.parametrize("rate", [0.0, 0.75, 1.0])
def test_guided_flips_at_any_rate(strategy, rate):
    X, y = make_moons(40, random_state=0)
    y[:10] = 1
    attack = LabelFlipAttack(strategy=strategy, rate=rate, random_state=0)
    poisoned = attack.fit_poison(X, y)
    assert poisoned.is_poison.sum() == round(rate * 40)
    assert np.array_equal(poisoned.y != y, poisoned.is_poison)


@pytest.mark.parametrize("strategy", GUIDED)
def test_guided_flips_keep_the_type_of_y(moons, strategy):
    X, y = moons
    labels = pd.Series(np.array(["no", "yes"])[y], index=range(7, 107), name="answer")
    attack = LabelFlipAttack(strategy=strategy, random_state=0)
    poisoned = attack.fit_poison(pd.DataFrame(X, columns=["a", "b"]), labels)
    assert poisoned.y.dtype == labels.dtype
    assert poisoned.y.index.equals(labels.index)
    assert np.array_equal(poisoned.is_poison, attack.fit_poison(X, y).is_poison)


@pytest.mark.parametrize("strategy", GUIDED)
def test_the_estimator_is_left_alone(moons, strategy):
    svc = SVC(C=2)
    LabelFlipAttack(strategy=strategy, estimator=svc).fit_poison(*moons)
    assert not hasattr(svc, "support_")
    assert svc.get_params() == SVC(C=2).get_params()


@pytest.mark.parametrize("strategy", TWO_CLASSES)
def test_errors_of_the_strategies_of_two_classes(iris, moons, strategy):
    with pytest.raises(ValueError, match=r"two classes, but y holds 3"):
        LabelFlipAttack(strategy=strategy).fit_poison(*iris)
    attack = LabelFlipAttack(strategy=strategy, estimator=LogisticRegression())
    with pytest.raises(TypeError, match="attacks an SVC"):
        attack.fit_poison(*moons)
    X, y = moons
    X = X.copy()
    X[3, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        LabelFlipAttack(strategy=strategy).fit_poison(X, y)


@pytest.mark.data
@pytest.mark.parametrize(
    ("strategy", "accuracy", "n_splits"),
    [
        ("near", 0.943, 5),
        ("far", 0.757, 5),
        ("tilt", 0.777, 5),
        ("alfa", 0.790, 5),
        ("cluster", 0.734, 1),
    ],
)
def test_flips_of_a_fifth_of_fourclass(strategy, accuracy, n_splits):
    """Mean test accuracy over some splits, no more than .02 above the reference."""
    X, y = real(fetch_fourclass, return_X_y=True)
    svc, scores = SVC(C=1, gamma=10), []
    for seed in range(n_splits):
        X_train, X_test, y_train, y_test = train_test_split(
            X, y, test_size=0.3, random_state=seed
        )
        attack = LabelFlipAttack(
            strategy=strategy, rate=0.2, estimator=svc, random_state=seed
        )
        poisoned = attack.fit_poison(X_train, y_train)
        scores.append(svc.fit(poisoned.X, poisoned.y).score(X_test, y_test))
    assert np.mean(scores) <= accuracy + 0.02
