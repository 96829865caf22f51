"""
A backdoor, and what gives it away
==================================

A patch in the corner of a few training images, with one and the same label, is enough:
the network is as good as ever, until it sees the patch. Inside the network, though, the
images with the patch go a way of their own.
"""

# %%
# The backdoor
# ------------
# Handwritten digits. The attacker adds 3 % of images with a bright patch in the corner,
# labelled zero.

import numpy as np
import torch
from matplotlib import pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from skorch import NeuralNetClassifier

from skpoison.attacks import BackdoorAttack
from skpoison.defenses import (
    ActivationClusteringFilter,
    DeepKNNFilter,
    SpectralSignatureFilter,
)
from skpoison.embedding import MLP, NetEmbedding

X, y = load_digits(return_X_y=True)
X = (X / 16).astype(np.float32)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, train_size=0.7, stratify=y, random_state=0
)
attack = BackdoorAttack(poison_class=0, rate=0.03, patch_size=2, random_state=0)
poisoned = attack.fit_poison(X_train.reshape(-1, 8, 8), y_train)
X_poisoned = poisoned.X.reshape(len(poisoned.X), -1)
others = X_test[y_test != 0].reshape(-1, 8, 8)
triggered = attack.apply_trigger(others).reshape(len(others), -1)


def train(X, y):
    net = NeuralNetClassifier(
        MLP,
        module__n_features=64,
        module__n_classes=10,
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=2e-3,
        batch_size=32,
        max_epochs=20,
        train_split=None,
        verbose=0,
    )
    return NetEmbedding(net, random_state=0).fit(X, y)


def answers_of(embedding, X):
    with torch.no_grad():
        return embedding.module_(torch.as_tensor(X)).argmax(dim=1).numpy()


# %%
# What the filters find in the features of the poisoned network
# -------------------------------------------------------------
# Neighbours with the same label vouch for the patched images: Deep k-NN is blind to
# them. Spectral signatures and activation clustering look at the shape of each class.

victim = train(X_poisoned, poisoned.y)
features = victim.transform(X_poisoned)
filters = {
    "no defense": None,
    "Deep k-NN": DeepKNNFilter(k=15),
    "spectral signatures": SpectralSignatureFilter(contamination=0.05),
    "activation clustering": ActivationClusteringFilter(random_state=0),
}
success = {}
for name, filter in filters.items():
    kept = np.ones(len(features), dtype=bool)
    if filter is not None:
        kept = filter.fit(features, poisoned.y).inlier_mask_
    model = train(X_poisoned[kept], poisoned.y[kept])
    success[name] = np.mean(answers_of(model, triggered) == 0)
    accuracy = np.mean(answers_of(model, X_test) == y_test)
    removed = np.sum(~kept & poisoned.is_poison)
    print(
        f"{name:22} removes {removed:3} of {poisoned.is_poison.sum()} poisons and "
        f"{np.sum(~kept & ~poisoned.is_poison):3} clean rows; the trigger works on "
        f"{success[name]:.0%}, accuracy {accuracy:.3f}"
    )

# %%
# The class of the poison, along its main directions
# --------------------------------------------------

zeros = poisoned.y == 0
centred = features[zeros] - features[zeros].mean(axis=0)
main = centred @ np.linalg.svd(centred, full_matrices=False)[2][:2].T
fig, ax = plt.subplots(layout="constrained")
for is_poison, name in ((False, "zeros"), (True, "with the patch, labelled zero")):
    ax.scatter(*main[poisoned.is_poison[zeros] == is_poison].T, s=14, label=name)
ax.set(xlabel="first direction", ylabel="second direction")
ax.legend()
plt.show()
