"""A training that stops and goes on ends where one in a piece does."""

import numpy as np
import pytest
import torch
from sklearn.base import clone
from skorch import NeuralNetClassifier
from skorch.callbacks import Callback

from skpoison.defenses import AdversarialTrainingClassifier
from skpoison.embedding.networks import (
    AugmentedBatches,
    TriangularRate,
    make_fast_classifier,
)

from ..embedding._nets import ConvNet, classifier

N_EPOCHS = 4


class StopAfter(Callback):
    """Ends the process, as far as the test can tell, after so many epochs."""

    # Not a parameter, which would make it another training.
    n_epochs = None

    def on_epoch_begin(self, net, **kwargs):
        if len(net.history) - 1 == self.n_epochs:
            raise RuntimeError("The power went out.")


def augmented():
    """With dropout, batch statistics, momentum, moved images, and a falling rate."""
    return NeuralNetClassifier(
        ConvNet,
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.SGD,
        optimizer__momentum=0.9,
        lr=0.1,
        batch_size=12,
        iterator_train=AugmentedBatches,
        train_split=None,
        callbacks=[("rate", TriangularRate()), ("stop", StopAfter())],
    )


def shuffled():
    net = classifier(64, 10, iterator_train__shuffle=True, batch_size=12)
    return net.set_params(callbacks=[("stop", StopAfter())])


def whitening():
    net = make_fast_classifier(10, in_channels=1, batch_size=12)
    return net.set_params(callbacks=[*net.callbacks, ("stop", StopAfter())])


def rows(net):
    rng = np.random.default_rng(0)
    shape = {"MLP": (64,), "ConvNet": (1, 8, 8)}.get(net.module.__name__, (1, 12, 12))
    return rng.random((40, *shape), dtype=np.float32), np.arange(40) % 10


def model(make, path=None):
    net = make().set_params(max_epochs=N_EPOCHS)
    return AdversarialTrainingClassifier(
        net, n_steps=2, random_state=0, checkpoint=path
    )


def stop(model, X, y, n_epochs, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(StopAfter, "n_epochs", n_epochs)
        with pytest.raises(RuntimeError, match="power"):
            clone(model).fit(X, y)


def weights(model):
    return model.module_.state_dict()


def assert_same(first, second):
    for ours, theirs in zip(weights(first).values(), weights(second).values()):
        assert torch.equal(ours, theirs)
    assert first.net_.history[:, "train_loss"] == second.net_.history[:, "train_loss"]


@pytest.mark.parametrize("make", [augmented, shuffled, whitening])
def test_a_resumed_training_gives_the_network_of_one_in_a_piece(
    make, tmp_path, monkeypatch
):
    path = tmp_path / "state"
    X, y = rows(make())
    whole = model(make).fit(X, y)
    resumed = model(make, path)
    stop(resumed, X, y, 1, monkeypatch)
    stop(resumed, X, y, 3, monkeypatch)
    assert_same(resumed.fit(X, y), whole)
    assert_same(resumed.fit(X, y), whole)
    assert [file.name for file in tmp_path.iterdir()] == ["state"]
    assert {"notify", "get_iterator"}.isdisjoint(vars(resumed.net_))


def test_the_state_holds_no_code(tmp_path):
    path = tmp_path / "state"
    model(augmented, path).fit(*rows(augmented()))
    assert torch.load(path, weights_only=True)["net"].keys() == {
        "module_",
        "criterion_",
        "optimizer_",
    }


def test_the_state_of_another_training_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "state"
    first = model(shuffled, path)
    X, y = rows(shuffled())
    stop(first, X, y, 2, monkeypatch)
    for other in ({"eps": 0.1}, {"random_state": 1}, {"net__lr": 0.5}):
        with pytest.raises(ValueError, match="belongs to a training with other rows"):
            clone(first).set_params(**other).fit(X, y)
    with pytest.raises(ValueError, match="Remove the file to start anew"):
        clone(first).fit(1 - X, y)


def test_a_checkpoint_needs_a_random_state(tmp_path):
    with pytest.raises(ValueError, match="checkpoint needs a random_state"):
        model(shuffled, tmp_path / "state").set_params(random_state=None).fit(
            *rows(shuffled())
        )
