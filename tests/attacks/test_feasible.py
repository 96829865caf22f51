"""Attacks within a sphere and a slab: they stay inside, and do harm from there."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from skpoison.attacks import InfluenceAttack, KKTAttack, MinMaxAttack
from skpoison.attacks._feasible._influence import influence_gradients
from skpoison.attacks._feasible._linear_svm import LinearSVM, with_one
from skpoison.defenses import SphereSlabFilter

ATTACKS = [
    InfluenceAttack(max_iter=15, random_state=0),
    KKTAttack(),
    MinMaxAttack(max_iter=60),
]
every_attack = pytest.mark.parametrize(
    "attack", ATTACKS, ids=lambda attack: type(attack).__name__
)


def breast_cancer():
    X, y = load_breast_cancer(return_X_y=True)
    return StandardScaler().fit_transform(X), np.array(["malignant", "benign"])[y]


def eights_and_nines():
    X, y = load_digits(return_X_y=True)
    X = X[y >= 8] / 16
    return X - X.mean(axis=0), y[y >= 8]


def split(X, y):
    order = np.random.RandomState(0).permutation(len(y))
    train, test = order[: 2 * len(y) // 3], order[2 * len(y) // 3 :]
    return X[train], y[train], X[test], y[test]


@pytest.fixture(scope="module", params=[breast_cancer, eights_and_nines])
def data(request):
    return split(*request.param())


@every_attack
def test_the_poison_passes_a_filter_of_the_clean_rows(attack, data):
    X, y, X_test, y_test = data
    attack = clone(attack)
    poisoned = attack.fit_poison(X, y, X_val=X_test, y_val=y_test)
    assert poisoned.is_poison.sum() == round(0.03 * len(y))
    assert_array_equal(poisoned.X[: len(y)], X)
    filter = SphereSlabFilter(0.9).fit(X, y)
    assert (filter.predict(attack.X_poison_, attack.y_poison_) == 1).all()


@every_attack
def test_the_poison_raises_the_error_of_a_machine(attack, data):
    X, y, X_test, y_test = data
    attack = clone(attack)
    poisoned = attack.fit_poison(X, y, X_val=X_test, y_val=y_test)
    errors = [machine_error(*rows, X_test, y_test) for rows in ((X, y), poisoned[:2])]
    assert errors[1] > errors[0] + 0.01
    assert_allclose(errors, [attack.clean_error_, attack.error_], atol=0.01)


def machine_error(X, y, X_test, y_test):
    machine = LinearSVC(C=1 / (0.01 * len(y)), loss="hinge", max_iter=100_000)
    return 1 - machine.fit(X, y).score(X_test, y_test)


def test_the_poison_carries_over_to_logistic_regression():
    X, y, X_test, y_test = split(*breast_cancer())
    poisoned = InfluenceAttack(rate=0.1, random_state=0).fit_poison(
        X, y, X_val=X_test, y_val=y_test
    )
    model = LogisticRegression(C=0.1)
    clean = model.fit(X, y).score(X_test, y_test)
    assert model.fit(poisoned.X, poisoned.y).score(X_test, y_test) < clean - 0.02


@every_attack
def test_the_poison_does_not_depend_on_repetition_or_the_order_of_the_rows(attack):
    X, y, _, _ = split(*breast_cancer())
    once = clone(attack).fit_poison(X, y)
    again = clone(attack).fit_poison(X, y)
    order = np.random.default_rng(0).permutation(len(y))
    turned = clone(attack).fit_poison(X[order], y[order])
    assert_array_equal(once.X, again.X)
    assert_array_equal(once.X[once.is_poison], turned.X[turned.is_poison])
    assert_array_equal(once.y[once.is_poison], turned.y[turned.is_poison])


def test_more_poison_does_more_harm():
    X, y, X_test, y_test = split(*breast_cancer())
    errors = []
    for rate in (0.01, 0.1):
        attack = InfluenceAttack(rate=rate, random_state=0)
        attack.fit_poison(X, y, X_val=X_test, y_val=y_test)
        errors.append(attack.error_)
    assert errors[1] > errors[0]


@every_attack
def test_a_data_frame_stays_one(attack):
    pd = pytest.importorskip("pandas")
    X, y = breast_cancer()
    frame = pd.DataFrame(X, columns=[f"feature {i}" for i in range(X.shape[1])])
    poisoned = clone(attack).fit_poison(frame, pd.Series(y, name="label"))
    assert list(poisoned.X.columns) == list(frame.columns)
    assert poisoned.y.name == "label"


def test_the_influence_is_that_of_a_small_move():
    """Compared with machines of the smoothed loss that are trained anew."""
    rng = np.random.default_rng(0)
    signs = np.resize([-1.0, 1.0], 60)
    rows = with_one(rng.normal(size=(60, 3)) + signs[:, None])
    svm = LinearSVM(rows, signs, rows[:30], signs[:30], 0.05)
    points, labels, copies = rng.normal(size=(2, 3)), np.array([-1.0, 1]), [3, 5]

    def theta_of(points):
        return smooth_machine(svm, with_one(points), labels, np.array(copies))

    def loss(points):
        margins = svm.signs_val * (svm.rows_val @ theta_of(points))
        return np.mean(0.1 * np.logaddexp(0, (1 - margins) / 0.1))

    gradients = influence_gradients(svm, theta_of(points), points, labels, copies)
    for i, n_copies in enumerate(copies):
        moves = 1e-4 * np.eye(3)
        differences = []
        for move in moves:
            there, back = points.copy(), points.copy()
            there[i] += move
            back[i] -= move
            differences.append((loss(there) - loss(back)) / 2e-4)
        share = n_copies / (len(rows) + sum(copies))
        assert_allclose(share * gradients[i], differences, rtol=2e-2, atol=1e-6)


def smooth_machine(svm, poison, labels, copies):
    from scipy.optimize import minimize

    rows, signs = np.vstack([svm.rows, poison]), np.append(svm.signs, labels)
    weight = np.append(np.ones(len(svm.rows)), copies)
    weight = weight / weight.sum()

    def objective(theta):
        margins = signs * (rows @ theta)
        loss = weight @ (0.1 * np.logaddexp(0, (1 - margins) / 0.1))
        slope = -weight * signs / (1 + np.exp(-(1 - margins) / 0.1))
        return loss + svm.alpha * theta @ theta / 2, slope @ rows + svm.alpha * theta

    start = np.zeros(rows.shape[1])
    return minimize(objective, start, jac=True, tol=1e-12).x


def test_three_classes_are_refused():
    X, y = load_digits(return_X_y=True)
    with pytest.raises(ValueError, match="two classes; y holds 10"):
        KKTAttack().fit_poison(X, y)


def test_validation_rows_without_labels_are_refused():
    X, y = breast_cancer()
    with pytest.raises(ValueError, match="X_val and y_val together"):
        KKTAttack().fit_poison(X, y, X_val=X)


def test_unknown_validation_labels_are_refused():
    X, y = breast_cancer()
    with pytest.raises(ValueError, match="not seen during fit"):
        KKTAttack().fit_poison(X, y, X_val=X[:1], y_val=["unknown"])


def test_a_rate_that_is_no_row_is_refused():
    X, y = breast_cancer()
    with pytest.raises(ValueError, match="no poison row at all"):
        KKTAttack(rate=1e-5).fit_poison(X, y)
