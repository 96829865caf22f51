"""What holds for every clean-label attack."""

from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.utils import check_random_state

from skpoison.embedding import NetEmbedding

from ._clean_label import ATTACKS, make
from ._transfer import digits, features, targets


@pytest.fixture
def d():
    return digits()


@pytest.fixture(params=ATTACKS)
def name(request):
    return request.param


def relative_distance(X, target, extractor):
    rows, goal = features(extractor, X), features(extractor, target[None])
    return torch.linalg.vector_norm(rows - goal, dim=1) / torch.linalg.vector_norm(goal)


def test_targets_do_not_influence_each_other(d, name):
    attack, X_targets = make(name, d.extractor), targets(3, n=4)
    together = attack.craft(d.X, d.y, X_targets)
    loss, bases = attack.loss_, attack.base_indices_
    for i in range(4):
        alone = attack.craft(d.X, d.y, X_targets[i : i + 1])
        assert_allclose(alone[0], together[i], atol=1e-5)
        assert_allclose(attack.loss_[0], loss[i], rtol=1e-4)
        assert_array_equal(attack.base_indices_[0], bases[i])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_poisons_are_valid_rows_of_the_type_of_X(d, name, dtype):
    X = d.X.astype(dtype)
    attack = make(name, d.extractor)
    poisons = attack.craft(X, d.y, targets(3, n=2).astype(dtype))
    assert poisons.shape == (2, 3, 64)
    assert poisons.dtype == dtype
    assert poisons.min() >= 0
    assert poisons.max() <= 1
    assert (d.y[attack.base_indices_] == 8).all()
    assert not np.allclose(poisons, X[attack.base_indices_], atol=0.01)


def test_crafting_lowers_the_objective_of_every_target(d, name):
    attack, X_targets = make(name, d.extractor, max_iter=1), targets(3)
    attack.craft(d.X, d.y, X_targets)
    at_first = attack.loss_
    attack.set_params(max_iter=60).craft(d.X, d.y, X_targets)
    assert (attack.loss_ < 0.5 * at_first).all()


def test_the_input_and_the_surrogate_are_left_as_they_were(d, name):
    extractor = deepcopy(d.extractor).train()
    extractor[0].weight.requires_grad_(False)
    state = deepcopy(extractor.state_dict())
    X, y, X_targets = d.X.copy(), d.y.copy(), targets(3, n=2).copy()
    for array in (X, y, X_targets):
        array.flags.writeable = False
    make(name, extractor).craft(X, y, X_targets)
    assert_array_equal(X, d.X)
    assert all(module.training for module in extractor.modules())
    assert [p.requires_grad for p in extractor.parameters()] == [False, *[True] * 3]
    assert all(p.grad is None for p in extractor.parameters())
    for key, value in extractor.state_dict().items():
        assert torch.equal(value, state[key])


def test_repetition_gives_the_same_and_no_random_state_is_touched(d, name):
    attack = make(name, d.extractor, bases="random", random_state=3)
    global_numpy = check_random_state(None)
    torch_state, numpy_state = torch.get_rng_state(), global_numpy.get_state()[1]
    first = attack.craft(d.X, d.y, targets(3, n=2))
    bases = attack.base_indices_
    assert_array_equal(attack.craft(d.X, d.y, targets(3, n=2)), first)
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert_array_equal(global_numpy.get_state()[1], numpy_state)
    attack.set_params(random_state=4).craft(d.X, d.y, targets(3, n=2))
    assert (attack.base_indices_ != bases).any()


def test_the_order_of_the_rows_does_not_matter(d, name):
    attack, order = make(name, d.extractor), np.random.RandomState(0).permutation(300)
    expected = attack.craft(d.X, d.y, targets(3, n=2))
    bases = attack.base_indices_
    poisons = attack.craft(d.X[order], d.y[order], targets(3, n=2))
    assert_array_equal(order[attack.base_indices_], bases)
    assert_allclose(poisons, expected, atol=1e-5)


def test_appended_poison_comes_last_with_the_poison_label(d, name):
    names = np.array([f"digit {label}" for label in d.y])
    attack = make(name, d.extractor, poison_class="digit 8")
    X, y, is_poison = attack.fit_poison(d.X, names, targets(3)[0])
    assert X.shape == (303, 64)
    assert X.dtype == np.float32
    assert_array_equal(X[:300], d.X)
    assert_array_equal(y, [*names, *["digit 8"] * 3])
    assert_array_equal(np.flatnonzero(is_poison), [300, 301, 302])
    assert_array_equal(attack.poison_indices_, [300, 301, 302])
    assert_array_equal(attack.X_poison_, X[300:])
    assert_array_equal(attack.y_poison_, ["digit 8"] * 3)
    assert_array_equal(X[300:], attack.craft(d.X, names, targets(3)[:1])[0])


