"""How the whitening net trains: batches, learning rate, lookahead, whitening."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_digits
from skorch import NeuralNetClassifier
from skorch.callbacks import Callback
from skorch.dataset import Dataset
from torch import nn

from skpoison._torch.seeding import seeded
from skpoison.embedding import MLP, NetEmbedding
from skpoison.embedding.networks import WhiteningNet, make_fast_classifier
from skpoison.embedding.networks._batches import AugmentedBatches, shifted
from skpoison.embedding.networks._callbacks import Lookahead, TriangularRate


def numbered_images(n=10, side=6):
    """Image i holds the numbers from i side^2 on, one per pixel, in two channels."""
    X = np.arange(n * side * side, dtype=np.float32).reshape(n, 1, side, side)
    return np.concatenate([X, -X], axis=1)


def batches(X, seed=0, **params):
    generator = torch.Generator().manual_seed(seed)
    return AugmentedBatches(
        Dataset(X, np.arange(len(X))), generator=generator, **params
    )


def test_each_epoch_holds_each_row_at_most_once_in_full_batches():
    X = numbered_images(n=11)
    loader = batches(X, batch_size=4)
    assert len(loader) == 2
    epochs = [[target for _, target in loader] for _ in range(8)]
    assert all(len(target) == 4 for epoch in epochs for target in epoch)
    rows = [torch.cat(epoch).tolist() for epoch in epochs]
    assert all(len(set(epoch)) == 8 for epoch in rows)
    assert len({tuple(epoch) for epoch in rows}) == 8
    assert set().union(*rows) == set(range(11))


def test_few_rows_make_one_batch():
    ((images, target),) = batches(numbered_images(n=3), batch_size=512)
    assert images.shape == (3, 2, 6, 6)
    assert sorted(target.tolist()) == [0, 1, 2]


def test_shifted_images_are_the_padded_image_seen_through_a_window():
    X = numbered_images(n=25)
    moves = [(down, right) for down in range(-2, 3) for right in range(-2, 3)]
    down, right = torch.tensor(moves).T
    moved = shifted(torch.as_tensor(X), down, right, reach=2).numpy()
    for image, (y, x), got in zip(X, moves, moved):
        padded = np.pad(image, [(0, 0), (2, 2), (2, 2)], mode="reflect")
        expected = padded[:, 2 - y : 8 - y, 2 - x : 8 - x]
        np.testing.assert_array_equal(got, expected)


def test_every_move_within_reach_occurs_and_none_beyond():
    X = numbered_images(n=600)
    (images, target), *_ = batches(X, batch_size=600, shift=1)
    found = set()
    for image, row in zip(images.numpy(), target):
        padded = np.pad(X[row], [(0, 0), (1, 1), (1, 1)], mode="reflect")
        both = {False: padded, True: padded[:, :, ::-1]}
        found |= {
            next(
                (mirrored, y, x)
                for mirrored, seen in both.items()
                for y in range(3)
                for x in range(3)
                if np.array_equal(image, seen[:, y : y + 6, x : x + 6])
            )
        }
    assert len(found) == 18


def test_each_image_is_mirrored_in_every_second_epoch():
    X = numbered_images(n=40)
    loader = batches(X, batch_size=40, shift=0)
    epochs = []
    for _ in range(4):
        ((images, target),) = loader
        mirrored = np.empty(40, dtype=bool)
        for image, row in zip(images.numpy(), target):
            mirrored[row] = not np.array_equal(image, X[row])
            expected = X[row][:, :, ::-1] if mirrored[row] else X[row]
            np.testing.assert_array_equal(image, expected)
        epochs.append(mirrored)
    assert all((a != b).all() for a, b in pairwise(epochs))
    assert 5 < epochs[0].sum() < 35


def test_batches_of_rows_that_are_no_images_say_so():
    with pytest.raises(ValueError, match="X must hold images"):
        next(iter(batches(np.zeros((4, 3), dtype=np.float32), batch_size=2)))


class Recorder(Callback):
    """Notes the learning rates of each step, and the weights before and after it."""

    def on_train_begin(self, net, **kwargs):
        self.rates, self.bias = [], []

    def on_batch_end(self, net, training=False, **kwargs):
        if training:
            self.rates.append([group["lr"] for group in net.optimizer_.param_groups])
            if hasattr(net.module_, "whitening"):
                self.bias.append(net.module_.whitening.bias.detach().clone())


def small_net(callbacks, **params):
    """A linear net on 40 rows: 10 steps in each epoch."""
    return NeuralNetClassifier(
        MLP,
        module__n_features=3,
        module__n_classes=2,
        module__hidden=(4,),
        criterion=nn.CrossEntropyLoss,
        batch_size=4,
        callbacks=callbacks,
        verbose=0,
        **{"max_epochs": 10, "train_split": None} | params,
    )


def small_data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(40, 3)).astype(np.float32), np.arange(40) % 2


def test_the_learning_rate_follows_a_triangle():
    recorder = Recorder()
    net = small_net([TriangularRate(), recorder], lr=2.0)
    with seeded(0, torch.device("cpu")):
        net.fit(*small_data())
    rates = np.array(recorder.rates)[:, 0]
    assert len(rates) == 100
    np.testing.assert_allclose(rates[0], 0.4)
    np.testing.assert_allclose(rates[23], 2.0)
    assert rates.argmax() == 23
    np.testing.assert_allclose(np.diff(rates[:24]), 2 * 0.8 / 23)
    np.testing.assert_allclose(np.diff(rates[23:]), -2 * 0.93 / 77)
    np.testing.assert_allclose(rates[99], 2 * (0.07 + 0.93 / 77))


def test_validation_takes_no_step():
    recorder = Recorder()
    rate = TriangularRate()
    with seeded(0, torch.device("cpu")):
        net = small_net([("rate", rate), ("recorder", recorder)], train_split=None)
        with_validation = clone(net).set_params(train_split=_split_in_half)
        with_validation.fit(*small_data())
    fitted = dict(with_validation.callbacks_)
    assert fitted["rate"].step_ == fitted["rate"].n_steps_ == 50
    assert len(fitted["recorder"].rates) == 50


def _split_in_half(dataset, y=None, **kwargs):
    halves = np.arange(0, 40, 2), np.arange(1, 40, 2)
    return tuple(torch.utils.data.Subset(dataset, half) for half in halves)


def test_a_second_run_starts_from_the_full_rate():
    net = small_net([("rate", TriangularRate()), ("recorder", Recorder())], lr=2.0)
    with seeded(0, torch.device("cpu")):
        net.fit(*small_data())
        first = dict(net.callbacks_)["recorder"].rates
        net.partial_fit(*small_data())
    assert dict(net.callbacks_)["recorder"].rates == first


class Drifting(nn.Module):
    """Its weight is moved by hand; its statistics are no weights."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(2))
        self.register_buffer("statistic", torch.zeros(2))
        self.register_buffer("count", torch.tensor(0))


