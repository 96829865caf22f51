"""
First, do no harm: calibrated removal
=====================================

The rule of a filter flags what is hard as readily as what is poisoned. Where classes
overlap it costs clean rows, and may cost more than the attack. Rows that are known to
be clean are the yardstick: a calibrated filter removes only what the others have more
of.
"""

# %%
# Two classes that overlap
# ------------------------
# Two Gaussian clouds, a fifth of the rows trusted. In the second set an attacker has
# relabelled 10 % of the others, in groups of rows that lie together.

import numpy as np
from matplotlib import pyplot as plt
from sklearn.linear_model import LogisticRegression

from skpoison.attacks import LabelFlipAttack
from skpoison.defenses import AnnealedTrustFilter, CalibratedFilter, DeepKNNFilter

rng = np.random.default_rng(0)
y = rng.integers(0, 2, 1000)
X = rng.normal(size=(1000, 2)) + 1.2 * y[:, None]
trusted = rng.random(len(y)) < 0.2
poisoned = y.copy()
poisoned[~trusted] = (
    LabelFlipAttack(strategy="cluster", rate=0.1, random_state=0)
    .fit_poison(X[~trusted], y[~trusted])
    .y
)
y_test = rng.integers(0, 2, 5000)
X_test = rng.normal(size=(5000, 2)) + 1.2 * y_test[:, None]

# %%
# What each filter removes, and what that does to a model
# -------------------------------------------------------

filters = {
    "no defense": None,
    "Deep k-NN, k = 15": DeepKNNFilter(k=15),
    "annealed trust": AnnealedTrustFilter(random_state=0),
    "annealed trust, calibrated": CalibratedFilter(
        AnnealedTrustFilter(random_state=0), random_state=0
    ),
}
for name, labels in (("clean", y), ("poisoned", poisoned)):
    print(f"{name}:")
    wrong = labels != y
    for defense, filter in filters.items():
        kept = np.ones(len(y), dtype=bool)
        if filter is not None:
            known = {} if isinstance(filter, DeepKNNFilter) else {"trusted": trusted}
            kept = filter.fit(X, labels, **known).inlier_mask_
        model = LogisticRegression().fit(X[kept], labels[kept])
        print(
            f"    {defense:28} removes {np.sum(wrong & ~kept):3} of {wrong.sum():2} "
            f"poisons and {np.sum(~wrong & ~kept):3} clean rows, "
            f"accuracy {model.score(X_test, y_test):.3f}"
        )

# %%
# Where the untrusted rows have more
# ----------------------------------
# A row's p-value is the share of trusted rows that look at least as bad. Of clean rows
# it is anything between 0 and 1; poison has small ones, more than chance explains.

fig, axes = plt.subplots(1, 2, figsize=(9, 3.5), sharey=True, layout="constrained")
for ax, (name, labels) in zip(axes, (("clean", y), ("poisoned", poisoned))):
    calibrated = filters["annealed trust, calibrated"].fit(X, labels, trusted=trusted)
    p_values = np.sort(calibrated.p_values_[~trusted])
    ax.plot(p_values, np.linspace(0, 1, len(p_values)), label="untrusted rows")
    ax.plot([0, 1], [0, 1], "k:", label="as many as among the trusted rows")
    ax.set(title=name, xlabel="p-value of a row", ylabel="share of rows below")
axes[0].legend()
plt.show()
