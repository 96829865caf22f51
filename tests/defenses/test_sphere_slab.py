import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize
from sklearn.datasets import load_breast_cancer, load_iris, make_blobs
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from skpoison._utils.feasible_set import FeasibleSet
from skpoison.attacks import LabelFlipAttack
from skpoison.defenses import SphereSlabFilter
from skpoison.defenses._sphere_slab._certificate import smallest_hinge_loss


@pytest.fixture(scope="module")
def breast_cancer():
    """400 training and 169 test rows, standardised."""
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    order = np.random.RandomState(0).permutation(len(y))
    train, test = order[:400], order[400:]
    return X[train], X[test], y[train], y[test]


@pytest.fixture
def clusters():
    X, y = make_blobs(150, 4, centers=3, cluster_std=2.0, random_state=0)
    return X, y


def signed(X, y):
    return (2 * y - 1)[:, None] * np.column_stack([X, np.ones(len(y))])


def learner_loss(X, y, certificate, theta):
    """What the learner minimises: clean and attack hinge losses over n clean rows."""
    attack = signed(certificate.X_attack, certificate.y_attack)
    losses = np.maximum(0, 1 - np.vstack([signed(X, y), attack]) @ theta)
    return losses.sum() / len(y)


def random_thetas(rng, n, d, rho):
    theta = rng.normal(size=(n, d))
    return rho * theta / np.linalg.norm(theta, axis=1, keepdims=True)


def test_sphere_and_slab_by_hand(clusters):
    X, y = clusters
    filter = SphereSlabFilter(0.8).fit(X, y)
    for c in range(3):
        own, others = X[y == c].mean(axis=0), [X[y == k].mean(axis=0) for k in range(3)]
        others = np.mean([others[k] for k in range(3) if k != c], axis=0)
        normal = (own - others) / np.linalg.norm(own - others)
        radius = np.quantile(np.linalg.norm(X[y == c] - own, axis=1), 0.8)
        width = np.quantile(np.abs((X[y == c] - own) @ normal), 0.8)
        inside = (np.linalg.norm(X[y == c] - own, axis=1) <= radius) & (
            np.abs((X[y == c] - own) @ normal) <= width
        )
        assert_allclose(filter.radii_[c], radius)
        assert_allclose(filter.widths_[c], width)
        assert_array_equal(filter.inlier_mask_[y == c], inside)
    assert_array_equal(filter.predict(X, y) == 1, filter.inlier_mask_)


