"""The curves against k hold what the filters did."""

import matplotlib
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import matthews_corrcoef

from skpoison.defenses import DeepKNNFilter
from skpoison.inspection import NormalizedKDisplay

matplotlib.use("Agg")

N_POISONS, SIZE = 4, 34


@pytest.fixture(scope="module")
def collided():
    """Three blobs; poison of class 2 lies around one row of class 0."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3 * 30 + N_POISONS, 8))
    y = np.repeat([0, 1, 2], [30, 30, SIZE])
    X[y == 0, 0] += 8
    X[y == 1, 1] += 8
    X[90:] = X[0] + 0.1 * rng.normal(size=(N_POISONS, 8))
    return X, y, np.arange(len(y)) >= 90


@pytest.fixture(autouse=True)
def close_figures():
    yield
    matplotlib.pyplot.close("all")


def test_each_point_is_a_filter_of_that_k(collided):
    X, y, is_poison = collided
    values = [3 / SIZE, 0.5, 2.0]
    display = NormalizedKDisplay.from_estimator(
        DeepKNNFilter(k=7), X, y, is_poison, normalized_k=values
    )
    assert_allclose(display.normalized_k, values)
    for i, k in enumerate((3, 17, 68)):
        removed = ~DeepKNNFilter(k=k).fit(X, y).inlier_mask_
        assert_allclose(display.success[i], removed[is_poison].mean())
        assert_allclose(display.mcc[i], matthews_corrcoef(is_poison, removed))
        assert_allclose(display.accuracy[i], np.mean(removed == is_poison))
    assert_allclose(display.critical_k, 2 * N_POISONS / SIZE)


def test_poison_is_removed_beyond_the_line_alone(collided):
    X, y, is_poison = collided
    ks = np.arange(1, 31)
    display = NormalizedKDisplay.from_estimator(
        DeepKNNFilter(), X, y, is_poison, normalized_k=ks / SIZE
    )
    assert (display.success[ks > 2 * N_POISONS] == 1).all()
    # A poison has the votes of the others; as many of the target's class tie.
    blind = (ks >= N_POISONS - 1) & (ks <= 2 * (N_POISONS - 1))
    assert (display.success[blind] == 0).all()


def test_default_values_are_whole_votes_up_to_the_rows_of_other_classes(collided):
    X, y, is_poison = collided
    display = NormalizedKDisplay.from_estimator(DeepKNNFilter(), X, y, is_poison)
    k = display.normalized_k * SIZE
    assert_allclose(k, k.round())
    assert_allclose(k[[0, -1]], [1, 60])
    assert (np.diff(k) > 0).all()


def test_the_victims_speak_for_themselves(collided):
    X, y, is_poison = collided
    masks = []

    def evaluate(mask):
        masks.append(mask)
        return 1 - mask[is_poison].mean(), 0.5 + len(masks) / 10

    display = NormalizedKDisplay.from_estimator(
        DeepKNNFilter(include_self=True),
        X,
        y,
        is_poison,
        normalized_k=[0.1, 1.0],
        evaluate=evaluate,
    )
    assert_allclose(display.accuracy, [0.6, 0.7])
    for mask, value in zip(masks, (0.1, 1.0)):
        filter = DeepKNNFilter(normalized_k=value, include_self=True)
        assert_array_equal(mask, filter.fit(X, y).inlier_mask_)
    labels = display.ax_.get_legend_handles_labels()[1]
    assert labels[0] == "defense success rate"
    assert labels[2] == "test accuracy"


def test_curves_are_drawn_in_order_on_a_log_axis():
    display = NormalizedKDisplay.from_predictions(
        [2.0, 0.1, 1.0],
        [1, 0, np.nan],
        [0.6, 0.1, 0.7],
        [0.8, 0.9, 0.9],
        critical_k=0.2,
    )
    success, mcc, _, line = display.ax_.lines
    assert display.ax_.get_xscale() == "log"
    assert_array_equal(mcc.get_xdata(), [0.1, 1.0, 2.0])
    assert_array_equal(mcc.get_ydata(), [0.1, 0.7, 0.6])
    assert_array_equal(success.get_ydata(), [0, np.nan, 1])
    assert line.get_xdata()[0] == 0.2
    _, ax = matplotlib.pyplot.subplots()
    assert display.plot(ax=ax).ax_ is ax
    display.critical_k = None
    assert len(display.plot().ax_.lines) == 3


def test_what_cannot_be_shown_is_refused(collided):
    X, y, is_poison = collided
    show = NormalizedKDisplay.from_estimator
    with pytest.raises(ValueError, match="is_poison marks no row"):
        show(DeepKNNFilter(), X, y, np.zeros(len(y), bool))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        show(DeepKNNFilter(), X, y, is_poison[1:])
    with pytest.raises(ValueError, match="largest possible normalized_k"):
        show(DeepKNNFilter(), X, y, is_poison, normalized_k=[4.0])
    with pytest.raises(ValueError, match="must be positive"):
        NormalizedKDisplay.from_predictions([0.0], [1], [1], [1])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        NormalizedKDisplay.from_predictions([1.0], [1, 1], [1], [1])
