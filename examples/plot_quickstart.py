"""
Quickstart: a poisoned training set goes in, a defended model comes out
=======================================================================

A network is pre-trained on trusted digits. Its features are then used on new data that
anyone could have contributed to: an attacker adds five images of an eight, all rightly
labelled and slightly changed, so that one chosen three is taken for an eight. The
neighbors of the poison in feature space give it away.
"""

# %%
# The data and the network
# ------------------------
# 900 digits to pre-train on, 300 new ones to learn from, 597 to test with. A victim
# goes on training the linear head of the network, on the features of the new ones.

import numpy as np
import torch
from matplotlib import pyplot as plt
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split
from skorch import NeuralNetClassifier
from skorch.callbacks import LRScheduler

from skpoison.attacks import BullseyePolytopeAttack
from skpoison.defenses import (
    DeepKNNFilter,
    L2CentroidFilter,
    OneClassSVMFilter,
    RandomEvictionFilter,
    TrustedDisagreementFilter,
)
from skpoison.embedding import MLP, NetEmbedding
from skpoison.inspection import FeatureSpaceDisplay
from skpoison.metrics import filter_report
from skpoison.model_selection import TrustedKFold
from skpoison.pipeline import Pipeline

X, y = load_digits(return_X_y=True)
X = (X / 16).astype(np.float32)
X_pre, X_rest, y_pre, y_rest = train_test_split(
    X, y, train_size=900, stratify=y, random_state=1
)
X_new, X_test, y_new, y_test = train_test_split(
    X_rest, y_rest, train_size=300, stratify=y_rest, random_state=1
)

net = NeuralNetClassifier(
    MLP,
    module__n_features=64,
    module__n_classes=10,
    criterion=torch.nn.CrossEntropyLoss,
    optimizer=torch.optim.Adam,
    lr=2e-3,
    batch_size=32,
    max_epochs=30,
    train_split=None,
)
pretrained = NetEmbedding(net, random_state=0).fit(X_pre, y_pre).module_
embed = NetEmbedding(pretrained, frozen=True).fit(X_pre)


class Head(torch.nn.Linear):
    """The pre-trained linear head, where the victim's training begins."""

    def __init__(self):
        super().__init__(64, 10)
        self.load_state_dict(pretrained.head.state_dict())


victim = NeuralNetClassifier(
    Head,
    criterion=torch.nn.CrossEntropyLoss,
    optimizer=torch.optim.Adam,
    lr=0.1,
    batch_size=64,
    max_epochs=60,
    iterator_train__shuffle=True,
    callbacks=[LRScheduler("MultiStepLR", milestones=[30, 45])],
    train_split=None,
    verbose=0,
)


def train(filter, X, y, **fit_params):
    """A model trained on the rows that the filter keeps."""
    torch.manual_seed(0)
    model = Pipeline([("embed", embed), ("filter", filter), ("clf", victim)])
    return model.fit(X, y, **fit_params)


# %%
# The attack
# ----------
# Ten threes of the test set that the clean model reads rightly, and five poisoned
# eights for each of them. Every set of poisons is a training set of its own.

clean_model = train("passthrough", X_new, y_new)
threes = np.flatnonzero((y_test == 3) & (clean_model.predict(X_test) == 3))[:10]
attack = BullseyePolytopeAttack(
    embed, poison_class=8, n_poisons=5, eps=0.3, lr=0.02, max_iter=300
)
poisons = attack.craft(X_new, y_new, X_test[threes])
training_sets = [
    (np.concatenate([X_new, poison]), np.concatenate([y_new, np.full(5, 8)]))
    for poison in poisons
]
is_poison = np.arange(305) >= 300

# %%
# The defenses
# ------------
# Ten images of each digit are known to be clean: some defenses learn from them, and the
# search below validates on them.

trusted = np.zeros(305, dtype=bool)
for digit in range(10):
    trusted[np.flatnonzero(y_new == digit)[:10]] = True

defenses = {
    "no defense (flag nothing)": ("passthrough", {}),
    "random eviction, 10 %": (RandomEvictionFilter(0.1, random_state=0), {}),
    "L2 centroid, 10 %": (L2CentroidFilter(0.1), {}),
    "one-class SVM, nu = 0.1": (OneClassSVMFilter(nu=0.1), {}),
    "trusted disagreement": (
        TrustedDisagreementFilter(LogisticRegression(max_iter=1000)),
        {"filter__trusted": trusted},
    ),
    "Deep k-NN, normalised k = 1": (DeepKNNFilter(normalized_k=1.0), {}),
}

print(f"accuracy of the clean model: {clean_model.score(X_test, y_test):.3f}")
print(f"{'':28}{'poisons':>9}{'clean':>10}{'targets':>9}{'test':>10}")
print(f"{'':28}{'removed':>9}{'removed':>10}{'fooled':>9}{'accuracy':>10}{'MCC':>7}")
reports = {}
for name, (filter, fit_params) in defenses.items():
    kept, fooled, accuracy = [], 0, []
    for (X_train, y_train), three in zip(training_sets, threes):
        model = train(filter, X_train, y_train, **fit_params)
        kept.append(np.isin(np.arange(305), model.sample_indices_))
        fooled += int(model.predict(X_test[[three]])[0] == 8)
        accuracy.append(model.score(X_test, y_test))
    report = filter_report(np.tile(is_poison, 10), np.concatenate(kept))
    reports[name] = report | {"fooled": fooled, "test_accuracy": np.mean(accuracy)}
    print(
        f"{name:28}{report['n_poisons_removed']:>6}/50"
        f"{report['clean_removed']:>8.1f} %{fooled:>6}/10"
        f"{np.mean(accuracy):>10.3f}{report['mcc']:>7.2f}"
    )

# %%
# Which k?
# --------
# The number of poisons is unknown, and the validation folds of a poisoned set would
# hold poison too: :class:`~skpoison.model_selection.TrustedKFold` validates on trusted
# rows alone. Accuracy does not show the one fooled target, so do not take the smallest
# k of those that do about as well: a larger one outvotes more poison.

X_train, y_train = training_sets[0]
torch.manual_seed(0)
search = GridSearchCV(
    Pipeline([("embed", embed), ("filter", DeepKNNFilter()), ("clf", victim)]),
    {"filter__normalized_k": [0.2, 0.5, 1.0, 2.0, 4.0]},
    cv=TrustedKFold(5, trusted=trusted),
).fit(X_train, y_train)
print("\nnormalised k   accuracy on trusted rows")
for params, score in zip(
    search.cv_results_["params"], search.cv_results_["mean_test_score"]
):
    print(f"{params['filter__normalized_k']:>12}   {score:.3f}")

# %%
# What was removed
# ----------------
# The poison surrounds the target in feature space, among threes: that is what fools the
# victim, and what the vote of the neighbors sees.

model = train(DeepKNNFilter(normalized_k=1.0), X_train, y_train)
display = FeatureSpaceDisplay.from_estimator(
    model,
    X_train,
    y_train,
    target_class=3,
    poison_class=8,
    is_poison=is_poison,
    X_target=X_test[threes[:1]],
)
display.ax_.set_title("Deep k-NN removes the poison around its target")
display.figure_.savefig("quickstart.png", dpi=150, bbox_inches="tight")
plt.show()
# sphinx_gallery_thumbnail_path = "_static/quickstart.png"
