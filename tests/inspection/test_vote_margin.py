"""The histogram of the scores counts what it says."""

import matplotlib
import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from skpoison.defenses import DeepKNNFilter, L2CentroidFilter, OneClassSVMFilter
from skpoison.inspection import VoteMarginDisplay
from skpoison.pipeline import make_pipeline

matplotlib.use("Agg")


@pytest.fixture
def flipped():
    """Three far blobs, and six rows with the label of another."""
    X, y = make_blobs(90, n_features=6, centers=3, random_state=0)
    is_poison = np.arange(90) < 6
    y[is_poison] = (y[is_poison] + 1) % 3
    return X, y, is_poison


@pytest.fixture(autouse=True)
def close_figures():
    yield
    matplotlib.pyplot.close("all")


def bars(container):
    """Left and right edges and heights of the bars."""
    boxes = [patch.get_bbox() for patch in container.patches]
    return np.array([(box.x0, box.x1, box.y1) for box in boxes]).T


def legend(display):
    return {text.get_text() for text in display.ax_.get_legend().get_texts()}


def test_every_group_is_drawn_in_shares_of_its_own_rows(flipped):
    X, y, is_poison = flipped
    scores = DeepKNNFilter(k=15).fit(X, y).sample_scores_
    display = VoteMarginDisplay.from_predictions(scores, is_poison)
    for container, group in zip(display.ax_.containers, (~is_poison, is_poison)):
        left, right, height = bars(container)
        assert height.sum() == pytest.approx(1)
        # All but the last bin are half-open.
        own = scores[group, None]
        inside = (own >= left) & ((own < right) | (right == right.max()))
        np.testing.assert_allclose(height, inside.mean(axis=0))


@pytest.mark.parametrize("offset", [0.0, 0.37, -0.2, 1e3])
def test_the_threshold_is_the_edge_of_a_bin(offset):
    scores = np.random.default_rng(0).normal(size=200)
    display = VoteMarginDisplay.from_predictions(scores, offset=offset)
    left, right, height = bars(display.ax_.containers[0])
    assert height.sum() == pytest.approx(1)
    crossed = (left < offset - 1e-9) & (right > offset + 1e-9)
    assert not crossed.any()
    assert height[right <= offset + 1e-9].sum() == pytest.approx(
        np.mean(scores < offset)
    )
    assert display.ax_.lines[0].get_xdata()[0] == offset


@pytest.mark.parametrize(
    "poison_filter",
    [DeepKNNFilter(k=15), L2CentroidFilter(0.1), OneClassSVMFilter(0.1)],
)
def test_any_filter_alone_or_in_a_pipeline(flipped, poison_filter):
    X, y, is_poison = flipped
    model = make_pipeline(StandardScaler(), poison_filter, LogisticRegression())
    inner = model.fit(X, y)[1]
    for estimator in (model, inner):
        display = VoteMarginDisplay.from_estimator(estimator, is_poison=is_poison)
        np.testing.assert_array_equal(display.scores, inner.sample_scores_)
        assert display.offset == inner.offset_
    below = inner.sample_scores_ < inner.offset_
    assert legend(display) == {
        "threshold",
        f"clean, {below[6:].sum()} of 84 below",
        f"poison, {below[:6].sum()} of 6 below",
    }


def test_rows_of_one_score_and_rows_of_unknown_origin():
    display = VoteMarginDisplay.from_predictions(np.ones(5))
    assert legend(display) == {"threshold", "rows, 0 of 5 below"}
    assert bars(display.ax_.containers[0])[2].max() == pytest.approx(1)


def test_given_axes_are_drawn_on():
    _, ax = matplotlib.pyplot.subplots()
    display = VoteMarginDisplay.from_predictions([0.0, 1.0], [True, False], ax=ax)
    assert display.ax_ is ax
    assert display.figure_ is ax.figure


def test_what_cannot_be_shown_is_refused(flipped):
    X, y, is_poison = flipped
    with pytest.raises(ValueError, match="LogisticRegression holds no filter"):
        VoteMarginDisplay.from_estimator(LogisticRegression().fit(X, y))
    with pytest.raises(ValueError, match="holds no filter"):
        VoteMarginDisplay.from_estimator(make_pipeline(StandardScaler()).fit(X, y))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        VoteMarginDisplay.from_estimator(
            DeepKNNFilter(k=3).fit(X, y), is_poison=is_poison[1:]
        )
    with pytest.raises(ValueError, match="NaN"):
        VoteMarginDisplay.from_predictions([0.0, np.nan])
