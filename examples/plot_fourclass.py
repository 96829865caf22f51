"""
Flipped labels: what the neighbors see, and what only trusted rows show
=======================================================================

An attacker flips labels of a training set, and nothing else. Random flips stand alone
among rows of another label, and any look at their neighbors finds them. Flips far from
the decision boundary turn whole regions: there each flip agrees with its neighbors, and
only rows that are known to be clean tell them apart.
"""

# %%
# The plane, and two attacks
# --------------------------
# Fourclass, where it is on this disk, and else generated points like it: two features,
# two classes, and a support vector machine with an RBF kernel that makes no error. A
# fifth of the training rows is trusted. The attacker may flip a fifth of the others.

import numpy as np
from matplotlib import pyplot as plt
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

from skpoison.attacks import LabelFlipAttack
from skpoison.datasets import fetch_fourclass, make_fourclass
from skpoison.defenses import (
    AnnealedTrustFilter,
    DeepKNNFilter,
    DePoisFilter,
    SphereSlabFilter,
    TrustedDisagreementFilter,
)
from skpoison.metrics import filter_report

try:
    X, y = fetch_fourclass(return_X_y=True, download_if_missing=False)
except OSError:
    X, y = make_fourclass(random_state=0)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0)
trusted = np.arange(len(y_train)) < 0.2 * len(y_train)
svm = SVC(C=1, gamma=10)
print(f"clean: test accuracy {svm.fit(X_train, y_train).score(X_test, y_test):.3f}")


def flip(strategy, rate):
    """Labels of the training rows, some of the untrusted ones flipped."""
    attack = LabelFlipAttack(
        strategy=strategy, rate=rate, estimator=svm, random_state=0
    )
    labels = y_train.copy()
    _, labels[~trusted], _ = attack.fit_poison(X_train[~trusted], y_train[~trusted])
    return labels


poisoned = {strategy: flip(strategy, 0.2) for strategy in ("random", "far")}

# %%
# What each defense removes
# -------------------------
# Deep k-NN asks the fifteen nearest rows; the sphere-and-slab defense the centroids of
# the classes, which say little where no class has a middle. The other three learn from
# the trusted rows: one trains the same machine on them and flags what it disagrees
# with, another begins there and lets the untrusted rows teach as far as they agree, and
# De-Pois trains critics to tell right labels from wrong ones.

defenses = {
    "Deep k-NN": DeepKNNFilter(k=15),
    "sphere and slab": SphereSlabFilter(contamination=0.2),
    "trusted disagreement": TrustedDisagreementFilter(svm, random_state=0),
    "annealed trust": AnnealedTrustFilter(random_state=0),
    "De-Pois": DePoisFilter(max_iter=500, random_state=0),
}
colors = np.array(["tab:blue", "tab:orange"])
grid = np.linspace(-1.1, 1.1, 200)
plane = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)


def draw(ax, labels, kept, title):
    """The kept rows, the machine that learns from them, and what went wrong."""
    is_flip = labels != y_train
    regions = svm.fit(X_train[kept], labels[kept]).predict(plane).reshape(200, 200)
    ax.contourf(grid, grid, regions, levels=1, colors=colors, alpha=0.2)
    ax.scatter(*X_train[kept].T, s=8, c=colors[(labels[kept] > 0).astype(int)])
    ax.plot(*X_train[kept & is_flip].T, "o", ms=7, mfc="none", mec="black")
    ax.plot(*X_train[~kept & ~is_flip].T, "x", ms=5, color="red")
    f1 = filter_report(is_flip[~trusted], kept[~trusted])["f1_poison"]
    accuracy = svm.score(X_test, y_test)
    ax.set_title(f"{title}\nF1 {f1:.2f}, test accuracy {accuracy:.3f}", fontsize=10)


figure, axes = plt.subplots(
    2,
    1 + len(defenses),
    figsize=(19, 6.4),
    layout="constrained",
    sharex=True,
    sharey=True,
)
for row, (strategy, labels) in zip(axes, poisoned.items()):
    draw(row[0], labels, np.full(len(labels), True), f"{strategy} flips, no defense")
    for ax, (name, defense) in zip(row[1:], defenses.items()):
        kept = defense.fit(X_train, labels, trusted=trusted).inlier_mask_
        draw(ax, labels, kept, name)
figure.supxlabel(
    "outlined: flips that are kept; red crosses: clean rows that are removed"
)

# %%
# From few flips to many
# ----------------------
# Without a defense the machine bears random flips well: rows of one label outvote the
# odd one among them. Far flips cost it up to a fifth of its accuracy, and past some
# rate the defenses without trusted rows are hardly better than none.

rates = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3]
figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained", sharey=True)
for ax, strategy in zip(axes, poisoned):
    accuracies = {name: [] for name in ["no defense", *defenses]}
    for rate in rates:
        labels = flip(strategy, rate)
        accuracies["no defense"].append(svm.fit(X_train, labels).score(X_test, y_test))
        for name, defense in defenses.items():
            X_kept, y_kept = defense.fit_filter(X_train, labels, trusted=trusted)
            accuracies[name].append(svm.fit(X_kept, y_kept).score(X_test, y_test))
    for (name, values), style in zip(
        accuracies.items(), ["k--", "o-", "s-", "D-", ".", "^-"]
    ):
        ax.plot(rates, values, style, label=name)
    ax.set(title=f"{strategy} flips", xlabel="flipped share of the untrusted rows")
axes[0].set_ylabel("test accuracy of the machine")
axes[0].legend(loc="lower left")
plt.show()
# sphinx_gallery_thumbnail_path = "_static/fourclass.png"
