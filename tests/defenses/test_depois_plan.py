"""Which critic of De-Pois learns from which row, and when."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skpoison.defenses._depois._admission import Admission
from skpoison.defenses._depois._plan import CrossFitPlan

N_CRITICS = 3


@pytest.fixture
def plan():
    """Thirty rows of two classes, every third trusted, and a class of lone rows."""
    y = np.append(np.arange(30) % 2, [2, 2])
    trusted = np.append(np.arange(30) % 3 == 0, [True, False])
    X = np.arange(32.0)[:, None]
    rng = np.random.RandomState(0)
    return CrossFitPlan.by_folds(X, y, y, trusted, N_CRITICS, rng)


def test_each_row_is_kept_from_one_critic(plan):
    kept_from = (~plan.may_learn).sum(axis=0)
    assert_array_equal(kept_from[:30], 1)
    for part in (plan.trusted, ~plan.trusted):
        for label in (0, 1):
            of_each = (~plan.may_learn[:, part & (plan.y == label)]).sum(axis=1)
            assert np.ptp(of_each) <= 1


def test_a_lone_row_is_kept_from_none_and_sets_no_scale(plan):
    assert plan.may_learn[:, 30:].all()
    assert not plan.calibrates[30:].any()
    assert_array_equal(plan.calibrates[:30], plan.trusted[:30])


def test_untrusted_rows_with_a_critic_to_judge_them_are_candidates(plan):
    with_company = np.arange(32) < 30
    assert_array_equal(plan.candidates(), ~plan.trusted & with_company)


def test_one_critic_may_learn_from_all_and_admits_none():
    trusted = np.arange(10) < 4
    y = np.arange(10) % 2
    plan = CrossFitPlan.for_one_critic(np.zeros((10, 1)), y, y, trusted)
    assert plan.n_critics == 1
    assert plan.may_learn.all()
    assert not plan.candidates().any()
    assert_array_equal(plan.calibrates, trusted)


@pytest.mark.parametrize("calibrates", [False, True])
def test_synthetic_rows_are_trusted_by_the_critic_that_they_are_for(plan, calibrates):
    rows = np.array([0, 3, 30])
    more = plan.with_synthetic(np.full((3, 1), -1.0), rows, 1, calibrates)
    assert_array_equal(more.X[32:], -1)
    assert_array_equal(more.y[32:], plan.y[rows])
    assert_array_equal(more.groups[32:], plan.groups[rows])
    assert more.trusted[32:].all()
    assert_array_equal(more.may_learn[:, 32:], [[False] * 3, [True] * 3, [False] * 3])
    assert_array_equal(more.calibrates[32:], calibrates)
    assert_array_equal(more.may_learn[:, :32], plan.may_learn)


def test_critics_start_with_the_trusted_rows_that_they_may_learn_from(plan):
    admission = Admission(plan)
    weights = admission.next_weights()
    assert_array_equal(weights > 0, plan.may_learn & plan.trusted)
    assert_allclose(weights.sum(axis=1), 1)
    assert_array_equal(admission.learned, weights > 0)


def test_admitted_rows_are_shown_as_often_as_the_trusted_ones(plan):
    admission = Admission(plan)
    admission.admit(np.zeros(32), -1.0, 1.0)
    assert_array_equal(admission.admitted, plan.candidates())
    weights = admission.next_weights()
    assert not weights[~plan.may_learn].any()
    assert_allclose(weights[:, plan.trusted].sum(axis=1), 1)
    assert_allclose(weights[:, admission.admitted].sum(axis=1), 1)


def test_the_best_share_of_each_class_is_admitted_and_none_below_the_threshold(plan):
    scores = np.arange(32.0)
    admission = Admission(plan)
    admission.admit(scores, 10.0, 0.5)
    for label in (0, 1):
        good = plan.candidates() & (plan.y == label) & (scores >= 10)
        best = np.flatnonzero(good)[-(good.sum() // 2) :]
        assert_array_equal(np.flatnonzero(admission.admitted & (plan.y == label)), best)
    admission.admit(scores, 100.0, 1.0)
    assert not admission.admitted.any()


def test_what_a_critic_has_learned_once_it_is_no_judge_of(plan):
    admission = Admission(plan)
    admission.admit(np.zeros(32), -1.0, 1.0)
    admission.next_weights()
    admission.admit(np.full(32, -9.0), -1.0, 1.0)
    weights = admission.next_weights()
    assert_array_equal(weights > 0, plan.may_learn & plan.trusted)
    shown = plan.may_learn & (plan.trusted | plan.candidates())
    assert_array_equal(admission.learned, shown)
