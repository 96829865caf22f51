"""The annealed filter: the algorithm by hand, what it gains, degenerate rows."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits, make_blobs, make_moons
from sklearn.metrics import f1_score
from sklearn.svm import SVC

from skpoison.attacks import LabelFlipAttack
from skpoison.defenses import AnnealedTrustFilter, TrustedDisagreementFilter
from skpoison.exceptions import UntrustedClassWarning


@pytest.fixture(scope="module")
def digits():
    """Digits, every twentieth row trusted, with wrong labels among the others."""
    X, y = load_digits(return_X_y=True)
    X, y = X[:700] / 16, y[:700]
    trusted = np.random.default_rng(0).permutation(700) < 35
    return X, *flipped(X, y, trusted, "random"), trusted


def flipped(X, y, trusted, strategy):
    """Labels with a fifth of the untrusted ones flipped, and which those are."""
    attack = LabelFlipAttack(
        strategy=strategy, rate=0.2, estimator=SVC(), random_state=0
    )
    poisoned = y.copy()
    poisoned[~trusted] = attack.fit_poison(X[~trusted], y[~trusted]).y
    return poisoned, poisoned != y


def f1(filter, X, y, trusted, is_poison):
    suspects = ~filter.fit(X, y, trusted=trusted).inlier_mask_
    return f1_score(is_poison[~trusted], suspects[~trusted])


def by_hand(filter, X, y, trusted):
    """Scores and trust by explicit inverses, from the same features."""
    n, n_classes = len(y), len(np.unique(y))
    Y = np.eye(n_classes)[y] - 1 / n_classes
    w = np.zeros(n)
    for _ in range(6):
        total, P = 0.0, np.zeros((n, n_classes))
        for Phi in filter._features(X):
            for u in (0.1, 1, 5):
                B = np.diag(np.where(trusted, 20, u * w))
                inverse = np.linalg.inv(Phi.T @ B @ Phi + np.eye(Phi.shape[1]))
                hat = Phi @ inverse @ Phi.T @ B
                h = np.diag(hat)[:, None]
                F = (hat @ Y - h * Y) / (1 - h)
                for sharpness in (4, 10):
                    p = np.exp(sharpness * F)
                    p /= p.sum(axis=1, keepdims=True)
                    likelihood = np.prod(p[np.arange(n), y][trusted])
                    total, P = total + likelihood, P + likelihood * p
        P /= total
        own = P[np.arange(n), y]
        w = (own / P.max(axis=1)) ** 2
    P[np.arange(n), y] = -1
    return own - P.max(axis=1), w


@pytest.mark.parametrize("n_classes", [2, 4])
def test_scores_and_trust_are_those_of_the_algorithm(n_classes):
    X, y = make_blobs(90, centers=n_classes, cluster_std=3.0, random_state=0)
    trusted = np.arange(90) % 8 == 0
    filter = AnnealedTrustFilter(n_components=30, random_state=0)
    filter.fit(X, y, trusted=trusted)
    scores, trust = by_hand(filter, X, y, trusted)
    assert_allclose(filter.sample_scores_, scores, atol=1e-8)
    assert_allclose(filter.trust_[~trusted], trust[~trusted], atol=1e-8)
    assert (filter.trust_[trusted] == 1).all()


def test_one_round_learns_nothing_from_untrusted_rows(digits):
    X, y, _, trusted = digits
    filter = AnnealedTrustFilter(n_rounds=1, random_state=0)
    before = filter.fit(X, y, trusted=trusted).score_samples(X, y)
    other = np.where(trusted, y, (y + 1) % 10)
    assert_allclose(filter.fit(X, other, trusted=trusted).score_samples(X, y), before)


@pytest.mark.parametrize("strategy", ["random", "far", "near"])
def test_beats_the_model_of_the_trusted_rows(digits, strategy):
    X, _, _, trusted = digits
    y, is_poison = flipped(X, load_digits().target[:700], trusted, strategy)
    plain = TrustedDisagreementFilter(SVC(C=10), random_state=0)
    gain = f1(AnnealedTrustFilter(random_state=0), X, y, trusted, is_poison)
    assert gain > f1(plain, X, y, trusted, is_poison) + 0.08


def test_beats_the_model_of_the_trusted_rows_on_a_relabelled_region():
    X, y = make_moons(400, noise=0.1, random_state=0)
    trusted = np.random.default_rng(1).permutation(400) < 20
    y, is_poison = flipped(X, y, trusted, "cluster")
    plain = TrustedDisagreementFilter(SVC(C=10), random_state=0)
    gain = f1(AnnealedTrustFilter(random_state=0), X, y, trusted, is_poison)
    assert gain > f1(plain, X, y, trusted, is_poison)
    assert gain > 0.9


def test_trust_separates_poison_from_clean_rows(digits):
    X, y, is_poison, trusted = digits
    trust = AnnealedTrustFilter(random_state=0).fit(X, y, trusted=trusted).trust_
    assert ((trust >= 0) & (trust <= 1)).all()
    assert trust[is_poison].mean() < 0.1
    assert trust[~is_poison].mean() > 0.8


def test_new_rows_are_judged_about_as_well_as_the_training_rows(digits):
    X, y, is_poison, trusted = digits
    train = trusted | (np.arange(700) % 4 > 0)
    filter = AnnealedTrustFilter(random_state=0)
    on_training = f1(filter, X[train], y[train], trusted[train], is_poison[train])
    suspects = filter.predict(X[~train], y[~train]) == -1
    assert f1_score(is_poison[~train], suspects) > on_training - 0.1


def test_the_order_of_the_rows_changes_no_bit(digits):
    X, y, _, trusted = digits
    X = X.copy()
    X[:40] = X[0]
    filter = AnnealedTrustFilter(random_state=0)
    before = filter.fit(X, y, trusted=trusted).sample_scores_
    order = np.random.default_rng(0).permutation(len(y))
    filter.fit(X[order], y[order], trusted=trusted[order])
    assert_array_equal(filter.sample_scores_, before[order])


def test_an_offset_and_a_factor_change_nothing(digits):
    X, y, _, trusted = digits
    filter = AnnealedTrustFilter(random_state=0)
    before = filter.fit(X, y, trusted=trusted).sample_scores_
    after = filter.fit(1e-3 * X + 1e5, y, trusted=trusted).sample_scores_
    assert_allclose(after, before, atol=1e-4)


def test_constant_columns_change_nothing(digits):
    X, y, is_poison, trusted = digits
    X = np.hstack([X, np.full((700, 30), 7.0)])
    filter = AnnealedTrustFilter(random_state=0)
    assert f1(filter, X, y, trusted, is_poison) > 0.85


def test_a_huge_row_does_not_blind_the_kernel(digits):
    X, y, is_poison, trusted = digits
    X = X.copy()
    huge = np.flatnonzero(~trusted & ~is_poison)[:3]
    X[huge] = 1e6
    filter = AnnealedTrustFilter(random_state=0)
    assert f1(filter, X, y, trusted, is_poison) > 0.85


def test_a_class_without_trusted_rows_is_named_and_learned_from_the_others(digits):
    X, y, is_poison, trusted = digits
    filter = AnnealedTrustFilter(random_state=0)
    with pytest.warns(UntrustedClassWarning, match=r"\[7\]"):
        filter.fit(X, y, trusted=trusted & (y != 7))
    assert filter.inlier_mask_[(y == 7) & ~is_poison].mean() > 0.8
    assert filter.inlier_mask_[(y == 7) & is_poison].mean() < 0.2


def test_an_audit_strips_wrong_trusted_rows_of_their_status(digits):
    X, y, is_poison, trusted = digits
    wrong = np.flatnonzero(is_poison)[:8]
    trusted = trusted.copy()
    trusted[wrong] = True
    plain = AnnealedTrustFilter(random_state=0).fit(X, y, trusted=trusted)
    assert_array_equal(plain.trusted_mask_, trusted)
    audit = AnnealedTrustFilter(audit=True, random_state=0).fit(X, y, trusted=trusted)
    assert audit.trusted_mask_[wrong].mean() < 0.5
    assert audit.trusted_mask_[trusted & ~is_poison].mean() > 0.9
    assert audit.inlier_mask_[wrong].all()


def test_all_rows_may_be_trusted():
    X, y = make_moons(60, random_state=0)
    filter = AnnealedTrustFilter(random_state=0)
    filter.fit(X, y, trusted=np.ones(60, dtype=bool))
    assert filter.inlier_mask_.all()
    assert (filter.sample_scores_ > 0).all()


@pytest.mark.parametrize("name", ["untrusted_weights", "gammas", "sharpness"])
@pytest.mark.parametrize("values", [[], [0.0, 1.0], [np.inf], [[1.0]]])
def test_sequences_of_other_than_positive_numbers_are_refused(name, values):
    X, y = make_moons(20, random_state=0)
    filter = AnnealedTrustFilter(**{name: values})
    with pytest.raises(ValueError, match=name):
        filter.fit(X, y, trusted=np.arange(20) < 10)