def test_contamination_is_the_share_removed(clusters):
    X, y = clusters
    filter = SphereSlabFilter(contamination=0.2).fit(X, y)
    # One less where two rows share the rank at the cut, each in one of the distances.
    assert set(np.bincount(y[~filter.inlier_mask_])) <= {9, 10}
    assert_array_equal(filter.predict(X, y) == 1, filter.inlier_mask_)
    trusted = np.arange(150) < 30
    filter.fit(X, y, trusted=trusted)
    for c in range(3):
        n = np.sum((y == c) & ~trusted)
        assert np.sum((y == c) & ~filter.inlier_mask_) in (n // 5, n // 5 - 1)
        centre = X[trusted & (y == c)].mean(axis=0)
        assert_allclose(filter.centroids_[c], centre)


def test_trusted_rows_give_centroids_radii_and_widths(clusters):
    X, y = clusters
    trusted = np.arange(150) % 3 == 0
    alone = SphereSlabFilter(0.9).fit(X[trusted], y[trusted])
    filter = SphereSlabFilter(0.9).fit(X, y, trusted=trusted)
    m = np.bincount(y[trusted])
    assert_allclose(filter.centroids_, alone.centroids_)
    assert_allclose(filter.directions_, alone.directions_)
    assert_allclose(filter.radii_, alone.radii_ * m / (m - 1))
    assert_allclose(filter.widths_, alone.widths_ * m / (m - 1))
    assert filter.inlier_mask_[trusted].all()


def test_distances_of_trusted_rows_are_those_of_fresh_rows():
    rng = np.random.default_rng(0)
    kept = []
    for _ in range(50):
        X, y = rng.normal(size=(200, 30)), np.repeat([0, 1], 100)
        X[y == 1] += 5
        trusted = np.arange(200) % 10 == 0
        filter = SphereSlabFilter(0.9).fit(X, y, trusted=trusted)
        distance = np.linalg.norm(X - filter.centroids_[y], axis=1)
        kept.append(np.mean(distance[~trusted] <= filter.radii_[y[~trusted]]))
    # Without the correction the spheres of ten rows hold less than half of them.
    assert 0.75 < np.mean(kept) < 0.95


def test_far_flips_on_breast_cancer(breast_cancer):
    X, X_test, y, y_test = breast_cancer
    attack = LabelFlipAttack(strategy="far", rate=0.2, estimator=LinearSVC(C=0.01))
    X, y, is_poison = attack.fit_poison(X, y)

    def accuracy(kept):
        return LinearSVC(C=0.1).fit(X[kept], y[kept]).score(X_test, y_test)

    assert accuracy(np.ones(400, dtype=bool)) == pytest.approx(0.734, abs=0.001)
    filter = SphereSlabFilter(0.95)
    assert accuracy(filter.fit(X, y).inlier_mask_) == pytest.approx(0.793, abs=0.001)
    by_trust = []
    for seed in range(10):
        clean = np.flatnonzero(~is_poison)
        trusted = np.random.RandomState(seed).permutation(clean)[:80]
        kept = filter.fit(X, y, trusted=trusted).inlier_mask_
        assert np.mean(kept[is_poison]) < 0.05
        by_trust.append(accuracy(kept))
    assert np.mean(by_trust) > 0.99
    assert np.max(by_trust) == 1


@pytest.mark.parametrize(
    ("rate", "bound", "attack_loss"),
    [(0.03, 0.157, 0.157), (0.1, 0.189, 0.182), (0.3, 0.204, 0.201)],
)
def test_certificate_of_breast_cancer(breast_cancer, rate, bound, attack_loss):
    X, _, y, _ = breast_cancer
    filter = SphereSlabFilter(0.7).fit(X, y)
    certificate = filter.certify(X, y, rate=rate, random_state=0)
    assert certificate.bound == pytest.approx(bound, abs=0.001)
    assert certificate.attack_loss == pytest.approx(attack_loss, abs=0.01)
    assert certificate.attack_loss <= certificate.bound
    assert len(certificate.y_attack) == round(rate * 400)
    assert (filter.predict(certificate.X_attack, certificate.y_attack) == 1).all()


@pytest.mark.parametrize("rho", [0.5, 1.0, 5.0])
@pytest.mark.parametrize("seed", range(3))
def test_no_feasible_attack_exceeds_the_bound(rho, seed):
    rng = np.random.default_rng(seed)
    X, y = make_blobs(60, 3, centers=2, cluster_std=3.0, random_state=seed)
    X -= X.mean(axis=0)
    filter = SphereSlabFilter(0.8).fit(X, y)
    certificate = filter.certify(X, y, rate=0.2, rho=rho, max_iter=1000, random_state=0)
    n_attack = 12

    def loss(rows, labels):
        return 1.2 * smallest_hinge_loss(
            np.vstack([signed(X, y), signed(rows, labels)]), rho
        )

    attacks = []
    for _ in range(10):
        labels = rng.integers(2, size=n_attack)
        steps = rng.normal(size=(n_attack, 3))
        steps *= filter.radii_[labels, None] / np.linalg.norm(steps, axis=1)[:, None]
        across = np.abs(np.sum(steps * filter.directions_[labels], axis=1))
        steps *= np.minimum(1, filter.widths_[labels] / across)[:, None] * (1 - 1e-9)
        rows = filter.centroids_[labels] + steps
        assert (filter.predict(rows, labels) == 1).all()
        attacks.append(loss(rows, labels))
    feasible = FeasibleSet(
        filter.centroids_, filter.directions_, filter.radii_, filter.widths_
    )
    for theta in random_thetas(rng, 10, 4, rho):
        _, row, sign = feasible.worst_point(theta[:-1], theta[-1])
        rows = np.tile(row, (n_attack, 1))
        attacks.append(loss(rows, np.full(n_attack, int(sign > 0))))
    assert max(attacks) <= certificate.bound
    assert certificate.attack_loss >= max(attacks) - 0.05


def test_the_attack_loss_is_the_smallest_of_any_learner(clusters):
    X, y = clusters[0][clusters[1] < 2], clusters[1][clusters[1] < 2]
    X = X - X.mean(axis=0)
    filter = SphereSlabFilter(0.8).fit(X, y)
    certificate = filter.certify(X, y, rate=0.2, random_state=0)
    rng = np.random.default_rng(0)

    def loss(direction):
        theta = direction / max(1.0, np.linalg.norm(direction))
        return learner_loss(X, y, certificate, theta)

    losses = [loss(theta) for theta in random_thetas(rng, 200, X.shape[1] + 1, 1.0)]
    assert min(losses) >= certificate.attack_loss
    best = min(
        minimize(loss, start, method="Nelder-Mead", options={"maxiter": 4000}).fun
        for start in random_thetas(rng, 3, X.shape[1] + 1, 1.0)
    )
    assert certificate.attack_loss <= best + 1e-9
    assert best - certificate.attack_loss < 0.01


@pytest.mark.parametrize("parallel", [False, True])
def test_the_worst_point_is_worst(parallel):
    rng = np.random.default_rng(0)
    centroids = rng.normal(size=(2, 5))
    normal = (centroids[1] - centroids[0]) / np.linalg.norm(centroids[1] - centroids[0])
    feasible = FeasibleSet(
        centroids, [-normal, normal], np.array([2.0, 1.5]), np.array([0.7, 3.0])
    )
    w, b = (0.8 * normal if parallel else rng.normal(size=5)), 0.3
    margin, point, sign = feasible.worst_point(w, b)
    assert_allclose(sign * (w @ point + b), margin, rtol=1e-6)
    c = int(sign > 0)
    assert np.linalg.norm(point - centroids[c]) <= feasible.radii[c]
    assert np.abs((point - centroids[c]) @ normal) <= feasible.widths[c]
    steps = rng.normal(size=(20000, 5))
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    for k, label in enumerate((-1, 1)):
        t = rng.uniform(-1, 1, 20000) * min(feasible.radii[k], feasible.widths[k])
        within = steps - (steps @ normal)[:, None] * normal
        within /= np.linalg.norm(within, axis=1, keepdims=True)
        rows = t[:, None] * normal + np.sqrt(feasible.radii[k] ** 2 - t**2)[:, None] * (
            within
        )
        margins = label * ((centroids[k] + rows) @ w + b)
        assert margins.min() >= margin - 1e-9
        if k == c:
            assert margins.min() < margin + 0.3


def test_more_steps_tighten_the_bound(breast_cancer):
    X, _, y, _ = breast_cancer
    filter = SphereSlabFilter(0.7).fit(X, y)
    bounds = [
        filter.certify(X, y, rate=0.1, max_iter=n, random_state=0).bound
        for n in (1, 30, 1000)
    ]
    assert bounds == sorted(bounds, reverse=True)
    assert bounds[0] == pytest.approx(1.1)


def test_no_attack_is_plain_training(breast_cancer):
    X, _, y, _ = breast_cancer
    certificate = SphereSlabFilter().fit(X, y).certify(X, y, rate=0, random_state=0)
    assert certificate.X_attack.shape == (0, 30)
    assert certificate.bound - certificate.attack_loss < 0.002


def test_certificates_are_for_two_classes():
    X, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match="two classes.*fitted on 3"):
        SphereSlabFilter().fit(X, y).certify(X, y, rate=0.1)


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"rate": -0.1}, ValueError),
        ({"rate": "much"}, TypeError),
        ({"rate": 0.1, "rho": 0.0}, ValueError),
        ({"rate": 0.1, "max_iter": 0}, ValueError),
    ],
)
def test_unusable_certificates_are_refused(breast_cancer, params, error):
    X, _, y, _ = breast_cancer
    with pytest.raises(error, match="rate|rho|max_iter"):
        SphereSlabFilter().fit(X, y).certify(X, y, **params)


