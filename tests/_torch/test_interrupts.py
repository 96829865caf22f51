"""Ctrl-C ends a training with an interrupt, not with half a network."""

import signal

import numpy as np
import pytest
from sklearn.datasets import load_iris
from skorch.callbacks import Callback, EarlyStopping

from skpoison.defenses import AdversarialTrainingClassifier
from skpoison.embedding import NetEmbedding

from ..embedding._nets import classifier

X, y = load_iris(return_X_y=True)
X = (X / 8).astype(np.float32)


class CtrlC(Callback):
    def on_batch_end(self, net, **kwargs):
        if len(net.history) == 2:
            signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("kind", [NetEmbedding, AdversarialTrainingClassifier])
def test_an_interrupted_training_leaves_nothing_fitted(kind):
    before = signal.getsignal(signal.SIGINT)
    model = kind(classifier()).fit(X, y)
    model.set_params(net__callbacks=[CtrlC()])
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    assert not [name for name in vars(model) if name.endswith("_")]
    assert signal.getsignal(signal.SIGINT) is before


def test_a_callback_may_still_stop_early():
    early = EarlyStopping(monitor="train_loss", patience=1, threshold=1e9)
    model = NetEmbedding(classifier(max_epochs=50, callbacks=[early]))
    assert len(model.fit(X, y).net_.history) < 50
