"""The gradient attack on the fine-tuning of a network."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import train_test_split
from skorch import NeuralNetClassifier
from torch import nn

from skpoison.attacks import GradientPoisoningAttack
from skpoison.attacks._gradient._fine_tuning import FineTuning
from skpoison.attacks._gradient._victim import Victim
from skpoison.embedding import MLP

from ._callbacks import EndsAfter

CPU = torch.device("cpu")
LOGITS = {"criterion": nn.CrossEntropyLoss, "verbose": 0}


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    return train_test_split(X, y, test_size=0.3, random_state=0, stratify=y)


@pytest.fixture(scope="module")
def net(digits):
    X, _, y, _ = digits
    torch.manual_seed(0)
    net = NeuralNetClassifier(
        MLP(64, 10, hidden=(64,)),
        optimizer=torch.optim.Adam,
        lr=3e-3,
        max_epochs=30,
        train_split=None,
        **LOGITS,
    )
    return net.fit(X, y)


@pytest.fixture(scope="module")
def few(digits):
    """Rows enough for tests of anything but strength."""
    X, _, y, _ = digits
    return X[:100], y[:100]


def quick(net, **params):
    options = {"n_poisons": 5, "inner_steps": 2, "max_iter": 2, "random_state": 0}
    return GradientPoisoningAttack(net, device="cpu", **{**options, **params})


def accuracy_after(attack, X, y, X_test, y_test):
    victim = attack.fine_tune(X, y)
    with torch.no_grad():
        answers = victim(torch.tensor(X_test)).argmax(dim=1).numpy()
    return np.mean(attack.classes_[answers] == y_test)


def clean_loss(net, X, y):
    with torch.no_grad():
        logits = net.module_(torch.tensor(X))
        return nn.functional.cross_entropy(logits, torch.tensor(y)).item()


def test_twenty_points_break_ten_steps_of_fine_tuning(digits, net):
    X, X_test, y, y_test = digits
    assert net.score(X_test, y_test) > 0.95
    attack = GradientPoisoningAttack(net, n_poisons=20, device="cpu", random_state=0)
    poisoned = attack.fit_poison(X, y)
    initial = attack.initial_data_
    before = accuracy_after(
        attack, initial.X[initial.is_poison], attack.y_poison_, X_test, y_test
    )
    after = accuracy_after(attack, attack.X_poison_, attack.y_poison_, X_test, y_test)
    assert 0.5 < before < 0.85
    assert after < 0.35
    assert poisoned.X[poisoned.is_poison].min() >= 0
    assert poisoned.X[poisoned.is_poison].max() <= 1


def small_fine_tuning(module, x, labels, **options):
    victim = Victim(module.double(), CPU)
    return FineTuning(victim, x, labels, **{"n_steps": 3, "lr": 0.1, **options})


SMOOTH = {
    "vectors": (
        lambda: nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3)),
        (6,),
    ),
    "images, batch norm, dropout": (
        lambda: nn.Sequential(
            nn.Conv2d(1, 2, 3),
            nn.BatchNorm2d(2),
            nn.Softplus(),
            nn.Dropout(0.5),
            nn.Flatten(),
            nn.Linear(18, 3),
        ),
        (1, 5, 5),
    ),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_the_gradient_equals_finite_differences(name):
    build, shape = SMOOTH[name]
    random = torch.Generator().manual_seed(0)
    judged = torch.rand((30, *shape), generator=random, dtype=torch.float64)
    labels = torch.randint(3, (30,), generator=random)
    x = torch.rand((4, *shape), generator=random, dtype=torch.float64)
    wrong = torch.tensor([0, 1, 2, 0])
    tuning = small_fine_tuning(build(), judged, labels)
    _, gradient = tuning.harm_after(x, wrong)
    expected = torch.zeros_like(x)
    for i in range(x.numel()):
        nudge = torch.zeros(x.numel(), dtype=torch.float64)
        nudge[i] = 1e-5
        nudge = nudge.reshape(x.shape)
        above, below = (tuning.harm_after(x + s * nudge, wrong)[0] for s in (1, -1))
        expected.view(-1)[i] = (above - below) / 2e-5
    torch.testing.assert_close(gradient, expected, rtol=1e-5, atol=1e-9)
    clear = expected.abs() > 1e-8
    assert clear.sum() > 0.9 * x.numel()
    assert torch.equal(gradient[clear].sign(), expected[clear].sign())


def test_many_judged_rows_are_taken_by_parts(monkeypatch):
    build, shape = SMOOTH["vectors"]
    module = build()
    judged = torch.rand((30, *shape), dtype=torch.float64)
    labels = torch.arange(30) % 3
    x, wrong = judged[:4].clone(), torch.tensor([2, 0, 1, 0])
    whole = small_fine_tuning(module, judged, labels).harm_after(x, wrong)
    monkeypatch.setattr("skpoison.attacks._gradient._fine_tuning._CHUNK", 7)
    parts = small_fine_tuning(module, judged, labels).harm_after(x, wrong)
    assert parts[0] == pytest.approx(whole[0], abs=1e-12)
    torch.testing.assert_close(parts[1], whole[1])


def test_the_steps_are_those_of_torch(net, few):
    X, y = few
    attack = quick(net, inner_steps=4, inner_lr=0.3)
    attack.fit_poison(X, y)
    ours = attack.fine_tune(X, y).state_dict()
    module = MLP(64, 10, hidden=(64,))
    module.load_state_dict(net.module_.state_dict())
    optimizer = torch.optim.SGD(module.parameters(), lr=0.3)
    for _ in range(4):
        optimizer.zero_grad()
        nn.functional.cross_entropy(module(torch.tensor(X)), torch.tensor(y)).backward()
        optimizer.step()
    for name, values in module.state_dict().items():
        torch.testing.assert_close(ours[name], values)


def test_the_generative_attack_learns_from_the_exact_gradient(digits, net):
    X, X_test, y, y_test = digits
    accuracy = {}
    for feedback in ("exact", "heuristic"):
        attack = GradientPoisoningAttack(
            net,
            method="generative",
            feedback=feedback,
            n_poisons=20,
            device="cpu",
            random_state=0,
        )
        attack.fit_poison(X, y)
        accuracy[feedback] = accuracy_after(
            attack, attack.X_poison_, attack.y_poison_, X_test, y_test
        )
    assert accuracy["exact"] < 0.35
    assert accuracy["heuristic"] > 0.6


@pytest.mark.parametrize("method", ["direct", "generative"])
@pytest.mark.parametrize("feedback", ["exact", "heuristic"])
def test_the_seed_alone_decides(net, few, method, feedback):
    X, y = few

    def poison(seed, order=slice(None)):
        attack = quick(net, method=method, feedback=feedback, random_state=seed)
        attack.fit_poison(X[order], y[order])
        return attack.X_poison_

    assert np.array_equal(poison(0), poison(0))
    assert np.array_equal(poison(0), poison(0, slice(None, None, -1)))
    assert not np.array_equal(poison(0), poison(1))


def test_the_poison_does_more_harm_than_wrong_labels_alone(net, few):
    attack = quick(net, max_iter=5)
    attack.fit_poison(*few)
    assert attack.clean_loss_ < attack.initial_loss_ < attack.loss_
    assert attack.loss_curve_[0] == pytest.approx(attack.initial_loss_)
    assert attack.loss_ == attack.loss_curve_.max()
    assert len(attack.loss_curve_) == attack.n_iter_ + 1 == 6


def test_the_initial_points_are_training_rows_with_the_next_label(net, few):
    X, y = few
    attack = quick(net)
    poisoned = attack.fit_poison(X, y)
    initial = attack.initial_data_
    assert np.array_equal(initial.y, poisoned.y)
    for row, label in zip(initial.X[initial.is_poison], attack.y_poison_):
        (source,) = np.flatnonzero((row == X).all(axis=1))
        assert label == (y[source] + 1) % 10
    assert np.abs(poisoned.X - initial.X).max() <= 2 * attack.step + 1e-6


def test_labels_of_ones_choice_go_to_rows_with_others(net, few):
    X, y = few
    attack = quick(net, y_poison=[3, 3, 3, 1, 0])
    attack.fit_poison(X, y)
    assert attack.y_poison_.tolist() == [3, 3, 3, 1, 0]
    initial = attack.initial_data_
    for row, label in zip(initial.X[initial.is_poison], attack.y_poison_):
        assert y[np.flatnonzero((row == X).all(axis=1))[0]] != label
    with pytest.raises(ValueError, match="must hold 5 labels"):
        quick(net, y_poison=[1, 2]).fit_poison(X, y)
    with pytest.raises(ValueError, match=r"y_poison holds labels .* classes: \[17\]"):
        quick(net, y_poison=[17, 2, 2, 2, 2]).fit_poison(X, y)


def test_random_labels_are_wrong(net, few):
    X, y = few
    attack = quick(net, y_poison="random", n_poisons=40)
    attack.fit_poison(X, y)
    initial = attack.initial_data_
    own = [
        y[np.flatnonzero((row == X).all(axis=1))[0]]
        for row in initial.X[initial.is_poison]
    ]
    assert not np.any(own == attack.y_poison_)
    assert len(set((attack.y_poison_ - own) % 10)) > 4


def test_words_as_labels_and_data_frames(net, few):
    X, y = few
    words = np.array(list("abcdefghij"))[y]
    frame = pd.DataFrame(X, columns=[f"pixel {i}" for i in range(64)])
    poisoned = quick(net).fit_poison(frame, pd.Series(words))
    expected = quick(net).fit_poison(X, y)
    assert list(poisoned.X.columns) == list(frame.columns)
    assert np.array_equal(poisoned.X, expected.X)
    assert poisoned.y.tolist() == np.array(list("abcdefghij"))[expected.y].tolist()


def test_classes_come_in_the_order_of_the_outputs(net, few):
    X, y = few
    words = np.array(list("jihgfedcba"))
    attack = quick(net, classes=list(words))
    attack.fit_poison(X, words[y])
    assert attack.clean_loss_ == pytest.approx(clean_loss(net, X, y), rel=1e-5)


def test_classes_that_y_lacks_have_to_be_named(net, few):
    X, y = few
    some = y < 5
    with pytest.raises(ValueError, match=r"\(2, 5\) for 2 rows .* it gives \(2, 10\)"):
        quick(net).fit_poison(X[some], y[some])
    attack = quick(net, classes=range(10))
    attack.fit_poison(X[some], y[some])
    assert set(attack.y_poison_) <= {1, 2, 3, 4, 5}
    with pytest.raises(ValueError, match=r"y holds labels .* classes: \[9\]"):
        quick(net, classes=range(9)).fit_poison(X, y)


def test_the_harm_is_measured_on_the_validation_rows(net, digits, few):
    _, X_test, _, y_test = digits
    attack = quick(net)
    attack.fit_poison(*few, X_val=X_test, y_val=y_test)
    assert attack.clean_loss_ == pytest.approx(
        clean_loss(net, X_test, y_test), rel=1e-5
    )
    with pytest.raises(ValueError, match="both X_val and y_val"):
        attack.fit_poison(*few, X_val=X_test)


def test_a_skorch_net_may_give_probabilities(net, few):
    X, y = few
    module = nn.Sequential(net.module_, nn.Softmax(dim=1))
    probabilities = NeuralNetClassifier(module, verbose=0).initialize()
    ours, expected = quick(probabilities), quick(net.module_)
    ours.fit_poison(X, y)
    expected.fit_poison(X, y)
    assert np.allclose(ours.loss_curve_, expected.loss_curve_, rtol=1e-4)


def test_the_network_is_left_as_it_was(net, few):
    module = net.module_.train()
    before = {name: values.clone() for name, values in module.state_dict().items()}
    attack = quick(module)
    attack.fit_poison(*few)
    attack.fine_tune(*few)
    assert module.training
    for name, values in module.state_dict().items():
        assert torch.equal(values, before[name])


def test_frozen_layers_are_not_fine_tuned(net, few):
    module = MLP(64, 10, hidden=(64,))
    module.load_state_dict(net.module_.state_dict())
    module.body.requires_grad_(False)
    attack = quick(module)
    attack.fit_poison(*few)
    tuned = attack.fine_tune(*few)
    assert torch.equal(tuned.body[0].weight, module.body[0].weight)
    assert not torch.equal(tuned.head.weight, module.head.weight)
    module.requires_grad_(False)
    with pytest.raises(ValueError, match="No parameter of net requires a gradient"):
        attack.fit_poison(*few)


def test_networks_that_cannot_be_attacked(few):
    X, y = few
    with pytest.raises(TypeError, match="net is of type str"):
        quick("net").fit_poison(X, y)
    with pytest.raises(ValueError, match="This skorch net has no weights"):
        quick(NeuralNetClassifier(MLP(64, 10), **LOGITS)).fit_poison(X, y)
    with pytest.raises(ValueError, match="net cannot take rows of shape"):
        quick(nn.Linear(63, 10)).fit_poison(X, y)


def test_a_loss_that_is_not_finite_is_an_error(net, few):
    with pytest.raises(ValueError, match=r"not finite after step 0: lower inner_lr"):
        quick(net, inner_lr=1e30).fit_poison(*few)


def test_rows_outside_the_bounds_are_refused(net, few):
    X, y = few
    with pytest.raises(ValueError, match="scale X into the bounds"):
        quick(net).fit_poison(16 * X, y)
    attack = quick(net, bounds=(0, 16), max_iter=4, step=8)
    attack.fit_poison(16 * X, y)
    assert attack.X_poison_.max() == 16


def test_one_way_to_say_how_many(net, few):
    with pytest.raises(ValueError, match="Give either rate"):
        quick(net, rate=0.1).fit_poison(*few)
    assert quick(net, rate=0.1, n_poisons=None).fit_poison(*few).is_poison.sum() == 10


def test_fine_tune_needs_the_classes(net, few):
    with pytest.raises(NotFittedError, match="Call fit_poison first"):
        quick(net).fine_tune(*few)


@pytest.mark.parametrize("method", ["direct", "generative"])
def test_an_interrupted_attack_is_not_fitted(net, few, method):
    attack = quick(net, method=method, max_iter=9)
    attack.set_callbacks(EndsAfter(2, by_error=True))
    with pytest.raises(KeyboardInterrupt):
        attack.fit_poison(*few)
    assert not [name for name in vars(attack) if name.endswith("_")]


def test_a_callback_can_end_the_steps(net, few):
    attack = quick(net, max_iter=9).set_callbacks(EndsAfter(3))
    attack.fit_poison(*few)
    assert attack.n_iter_ == 3