def test_replacing_poison_takes_the_place_of_its_bases(d, name):
    attack = make(name, d.extractor, insert="replace")
    X, y, is_poison = attack.fit_poison(d.X, d.y, targets(3)[:1])
    bases = attack.base_indices_[0]
    assert_array_equal(y, d.y)
    assert_array_equal(attack.poison_indices_, bases)
    assert_array_equal(np.sort(bases), np.flatnonzero(is_poison))
    assert_array_equal(X[~is_poison], d.X[~is_poison])
    assert (X[bases] != d.X[bases]).any(axis=1).all()
    assert_array_equal(attack.X_poison_, X[bases])


@pytest.mark.parametrize("insert", ["append", "replace"])
def test_frames_are_poisoned_as_frames(d, name, insert):
    X = pd.DataFrame(d.X, columns=[f"pixel {i}" for i in range(64)])
    y = pd.Series(d.y, name="digit")
    attack = make(name, d.extractor, insert=insert)
    poisoned = attack.fit_poison(X, y, targets(3)[0])
    expected = attack.fit_poison(d.X, d.y, targets(3)[0])
    pd.testing.assert_frame_equal(
        poisoned.X, pd.DataFrame(expected.X, columns=X.columns)
    )
    pd.testing.assert_series_equal(poisoned.y, pd.Series(expected.y, name="digit"))


def test_nearest_bases_are_the_nearest_in_feature_space(d, name):
    attack = make(name, d.extractor, max_iter=1)
    X_targets = targets(3, n=3)
    attack.craft(d.X, d.y, X_targets)
    for bases, target in zip(attack.base_indices_, X_targets):
        distance = relative_distance(d.X, target, d.extractor).numpy()
        distance[d.y != 8] = np.inf
        assert_array_equal(bases, np.argsort(distance)[:3])


def test_reachable_bases_are_those_that_come_nearest_alone(d, name):
    attack = make(name, d.extractor, bases="reachable", max_iter=30)
    X_targets = targets(3, n=2)
    attack.craft(d.X, d.y, X_targets)
    for bases, target in zip(attack.base_indices_, X_targets):
        distance = relative_distance(d.X, target, d.extractor).numpy()
        distance[d.y != 8] = np.inf
        tried = np.argsort(distance)[:12]
        alone = make(name, d.extractor, n_poisons=1, bases=tried[:, None], max_iter=10)
        alone.craft(d.X, d.y, np.repeat(target[None], 12, axis=0))
        assert_array_equal(bases, tried[np.argsort(alone.loss_.ravel())[:3]])


def test_reachable_bases_of_a_class_of_few_rows(d, name):
    rows = np.flatnonzero(d.y == 8)[3:]
    X, y = np.delete(d.X, rows, axis=0), np.delete(d.y, rows)
    attack = make(name, d.extractor, bases="reachable", max_iter=2)
    attack.craft(X, y, targets(3, n=2))
    assert_array_equal(np.sort(attack.base_indices_), [np.flatnonzero(y == 8)] * 2)


def test_first_and_given_bases(d, name):
    first = np.flatnonzero(d.y == 8)[:3]
    attack = make(name, d.extractor, bases="first", max_iter=1)
    attack.craft(d.X, d.y, targets(3, n=2))
    assert_array_equal(attack.base_indices_, [first, first])
    attack.set_params(bases=first[::-1]).craft(d.X, d.y, targets(3, n=2))
    assert_array_equal(attack.base_indices_, [first[::-1], first[::-1]])
    given = np.array([first, first[::-1]])
    attack.set_params(bases=given).craft(d.X, d.y, targets(3, n=2))
    assert_array_equal(attack.base_indices_, given)


def test_images_and_an_ensemble_of_different_networks(d, name):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        convolution = torch.nn.Sequential(
            torch.nn.Conv2d(1, 8, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2)
        )
    flat = torch.nn.Sequential(torch.nn.Flatten(), d.extractor)
    X, X_targets = d.X.reshape(-1, 1, 8, 8), targets(3, n=2).reshape(-1, 1, 8, 8)
    attack = make(name, [convolution.double(), flat])
    poisons = attack.craft(X, d.y, X_targets)
    assert poisons.shape == (2, 3, 1, 8, 8)
    alone = make(name, flat).craft(X, d.y, X_targets)
    twice = make(name, [flat, flat])
    assert_allclose(twice.craft(X, d.y, X_targets), alone, atol=1e-5)
    assert np.abs(poisons - alone).max() > 0.01


class Flattening(torch.nn.Module):
    """Fails on channels-last images, as many modules do."""

    def __init__(self, convolution):
        super().__init__()
        self.convolution = convolution

    def forward(self, x):
        return self.convolution(x).view(len(x), -1)


def test_modules_that_need_contiguous_images_count_as_those_that_do_not(d, name):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        convolution = torch.nn.Conv2d(2, 8, 3)
    X, X_targets = d.X.reshape(-1, 2, 4, 8), targets(3, n=2).reshape(-1, 2, 4, 8)
    with pytest.raises(RuntimeError, match="view"):
        Flattening(convolution)(
            torch.tensor(X).contiguous(memory_format=torch.channels_last)
        )
    assert_allclose(
        make(name, Flattening(convolution)).craft(X, d.y, X_targets),
        make(name, convolution).craft(X, d.y, X_targets),
        atol=1e-5,
    )


