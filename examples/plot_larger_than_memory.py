"""
Rows that stay in a file
========================

Features of millions of rows need not fit into memory: Deep k-NN takes a memory-mapped
file as it is, reads it tile by tile within scikit-learn's `working_memory`, and counts
the same votes as in memory.
"""

# %%
# Features in a file
# ------------------
# 20,000 rows of 32 features; a million work the same way, in three quarters of an hour
# of one core (:doc:`/scaling`). 1 % of the labels are wrong.

import tempfile
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt
from sklearn import config_context

from skpoison.defenses import DeepKNNFilter
from skpoison.inspection import VoteMarginDisplay

rng = np.random.default_rng(0)
centres = rng.normal(size=(10, 32))
y = rng.integers(0, 10, 20_000)
folder = tempfile.TemporaryDirectory()
path = Path(folder.name) / "features.npy"
X = np.lib.format.open_memmap(path, "w+", np.float32, (len(y), 32))
for start in range(0, len(y), 5000):
    rows = slice(start, start + 5000)
    X[rows] = centres[y[rows]] + rng.normal(size=(5000, 32))
X.flush()
wrong = rng.random(len(y)) < 0.01
labels = np.where(wrong, (y + 1) % 10, y)

# %%
# The vote, within 2 MiB
# ----------------------

X = np.load(path, mmap_mode="r")
with config_context(working_memory=2):
    stored = DeepKNNFilter(k=50).fit(X, labels)
removed = ~stored.inlier_mask_
print(f"{removed.sum()} rows removed, {np.sum(removed & wrong)} of {wrong.sum()} wrong")

# %%
# The same as in memory
# ---------------------

in_memory = DeepKNNFilter(k=50).fit(np.array(X), labels)
same = np.array_equal(stored.sample_scores_, in_memory.sample_scores_)
print(f"the scores are those of the rows in memory: {same}")
del X, stored
folder.cleanup()

# %%
# What the votes say
# ------------------

VoteMarginDisplay.from_estimator(in_memory, is_poison=wrong)
plt.show()
