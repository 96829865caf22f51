"""Adversarial training: what it withstands, and what it promises of its inputs."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from skorch import NeuralNetClassifier
from skorch.callbacks import InputShapeSetter

from skpoison.defenses import AdversarialTrainingClassifier
from skpoison.defenses._adversarial_training._pgd import worst_near
from skpoison.embedding import NetEmbedding
from skpoison.pipeline import make_pipeline

from .._checks import scikit_learn_checks
from ..embedding._nets import ConvNet, classifier

SETTINGS = {"eps": 0.15, "step_size": 0.05, "n_steps": 5, "random_state": 0}


@scikit_learn_checks(
    [
        AdversarialTrainingClassifier(
            classifier(
                n_classes=10, callbacks=[InputShapeSetter("n_features")], max_epochs=20
            ),
            bounds=(-1e9, 1e9),
            n_steps=1,
        )
    ],
    lambda estimator: {},
)
def test_scikit_learn(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return (X / 16).astype(np.float32), y


def net(**params):
    params = {"n_features": 64, "n_classes": 10, "hidden": (64,), "max_epochs": 15}
    return classifier(**params, lr=0.005)


@pytest.fixture(scope="module")
def robust(digits):
    X, y = digits
    return AdversarialTrainingClassifier(net(), **SETTINGS).fit(X[:900], y[:900])


def test_robust_accuracy_exceeds_that_of_ordinary_training(digits, robust):
    X, y = digits
    plain = clone(robust).set_params(eps=0.0).fit(X[:900], y[:900])
    plain.set_params(eps=0.15)
    rows, labels = X[900:1300], y[900:1300]
    robust_accuracy = [
        model.score(model.perturb(rows, labels), labels) for model in (plain, robust)
    ]
    assert plain.score(rows, labels) > 0.9
    assert robust.score(rows, labels) > 0.85
    assert robust_accuracy[1] > robust_accuracy[0] + 0.2


def test_perturbed_rows_are_near_within_bounds_and_worse(digits, robust):
    X, y = digits
    rows, labels = X[900:1100], y[900:1100]
    moved = robust.perturb(rows, labels)
    assert moved.dtype == np.float32
    assert np.abs(moved - rows).max() <= 0.15 + 1e-6
    assert moved.min() >= 0
    assert moved.max() <= 1
    of_label = np.arange(len(labels)), labels
    before, after = (robust.predict_proba(part)[of_label] for part in (rows, moved))
    assert after.mean() < before.mean() - 0.1
    assert_array_equal(moved, robust.perturb(rows, labels))


def test_the_ascent_finds_the_corner_of_a_linear_loss():
    X = torch.full((3, 4), 0.5)
    slope = torch.tensor([1.0, -2.0, 3.0, -0.5])
    found = worst_near(
        lambda x: (x @ slope).sum(),
        X,
        eps=0.6,
        step_size=0.2,
        n_steps=6,
        random_start=False,
        bounds=(0, 1),
    )
    assert torch.equal(found, (slope > 0).float().expand(3, 4))


def test_eps_of_zero_is_ordinary_training(digits):
    X, y = digits
    zero = AdversarialTrainingClassifier(net(), eps=0.0, random_state=3)
    zero.fit(X[:300], y[:300])
    features = NetEmbedding(net(), random_state=3).fit(X[:300], y[:300])
    for ours, theirs in zip(zero.module_.parameters(), features.module_.parameters()):
        assert torch.equal(ours, theirs)


def test_the_ascent_leaves_no_trace_on_running_statistics(digits):
    X, y = digits
    images = X[:100].reshape(-1, 1, 8, 8)
    one_step = NeuralNetClassifier(
        ConvNet,
        criterion=torch.nn.CrossEntropyLoss,
        max_epochs=1,
        batch_size=100,
        train_split=None,
        lr=0.0,
    )
    settings = {"eps": 1e-6, "random_start": False, "random_state": 0}
    moved = AdversarialTrainingClassifier(one_step, n_steps=5, **settings)
    still = AdversarialTrainingClassifier(one_step, **{**settings, "eps": 0.0})
    statistics = [
        model.fit(images, y[:100]).module_.norm.running_mean for model in (moved, still)
    ]
    torch.testing.assert_close(*statistics, rtol=1e-3, atol=1e-5)
    assert moved.perturb(images[:3], y[:3]).shape == (3, 1, 8, 8)


def test_the_net_makes_features_and_is_left_alone(digits, robust):
    X, _ = digits
    assert NetEmbedding(robust.net_, frozen=True).fit_transform(X[:20]).shape == (
        20,
        64,
    )
    assert not robust.net.initialized_
    assert {"infer", "train_step_single"}.isdisjoint(vars(robust.net_))


def test_repetition_words_and_torch_s_own_generator(digits):
    X, y = digits
    words = np.array([f"digit {label}" for label in y])
    model = AdversarialTrainingClassifier(net(), **SETTINGS).set_params(n_steps=1)
    before = torch.random.get_rng_state()
    first = clone(model).fit(X[:200], words[:200])
    assert torch.equal(torch.random.get_rng_state(), before)
    assert set(first.predict(X[200:300])) <= set(words)
    second = clone(model).fit(X[:200], y[:200])
    assert_array_equal(first.predict_proba(X[:50]), second.predict_proba(X[:50]))


def test_eps_can_be_searched_inside_a_pipeline(digits):
    X, y = digits
    model = make_pipeline(AdversarialTrainingClassifier(net(), n_steps=1))
    grid = {"adversarialtrainingclassifier__eps": [0.0, 0.05]}
    search = GridSearchCV(model, grid, cv=2).fit(X[:200], y[:200])
    assert search.predict(X[200:210]).shape == (10,)


def test_values_a_hair_outside_the_bounds_are_taken(digits, robust):
    X, y = digits
    outside = X[:50].astype(np.float32)
    outside[outside == 1] = np.nextafter(np.float32(1), np.float32(2))
    assert outside.max() > 1
    assert robust.perturb(outside, y[:50]).max() <= 1
    assert_array_equal(robust.predict(outside), robust.predict(X[:50]))
    assert clone(robust).fit(outside, y[:50]).bounds == (0, 1)


def test_bounds_are_two_numbers_the_lower_first(digits, robust):
    X, y = digits
    for bounds in ((1, 0), (0, 1, 2), ("low", "high")):
        with pytest.raises(ValueError, match="the lower first"):
            clone(robust).set_params(bounds=bounds).fit(X[:50], y[:50])


def test_unusable_input_is_refused(digits, robust):
    X, y = digits
    with pytest.raises(ValueError, match="divide bytes by 255"):
        clone(robust).fit(255 * X[:50], y[:50])
    with pytest.raises(ValueError, match=r"outside \[0, 1\]"):
        robust.predict(X[:5] - 1)
    with pytest.raises(ValueError, match="one class"):
        clone(robust).fit(X[:50], np.zeros(50))
    with pytest.raises(ValueError, match=r"not seen during fit: \[11\]"):
        robust.perturb(X[:2], [3, 11])
    with pytest.raises(ValueError, match="give its last layer"):
        clone(robust).set_params(net__module__n_classes=5).fit(X[:50], y[:50])
    with pytest.raises(ValueError, match="eps"):
        clone(robust).set_params(eps=-1.0).fit(X[:50], y[:50])
    with pytest.raises(ValueError, match="not finite"):
        clone(robust).set_params(net__lr=1e30).fit(X[:50], y[:50])