def test_two_rules_at_once_are_refused(clusters):
    with pytest.raises(ValueError, match="not both"):
        SphereSlabFilter(0.7, contamination=0.1).fit(*clusters)


def test_a_class_without_trusted_rows_is_refused(clusters):
    X, y = clusters
    few = np.flatnonzero(y < 2)
    with pytest.raises(ValueError, match="at least 2 trusted rows.*2 has 0"):
        SphereSlabFilter().fit(X, y, trusted=few)


def test_coinciding_centroids_leave_the_sphere():
    X = np.array([[-1.0], [1.0], [-3.0], [-2.0], [2.0], [3.0]])
    y = np.array([0, 0, 1, 1, 1, 1])
    filter = SphereSlabFilter(contamination=0.5).fit(X, y)
    assert_array_equal(filter.directions_, np.zeros((2, 1)))
    assert_array_equal(filter.inlier_mask_, [1, 1, 0, 1, 1, 0])
    certificate = filter.certify(X, y, rate=0.5, random_state=0)
    assert certificate.attack_loss <= certificate.bound


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_offset_changes_nothing(clusters, dtype):
    X, y = clusters
    X = np.round(X, 1).astype(dtype)
    filter = SphereSlabFilter(0.8)
    before = filter.fit(X, y).inlier_mask_
    assert_array_equal(filter.fit(X + dtype(1000), y).inlier_mask_, before)
