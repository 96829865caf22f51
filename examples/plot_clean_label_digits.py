"""
Clean-label attacks on digits, and the votes that give them away
================================================================

Three attacks add five images of an eight to a training set. Their labels are right, and
they hardly differ from what they were; yet a victim that fine-tunes the head of a known
network takes one chosen three for an eight. All of them place the poison around that
three in feature space, where :class:`~skpoison.defenses.DeepKNNFilter` lets the
neighbors vote. How many neighbors it asks decides everything.
"""

# %%
# A network that everyone knows
# -----------------------------
# It is pre-trained on 900 digits. The victims learn from 300 others, 30 of each, and
# are tested on the rest.

import numpy as np
import torch
from matplotlib import pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from skorch import NeuralNetClassifier

from skpoison.attacks import (
    BullseyePolytopeAttack,
    ConvexPolytopeAttack,
    FeatureCollisionAttack,
)
from skpoison.defenses import DeepKNNFilter
from skpoison.embedding import MLP, NetEmbedding
from skpoison.evaluation import LinearProbes
from skpoison.inspection import (
    FeatureSpaceDisplay,
    NormalizedKDisplay,
    VoteMarginDisplay,
)
from skpoison.metrics import filter_report, target_report

X, y = load_digits(return_X_y=True)
X = (X / 16).astype(np.float32)
X_pre, X_rest, y_pre, y_rest = train_test_split(
    X, y, train_size=900, stratify=y, random_state=0
)
X_new, X_test, y_new, y_test = train_test_split(
    X_rest, y_rest, train_size=300, stratify=y_rest, random_state=0
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
embed = NetEmbedding(net, random_state=0).fit(X_pre, y_pre)
head = embed.module_.head
F_new, F_test = embed.transform(X_new), embed.transform(X_test)

# %%
# Targets and victims
# -------------------
# Ten threes are attacked. A victim goes on training the pre-trained head;
# :class:`~skpoison.evaluation.LinearProbes` trains one for every set of rows, all of
# them at once.

N_NEW, N_POISONS = len(y_new), 5
threes = np.flatnonzero(y_test == 3)[:10]
X_targets, F_targets = X_test[threes], F_test[threes]


def train(features, labels, masks):
    """A victim for every mask over the rows."""
    return LinearProbes(random_state=0).fit(
        features,
        labels,
        masks,
        coef_init=head.weight.detach().numpy(),
        intercept_init=head.bias.detach().numpy(),
    )


clean_victim = train(F_new, y_new, np.ones((1, N_NEW), dtype=bool))
clean = clean_victim.predict(F_targets)[0]
print(f"accuracy without poison: {np.mean(clean_victim.predict(F_test) == y_test):.3f}")
print(f"targets that are read rightly without poison: {np.sum(clean == 3)} of 10")

# %%
# Three attacks
# -------------
# Each crafts the poison of all targets at once, in well under a second. Feature
# collision moves every poison onto the target; the polytope attacks surround it.

polytope = {"poison_class": 8, "n_poisons": N_POISONS, "eps": 0.3, "lr": 0.02}
attacks = {
    "feature collision": FeatureCollisionAttack(
        embed, poison_class=8, n_poisons=N_POISONS, max_iter=150
    ),
    "convex polytope": ConvexPolytopeAttack(embed, **polytope, max_iter=300),
    "Bullseye Polytope": BullseyePolytopeAttack(embed, **polytope, max_iter=300),
}
poisons = {
    name: attack.craft(X_new, y_new, X_targets) for name, attack in attacks.items()
}

bases = attacks["feature collision"].base_indices_[0]
rows = {"before": X_new[bases]} | {name: images[0] for name, images in poisons.items()}
figure, axes = plt.subplots(4, 1 + N_POISONS, figsize=(6, 4.4), layout="constrained")
for line, (name, images) in zip(axes, rows.items()):
    for ax, image in zip(line, [X_targets[0], *images]):
        ax.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
        ax.set(xticks=[], yticks=[])
    line[0].set_ylabel(name, fontsize="small")
axes[0, 0].set_title("target", fontsize="small")
axes[0, 3].set_title("five eights, and the poison made of them", fontsize="small")

# %%
# What the votes see
# ------------------
# Every target has a training set of its own: the 300 digits, and its five poisons.
# With k of the size of a class (a normalised k of 1), most of the poison is outvoted by
# the threes around it. In the upper figures the horizontal axis runs from the eights to
# the threes, the vertical one across the boundary of the victim that is fooled; the
# lower ones show the votes.

is_poison = np.arange(N_NEW + N_POISONS) >= N_NEW
y_poisoned = np.concatenate([y_new, np.full(N_POISONS, 8)])
features = {
    name: [np.vstack([F_new, embed.transform(images)]) for images in poisons[name]]
    for name in attacks
}


def victims(name, masks):
    """Train on the rows that the masks keep, one mask for each target's set."""
    pool = np.vstack([F_new, *[rows[N_NEW:] for rows in features[name]]])
    labels = np.concatenate([y_new, np.full(10 * N_POISONS, 8)])
    of_pool = np.zeros((10, len(pool)), dtype=bool)
    for i, mask in enumerate(masks):
        own = np.arange(N_POISONS) + N_NEW + i * N_POISONS
        of_pool[i, np.append(np.arange(N_NEW), own)] = mask
    return train(pool, labels, of_pool)


undefended = {name: victims(name, np.ones((10, N_NEW + N_POISONS))) for name in attacks}

figure, axes = plt.subplots(2, 3, figsize=(13, 8), layout="constrained")
for name, (above, below) in zip(attacks, axes.T):
    filters = [DeepKNNFilter(normalized_k=1.0) for _ in threes]
    for filter, rows in zip(filters, features[name]):
        filter.fit(rows, y_poisoned)
    coef = undefended[name].coef_[0]
    FeatureSpaceDisplay.from_predictions(
        features[name][0],
        y_poisoned,
        filters[0].inlier_mask_,
        target_class=3,
        poison_class=8,
        is_poison=is_poison,
        target_features=F_targets[:1],
        normal=coef[3] - coef[8],
        ax=above,
    )
    above.set_title(f"{name}: the first target")
    VoteMarginDisplay.from_predictions(
        np.concatenate([filter.sample_scores_ for filter in filters]),
        np.tile(is_poison, 10),
        ax=below,
    )
    below.set_title("votes on the sets of all ten targets")

# %%
# How many neighbors?
# -------------------
# For each k the filter judges the ten sets, and ten victims train on what it keeps.
# With few neighbors the colliding poisons keep each other. With many the filter removes
# clean rows, and the victims lose accuracy. The convex polytope spreads its poisons: at
# any k some are removed, which is enough, and some among the eights never are.

normalized_k = np.array([0.03, 0.06, 0.1, 0.2, 0.3, 0.4, 0.6, 1.0, 1.5, 2.5, 4.0])


def defended(name, value):
    """Success of the defense, Matthews correlation and accuracy, over the targets."""
    filter = DeepKNNFilter(normalized_k=value)
    masks = [filter.fit(rows, y_poisoned).inlier_mask_ for rows in features[name]]
    models = victims(name, masks)
    targets = target_report(
        np.diagonal(models.predict(F_targets)),
        8,
        y_targets=np.full(10, 3),
        undefended=np.diagonal(undefended[name].predict(F_targets)),
        clean=clean,
    )
    rows = filter_report(np.tile(is_poison, 10), np.concatenate(masks))
    accuracy = np.mean(models.predict(F_test) == y_test)
    return targets, rows, accuracy


curves = {}
size = np.bincount(y_poisoned).max()
figure, axes = plt.subplots(1, 3, figsize=(13, 4), layout="constrained", sharey=True)
for ax, name in zip(axes, attacks):
    reports = [defended(name, value) for value in normalized_k]
    print(f"\n{name}: {reports[0][0]['n_succeeded']} of 10 targets fooled undefended")
    print("normalised k   stopped   poisons removed   clean removed   MCC   accuracy")
    for value, (targets, rows, accuracy) in zip(normalized_k, reports):
        print(
            f"{value:>12}{targets['n_stopped']:>10}{rows['n_poisons_removed']:>15}/50"
            f"{rows['clean_removed']:>14.1f} %{rows['mcc']:>6.2f}{accuracy:>11.3f}"
        )
    curves[name] = NormalizedKDisplay.from_predictions(
        normalized_k,
        [targets["defense_success_rate"] for targets, _, _ in reports],
        [rows["mcc"] for _, rows, _ in reports],
        [accuracy for _, _, accuracy in reports],
        critical_k=2 * N_POISONS / size,
        ax=ax,
    )
    ax.set_title(name)

# %%
# The rule: k > 2 n_poison
# ------------------------
# Colliding poisons are each other's nearest neighbors. Among its 2 (n_poison - 1)
# nearest rows, the n_poison - 1 fellows of a poison still tie with the others; above
# that they are outvoted, provided that the others are of one class. With k > 2 n_poison
# this holds even where rows vote for themselves. It is not sufficient: one of the ten
# targets has many eights for neighbors, which vote for its poison. As nobody knows the
# number of poisons, the paper recommends a normalised k of 1 to 2.

figure, ax = plt.subplots(layout="constrained")
ratios = np.array([0.5, 1, 1.5, 1.8, 2, 2.2, 2.5, 3, 4])
removed = {}
for n_poisons in (3, 5, 10, 20):
    collision = FeatureCollisionAttack(
        embed, poison_class=8, n_poisons=n_poisons, max_iter=150
    )
    crafted = collision.craft(X_new, y_new, X_targets)
    labels = np.concatenate([y_new, np.full(n_poisons, 8)])
    sets = [np.vstack([F_new, embed.transform(images)]) for images in crafted]
    ks = np.unique(np.round(ratios * n_poisons)).astype(int)
    removed[n_poisons] = (
        ks,
        [
            np.mean(
                [
                    ~DeepKNNFilter(k=k).fit(rows, labels).inlier_mask_[N_NEW:]
                    for rows in sets
                ]
            )
            for k in ks
        ],
    )
    ax.plot(
        ks / n_poisons,
        removed[n_poisons][1],
        "o-",
        alpha=0.8,
        label=f"{n_poisons} poisons",
    )
ax.axvline(2, color="black", linestyle=":", label="k = 2 x number of poisons")
ax.set(xlabel="k / number of poisons", ylabel="share of the poisons removed")
ax.grid(alpha=0.3)
ax.legend()
plt.show()
# sphinx_gallery_thumbnail_path = "_static/deep_knn_space.png"