class FakeNet:
    """As much of a skorch net as a callback looks at."""

    max_epochs = 5

    def __init__(self):
        self.module_ = Drifting()

    def get_iterator(self, dataset, training):
        assert training
        return range(5)


def test_lookahead_follows_its_update_rule():
    net, lookahead = FakeNet(), Lookahead(every=10, decay=0.8)
    lookahead.on_train_begin(net)
    lookahead.on_epoch_begin(net, dataset_train=None)
    fast = np.zeros(2)
    slow = None
    for step in range(1, 26):
        moved = torch.tensor([step, -1.0])
        with torch.no_grad():
            net.module_.weight += moved
            net.module_.statistic += moved
            net.module_.count += 1
        fast = fast + moved.numpy()
        lookahead.on_batch_end(net, training=False)
        lookahead.on_batch_end(net, training=True)
        if step in (10, 20, 25):
            decay = 0.8 * (step / 25) ** 3
            slow = fast if slow is None else decay * slow + (1 - decay) * fast
            fast = slow
        weights = net.module_.weight.detach().numpy()
        np.testing.assert_allclose(weights, fast, rtol=1e-5)
        np.testing.assert_allclose(net.module_.statistic.numpy(), fast, rtol=1e-5)
    assert net.module_.count == 25


def test_the_optimizer_moves_the_biases_of_the_normalizations_faster():
    net = make_fast_classifier().initialize()
    biases, rest = net.optimizer_.param_groups
    body = dict(net.module_.body.named_parameters())
    named = {id(weights) for name, weights in body.items() if name.endswith("bias")}
    assert {id(weights) for weights in biases["params"]} == named
    assert len(named) == 6
    # Per image of a summed loss: 11.5 / (1024 (1 + 1 / .15)).
    np.testing.assert_allclose(rest["lr"] / 512, 11.5 / 7850.6667, rtol=1e-6)
    np.testing.assert_allclose(biases["lr"], 64 * rest["lr"])
    for group in (biases, rest):
        decay = group["lr"] * group["weight_decay"]
        np.testing.assert_allclose(decay, 0.0153 * 512 / 7850.6667, rtol=1e-6)
        assert group["nesterov"]
        assert group["momentum"] == 0.85


def digit_images(n):
    X, y = load_digits(return_X_y=True)
    X = np.pad(X.reshape(-1, 1, 8, 8), [(0, 0), (0, 0), (1, 1), (1, 1)])
    return X[:n].astype(np.float32) / 16, y[:n]


def test_learns_digits_and_whitens_them():
    X, y = digit_images(700)
    torch_state = torch.get_rng_state()
    # The rate of batches of 512: few small ones would not get far.
    net = make_fast_classifier(10, in_channels=1, max_epochs=5)
    net.set_params(batch_size=50, iterator_train__shift=1)
    net.set_params(callbacks=[*net.callbacks, ("recorder", Recorder())])
    embedding = NetEmbedding(net, random_state=0, precision="float32").fit(
        X[:400], y[:400]
    )
    assert torch.equal(torch.get_rng_state(), torch_state)
    accuracy = (embedding.net_.predict(X[400:]) == y[400:]).mean()
    assert accuracy > 0.8
    expected = WhiteningNet(in_channels=1).whiten_(X[:400])
    trained = embedding.module_
    torch.testing.assert_close(trained.whitening.weight, expected.whitening.weight)
    torch.testing.assert_close(trained.mean, expected.mean)
    # The bias moves in the first 30 % of the 40 steps, then once more, when the slow
    # weights catch up with it after step 20.
    bias = dict(embedding.net_.callbacks_)["recorder"].bias
    moved = [step for step in range(2, 41) if (bias[step - 1] != bias[step - 2]).any()]
    assert moved == [*range(2, 13), 20]


def test_training_is_reproducible():
    X, y = digit_images(60)
    net = make_fast_classifier(10, in_channels=1, max_epochs=1, batch_size=20)
    features = [
        NetEmbedding(net, random_state=seed, precision="float32").fit_transform(X, y)
        for seed in (0, 0, 1)
    ]
    np.testing.assert_array_equal(features[0], features[1])
    assert np.abs(features[0] - features[2]).max() > 1e-3


def test_images_of_nine_pixels_are_the_smallest():
    net = WhiteningNet(in_channels=1)
    assert net(torch.zeros(2, 1, 9, 9)).shape == (2, 10)
    with pytest.raises(RuntimeError, match="too small"):
        net(torch.zeros(2, 1, 8, 8))