def test_an_embedding_counts_as_the_network_it_holds(d, name):
    net = torch.nn.Sequential(d.extractor, d.head)
    embedding = NetEmbedding(net, frozen=True).fit(d.X, d.y)
    assert_allclose(
        make(name, embedding).craft(d.X, d.y, targets(3, n=2)),
        make(name, d.extractor).craft(d.X, d.y, targets(3, n=2)),
        atol=1e-5,
    )


def test_crafting_needs_no_gradients_switched_on(d, name):
    attack = make(name, d.extractor)
    expected = attack.craft(d.X, d.y, targets(3, n=1))
    with torch.no_grad():
        assert_array_equal(attack.craft(d.X, d.y, targets(3, n=1)), expected)


def test_clones_craft_the_same(d, name):
    attack = make(name, [d.extractor])
    expected = attack.craft(d.X, d.y, targets(3, n=1))
    assert_array_equal(clone(attack).craft(d.X, d.y, targets(3, n=1)), expected)


def test_verbose_prints_the_loss(d, name, capsys):
    make(name, d.extractor, verbose=1, max_iter=101).craft(d.X, d.y, targets(3, n=1))
    assert "step 100: mean loss" in capsys.readouterr().out


class Detached(torch.nn.Module):
    def forward(self, x):
        return x.detach()


class Pair(torch.nn.Module):
    def forward(self, x):
        return x, x


class Overflow(torch.nn.Module):
    def forward(self, x):
        return (100 * x + 1).exp().exp()


class Zero(torch.nn.Module):
    def forward(self, x):
        return 0 * x


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"poison_class": 11}, ValueError, "poison_class=11 is not among"),
        ({"poison_class": "eight"}, ValueError, "poison_class='eight' is not among"),
        ({"n_poisons": 31}, ValueError, "class 8 has 30 rows"),
        ({"bases": [0, 1]}, ValueError, r"bases must hold n_poisons=3 .* \(2,\)"),
        ({"bases": [0, 1, 2]}, ValueError, "bases must be indices of rows of class 8"),
        ({"bases": [0.5, 1, 2]}, ValueError, "got float64"),
        ({"bases": [8, 8, 8]}, ValueError, "must not name a row twice"),
        ({"bases": "far"}, ValueError, "'bases' parameter"),
        ({"insert": "prepend"}, ValueError, "'insert' parameter"),
        ({"max_iter": 0}, ValueError, "'max_iter' parameter"),
        ({"device": "abacus"}, ValueError, "device='abacus'"),
        ({"surrogates": []}, ValueError, "empty list"),
        ({"surrogates": np.mean}, TypeError, r"surrogates\[0\] is of type"),
        ({"surrogates": Detached()}, ValueError, "without a gradient"),
        ({"surrogates": [Pair()]}, ValueError, "returned a tuple"),
        ({"surrogates": Overflow()}, ValueError, "not finite"),
        ({"surrogates": Zero()}, ValueError, "all zero"),
    ],
)
def test_what_cannot_be_attacked_is_said(d, name, params, error, message):
    attack = make(name, d.extractor).set_params(**params)
    with pytest.raises(error, match=message):
        attack.craft(d.X, d.y, targets(3, n=2))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X, y, t: (X * 255, y, t), r"X holds .* outside \[0, 1\]"),
        (lambda X, y, t: (X, y, t - 0.5), "X_targets holds values from"),
        (lambda X, y, t: (np.where(X > 0.9, np.nan, X), y, t), "NaN"),
        (lambda X, y, t: (X, y[1:], t), "inconsistent numbers of samples"),
        (lambda X, y, t: (X, y, t[:, 1:]), "rows of shape"),
    ],
)
def test_unusable_rows_are_said(d, name, change, message):
    X, y, X_targets = change(d.X, d.y, targets(3, n=2))
    with pytest.raises(ValueError, match=message):
        make(name, d.extractor).craft(X, y, X_targets)


def test_values_a_hair_outside_the_bounds_are_taken(d, name):
    """The poisons keep the bounds, and are those of the values within them."""
    attack = make(name, d.extractor)
    X, X_targets = d.X.copy(), targets(3, n=2)
    X[X >= 1] = np.nextafter(np.float32(1), np.float32(2))
    assert X.max() > 1
    poisons = attack.craft(X, d.y, X_targets)
    assert_array_equal(poisons, attack.craft(np.clip(X, 0, 1), d.y, X_targets))
    assert 0 <= poisons.min() <= poisons.max() <= 1


def test_fit_poison_takes_one_target(d, name):
    with pytest.raises(ValueError, match="use craft"):
        make(name, d.extractor).fit_poison(d.X, d.y, targets(3, n=2))
