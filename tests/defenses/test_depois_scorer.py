"""What the critics of De-Pois say of a row, and what the residuals add."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skpoison.defenses._depois._plan import CrossFitPlan
from skpoison.defenses._depois._residual_scorer import ResidualScorer
from skpoison.defenses._depois._scorer import CriticScorer


class TwoCritics:
    """The first finds twice in a row what the second finds, shifted by the label."""

    classes_ = np.array(["ant", "bee", "cat"])

    def __init__(self, *negatives):
        self.negatives = negatives

    def label_scores(self, X):
        support = X @ np.eye(3) + [0.0, 10.0, 20.0]
        return np.stack([2 * support, support])


class TwoCriticsOfTargets:
    negatives = ("mismatch",)

    def critic_scores(self, X, y):
        closeness = -np.abs(X[:, 0] - y)
        return np.stack([3 * closeness, closeness])


def calibrated(critic, X, y, per_class=None):
    scorer = CriticScorer(critic, per_class)
    plan = CrossFitPlan.for_one_critic(X, y, y, np.ones(len(y), dtype=bool))
    scorer.calibrate(plan, np.ones((2, len(y)), dtype=bool))
    return scorer


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    y = np.arange(90) % 3
    return rng.normal(size=(90, 3)) + 100 * np.eye(3)[y], y


def test_a_row_is_scored_by_the_critics_that_have_not_learned_from_it(rows):
    X, y = rows
    scorer = calibrated(TwoCritics("mismatch"), X, y)
    learned = np.array([[True, False, True, False], [False, True, True, False]])
    X, y = np.repeat(X[:1], 4, axis=0), np.repeat(y[:1], 4)
    second, first, both, neither = scorer.scores(X, y, learned)
    mean = scorer.scores(X, y)[0]
    assert both == neither == pytest.approx(mean)
    assert second < mean < first
    assert mean - second == pytest.approx(first - mean)


def test_critics_of_wrong_labels_alone_compare_a_label_with_the_best_other(rows):
    X, y = rows
    common = np.linspace(0, 1000, 90)[:, None]
    compared = [
        calibrated(TwoCritics(*negatives), X, y).scores(X + common, y)
        for negatives in [("mismatch",), ("mismatch", "generator")]
    ]
    assert_allclose(
        compared[0], calibrated(TwoCritics("mismatch"), X, y).scores(X, y), atol=1e-9
    )
    assert compared[1][-1] > compared[0][-1] + 1


@pytest.mark.parametrize(
    ("negatives", "per_class", "n_locations"),
    [
        (("mismatch",), None, 1),
        (("generator",), None, 3),
        (("mismatch", "generator"), None, 1),
        (("generator",), False, 1),
        (("mismatch",), True, 3),
    ],
)
def test_without_wrong_labels_each_class_has_a_location(
    rows, negatives, per_class, n_locations
):
    scorer = calibrated(TwoCritics(*negatives), *rows, per_class)
    assert scorer.calibrator.location_.shape == (n_locations,)


def test_targets_are_scored_as_given():
    y = np.linspace(0, 1, 20)
    X = y[:, None] + 0.01 * np.random.default_rng(0).normal(size=(20, 1))
    scorer = calibrated(TwoCriticsOfTargets(), X, y)
    assert (scorer.scores(X, y) > -1.96).mean() > 0.9
    assert (scorer.scores(X, y[::-1].copy())[:5] < -1.96).all()


def test_a_row_must_satisfy_both_scorers():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 3))
    y = X @ [1.0, 2.0, 3.0] + 0.1 * rng.normal(size=100)
    y[90:] += 5
    trusted = np.arange(100) < 50
    scores = rng.normal(size=100)
    scores[80:90] = -9
    scores[90:] = 9
    scorer = ResidualScorer()
    lowered = scorer.fit(X, y, trusted, scores)
    assert lowered[trusted].mean() == pytest.approx(0)
    assert lowered[80:].max() < lowered[:80].min()
    again = scorer.lower(X, y, scores)
    assert_array_equal(again[80:90], lowered[80:90])
