"""
Which defense when? Measure it on your own data
===============================================

A defense that saves a model from one attack costs accuracy under another, and on clean
data too: where classes overlap, rows that are hard look like rows that are wrong. No
table of ours knows your data, so this example makes such a table: every defense against
every attack, and against none, beside a filter that removes as many rows at random and
one that knows which rows are poison. It takes some ten seconds.
"""

# %%
# Data, attacks, defenses
# -----------------------
# Tumours as thirty numbers each, with noise of twice their spread: as in most tables,
# the classes overlap. Attackers flip a fifth of the labels: at random, of the rows far
# from the boundary, and of groups of neighbours. No attack belongs among them.

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skpoison.attacks import LabelFlipAttack
from skpoison.defenses import (
    AnnealedTrustFilter,
    CalibratedFilter,
    DeepKNNFilter,
    LossFilter,
    TrustedDisagreementFilter,
)
from skpoison.evaluation import compare_defenses, evaluate_defenses, summarize
from skpoison.inspection import DefenseMatrixDisplay, RateCurveDisplay

X, y = load_breast_cancer(return_X_y=True)
X = StandardScaler().fit_transform(X)
X += np.random.default_rng(0).normal(scale=2, size=X.shape)
model = SVC()
attacks = {
    "clean": None,
    "random flips": LabelFlipAttack(),
    "far flips": LabelFlipAttack(strategy="far", estimator=model),
    "clustered flips": LabelFlipAttack(strategy="cluster", estimator=model),
}
defenses = {
    "Deep k-NN": DeepKNNFilter(k=15),
    "small loss": LossFilter(LogisticRegression(max_iter=1000), contamination=0.2),
    "trusted SVC": TrustedDisagreementFilter(model),
    "annealed trust": AnnealedTrustFilter(),
    "Deep k-NN, calibrated": CalibratedFilter(DeepKNNFilter(k=15)),
}

# %%
# The matrix
# ----------
# A fifth of the training rows is trusted. Numbers are points of test accuracy that a
# defense changes: read the column of a defense, and its first cell first. A filter that
# costs points where there is no poison has to earn them back. Blue recovers what a
# perfect filter would, white what random eviction gives, red is worse than that.

common = {"datasets": {"tumours": (X, y)}, "estimators": {"SVC": model}}
frame = evaluate_defenses(attacks, defenses, rates=[0.2], n_repeats=4, **common)
_, ax = plt.subplots(figsize=(8, 4), layout="constrained")
DefenseMatrixDisplay.from_frame(frame, ax=ax)

# %%
# How sure is that?
# -----------------
# Four draws say little: the intervals tell how little. On the same poisoned sets two
# defenses are compared in pairs, with p-values that are adjusted for their number.

frame["gain"] = 100 * (frame["score_defended"] - frame["score_undefended"])
gains = summarize(frame, "gain", by=["attack", "defense"])
print(gains[["mean", "low", "high"]].round(1))

pairs = compare_defenses(frame, "annealed trust", "Deep k-NN")
print(pairs[["difference", "low", "high", "p_adjusted"]].round(3))

# %%
# When does it pay?
# -----------------
# You do not know the rate of poison. A defense is worth it where its line is above the
# one without a defense at the rates that you have to fear, and not far below it where
# there is little poison.

by_rate = evaluate_defenses(
    {"far flips": attacks["far flips"]},
    {name: defenses[name] for name in ("Deep k-NN", "annealed trust")},
    rates=[0.05, 0.15, 0.3],
    n_repeats=3,
    **common,
)
RateCurveDisplay.from_frame(by_rate)

# %%
# A rule that follows
# -------------------
# Take the defense whose worst case is best, where "no defense" takes part with its own
# worst case: what the attacks cost it.

harm = 100 * (frame["score_undefended"] - frame["score_perfect"])
lost = 100 * (frame["score_defended"] - frame["score_perfect"])
losses = pd.concat(
    [frame.assign(lost=lost), frame.assign(lost=harm, defense="no defense")]
)
worst = losses.groupby(["defense", "attack"])["lost"].mean().unstack().min(axis=1)
print(worst.sort_values(ascending=False).round(1))

# %%
# What our own tables say, on six real data sets and with the tools of other libraries,
# stands in :doc:`/choosing`.
# sphinx_gallery_thumbnail_path = "_static/matrix.png"
