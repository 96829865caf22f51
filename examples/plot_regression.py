"""
A poisoned regression, trimmed
==============================

A few rows that pull the line are enough to spoil a regression. TRIM fits the rows with
the smallest residuals, again and again, and leaves out the others.
"""

# %%
# The attack
# ----------
# House prices of a street, so to speak: one feature, one target, both in [0, 1]. The
# attacker adds a sixth of rows where they move the line most.

import numpy as np
from matplotlib import pyplot as plt
from sklearn.linear_model import Ridge

from skpoison.attacks import RegressionGradientAttack
from skpoison.defenses import TRIMRegressor

rng = np.random.default_rng(0)


def street(n):
    X = rng.random((n, 1))
    return X, np.clip(0.2 + 0.5 * X[:, 0] + 0.05 * rng.normal(size=n), 0, 1)


X, y = street(200)
X_test, y_test = street(1000)
attack = RegressionGradientAttack(Ridge(alpha=1e-3), rate=1 / 6, random_state=0)
poisoned = attack.fit_poison(X, y, X_val=X, y_val=y)

# %%
# The defense
# -----------
# `contamination` says how much may be poison; here the defender assumes a fifth.

models = {
    "clean rows": Ridge(alpha=1e-3).fit(X, y),
    "poisoned rows": Ridge(alpha=1e-3).fit(poisoned.X, poisoned.y),
    "poisoned rows, TRIM": TRIMRegressor(Ridge(alpha=1e-3), contamination=0.2).fit(
        poisoned.X, poisoned.y
    ),
}
for name, model in models.items():
    error = np.mean((np.asarray(model.predict(X_test)) - y_test) ** 2)
    print(f"{name}: mean squared error {error:.4f}")

trim = models["poisoned rows, TRIM"]
removed = ~trim.inlier_mask_
found = np.sum(removed & poisoned.is_poison)
print(
    f"TRIM left out {removed.sum()} rows, {found} of {poisoned.is_poison.sum()} poisons"
)

# %%
# The picture
# -----------

fig, ax = plt.subplots(layout="constrained")
ax.scatter(*poisoned.X[~removed].T, poisoned.y[~removed], s=12, label="kept")
ax.scatter(*poisoned.X[removed].T, poisoned.y[removed], marker="x", label="left out")
line = np.array([[0.0], [1.0]])
for name, model in models.items():
    ax.plot(line, model.predict(line), label=name)
ax.set(xlabel="feature", ylabel="target")
ax.legend()
plt.show()
