"""
De-Pois on digits: synthetic images, and the scores that give flips away
========================================================================

A fifth of 700 digits is trusted. Of the others every sixth has a wrong label.
De-Pois [1]_ takes two steps. A conditional GAN learns from the trusted digits and makes
more of them; then a critic learns which images and labels belong together, and the rows
that it scores too low are removed.

.. [1] J. Chen et al., "De-Pois: An Attack-Agnostic Defense against Data Poisoning
   Attacks", 2021.
"""

# %%
# Digits, trusted and flipped
# ---------------------------

import numpy as np
from matplotlib import pyplot as plt
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skpoison.attacks import LabelFlipAttack
from skpoison.defenses import DePoisFilter, TrustedDisagreementFilter
from skpoison.evaluation import OracleFilter
from skpoison.generative import ConditionalGAN
from skpoison.inspection import VoteMarginDisplay
from skpoison.metrics import (
    average_euclidean_distance,
    filter_report,
    wasserstein_distance,
)

X, y_true = load_digits(return_X_y=True)
order = np.random.default_rng(0).permutation(len(y_true))
X, y_true = X[order] / 16, y_true[order]
X, X_test, y_true, y_test = X[:700], X[700:], y_true[:700], y_true[700:]

trusted = np.arange(700) < 140
y, is_poison = y_true.copy(), np.zeros(700, dtype=bool)
attack = LabelFlipAttack(rate=1 / 6, random_state=0)
_, y[~trusted], is_poison[~trusted] = attack.fit_poison(X[~trusted], y[~trusted])
print(f"{is_poison.sum()} of {np.sum(~trusted)} untrusted labels are wrong")

# %%
# Synthetic digits
# ----------------
# The networks are smaller than those of the paper, and learn from 140 digits in some
# seconds. An authenticator reads the label off each image that is made, and the
# generator is told what it reads.


def sheet(images, n_columns=8):
    """Images side by side, with a pixel of white around each."""
    framed = np.pad(images.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))
    lines = framed.reshape(-1, n_columns, 10, 10).transpose(0, 2, 1, 3)
    return lines.reshape(-1, 10 * n_columns)


labels = np.repeat(np.arange(10), 8)
figure, axes = plt.subplots(1, 3, figsize=(11, 5), layout="constrained")
synthetic = {}
for has_authenticator in (False, True):
    gan = ConditionalGAN(
        authenticator=has_authenticator,
        hidden_layer_sizes=(128, 128),
        generator_layer_sizes=(64, 128),
        learning_rate=1e-3,
        batch_size=64,
        max_iter=1000,
        random_state=0,
    ).fit(X[trusted], y[trusted])
    name = "cGAN with authenticator" if has_authenticator else "cGAN"
    synthetic[name] = gan.sample(labels, random_state=0)
real = np.concatenate([X_test[y_test == digit][:8] for digit in range(10)])
for ax, (name, rows) in zip(axes, {"real digits": real, **synthetic}.items()):
    ax.imshow(sheet(rows), cmap="gray_r", vmin=0, vmax=1)
    ax.set(title=name, xticks=[], yticks=np.arange(5, 100, 10), yticklabels=range(10))

# %%
# How close do they come? The mean distance of synthetic to real digits should be that
# of real ones to real ones: a generator that makes the same image again and again has a
# lower one. The classifier that reads the digits knows those of the test set. On digits
# as clean as these the authenticator makes little difference.

machine = make_pipeline(StandardScaler(), SVC())
reader = clone(machine).fit(X_test, y_test)
print(f"\nAED of real to real digits: {average_euclidean_distance(real, real):.2f}")
for name, rows in synthetic.items():
    print(
        f"{name}: Wasserstein distance {wasserstein_distance(real, rows):.2f}, "
        f"AED {average_euclidean_distance(real, rows):.2f}, "
        f"read as their label {np.mean(reader.predict(rows) == labels):.2f}"
    )

# %%
# The scores of clean and of flipped rows
# ---------------------------------------
# The default critics need no synthetic rows: they learn from trusted rows with right
# labels and with wrong ones. The score of a row is in deviations from those of clean
# rows, and what is below -1.96 is removed.

depois = DePoisFilter(max_iter=900, random_state=0).fit(X, y, trusted=trusted)
figure, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
VoteMarginDisplay.from_predictions(
    depois.sample_scores_[~trusted],
    is_poison[~trusted],
    offset=depois.offset_,
    ax=axes[0],
)
axes[0].set(title="untrusted rows", xlabel="score of De-Pois")
suspects = np.argsort(depois.sample_scores_)[:24]
axes[1].imshow(sheet(X[suspects]), cmap="gray_r", vmin=0, vmax=1)
for i, row in enumerate(suspects):
    axes[1].text(10 * (i % 8), 10 * (i // 8) + 2, y[row], color="C3", weight="bold")
axes[1].set(title="the lowest scores, with the labels given", xticks=[], yticks=[])

# %%
# What is it worth?
# -----------------
# Beside the filter that flags nothing, and a support vector machine of the trusted rows
# that flags what it disagrees with. The test accuracy is that of a logistic regression
# on what is kept.

filters = {
    "flag nothing": OracleFilter(np.zeros_like(is_poison)),
    "trusted SVC": TrustedDisagreementFilter(machine, random_state=0),
    "De-Pois": depois,
    "oracle": OracleFilter(is_poison),
}
reports, accuracies = {}, {}
print("\ndefense        accuracy   F1 (clean)   F1 (poison)   test accuracy")
for name, filter in filters.items():
    kept = filter.fit(X, y, trusted=trusted).sample_indices_
    report = filter_report(is_poison[~trusted], filter.inlier_mask_[~trusted])
    victim = LogisticRegression(max_iter=1000).fit(X[kept], y[kept])
    reports[name], accuracies[name] = report, victim.score(X_test, y_test)
    print(
        f"{name:15}{report['accuracy']:8.3f}{report['f1_clean']:13.3f}"
        f"{report['f1_poison']:14.3f}{accuracies[name]:16.3f}"
    )
plt.show()
# sphinx_gallery_thumbnail_path = "_static/depois_scores.png"
