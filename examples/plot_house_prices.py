"""
Poisoned house prices: what added rows do to a regression
=========================================================

An attacker adds rows to the training set of a regression. A few of them, at the edges
of what is plausible, move every prediction. A regression that judges each row by a fit
that has not seen it finds them; residuals of the fit itself, which bends towards the
poison, do not.
"""

# %%
# Houses, and two attacks
# -----------------------
# House prices where they are on this disk, and else the diabetes data of scikit-learn,
# all values between 0 and 1. The first attack knows the model and moves its rows along
# the gradient of the harm; the second knows the mean and the covariance of the rows
# alone.

import numpy as np
from matplotlib import pyplot as plt
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
from sklearn.preprocessing import minmax_scale

from skpoison.attacks import RegressionGradientAttack, StatPAttack
from skpoison.datasets import fetch_house_prices
from skpoison.defenses import SeverFilter, TRIMRegressor

try:
    X, y = fetch_house_prices(download_if_missing=False, return_X_y=True, as_frame=True)
except OSError:
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    X = X.apply(minmax_scale)
    y = (y - y.min()) / np.ptp(y)
rows = np.random.default_rng(1).permutation(len(y))
n_train = min(300, len(y) // 2)
n_rest = min(750, len(y) - n_train)
train, val, test = np.split(rows[: n_train + n_rest], [n_train, n_train + n_rest // 3])
ridge = Ridge(0.1)
attacks = {
    "gradient": lambda n: RegressionGradientAttack(
        ridge, n_poisons=n, random_state=0
    ).fit_poison(X.iloc[train], y.iloc[train], X_val=X.iloc[val], y_val=y.iloc[val]),
    "statistical": lambda n: StatPAttack(n_poisons=n, random_state=0).fit_poison(
        X.iloc[train], y.iloc[train]
    ),
}

# %%
# What the defenses leave of the harm
# -----------------------------------
# TRIM as published and Sever are told how much poison there is. The default of
# TRIMRegressor is not.
#
# All of them need a relation that is stronger than the noise. The features of the
# diabetes data explain half of the target; there a fifth of gradient poison fits itself
# better than the clean rows fit each other, and every defense here keeps it.

defenses = {
    "none": lambda share: ridge,
    "Sever": lambda share: SeverFilter(ridge, contamination=share, random_state=0),
    "TRIM as published": lambda share: TRIMRegressor(
        ridge, contamination=share, screening="residual"
    ),
    "TRIMRegressor": lambda share: TRIMRegressor(ridge),
}
rates = [0.04, 0.08, 0.12, 0.16, 0.2]


def test_error(model):
    model = getattr(model, "estimator_", model)
    predicted = model.predict(X.iloc[test].to_numpy())
    return np.mean((predicted - y.iloc[test]) ** 2)


clean = test_error(Ridge(0.1).fit(X.iloc[train].to_numpy(), y.iloc[train]))
print(f"mean squared error of the test rows without poison: {clean:.4f}")
errors = {}
for attack, craft in attacks.items():
    print(f"\n{attack:20}" + "".join(f"{rate:8.0%}" for rate in rates))
    for rate in rates:
        poisoned = craft(round(rate / (1 - rate) * n_train))
        for name, make in defenses.items():
            model = make(poisoned.is_poison.mean())
            model.fit(poisoned.X.to_numpy(), poisoned.y)
            errors.setdefault((attack, name), []).append(test_error(model))
    for name in defenses:
        print(f"{name:20}" + "".join(f"{e:8.4f}" for e in errors[attack, name]))

fig, axes = plt.subplots(1, 2, figsize=(9, 4), sharey=True, layout="constrained")
for ax, attack in zip(axes, attacks):
    for name in defenses:
        ax.plot(rates, errors[attack, name], marker=".", label=name)
    ax.axhline(clean, color="black", ls=":", label="without poison")
    ax.set(title=f"{attack} attack", xlabel="poison / all rows", yscale="log")
axes[0].set_ylabel("test error (mean squared)")
axes[1].legend(fontsize="small")

# %%
# Who is caught, and who is not
# -----------------------------
# Each row's residual, in units of the spread of the kept rows: the poison of the last
# attack stands apart. An attacker who knows the threshold would stay to the right of
# it, and do less harm.

trim = TRIMRegressor(ridge).fit(poisoned.X.to_numpy(), poisoned.y)
fig, ax = plt.subplots(figsize=(6, 3), layout="constrained")
bins = np.linspace(trim.sample_scores_.min(), 0, 60)
for name, part in (("clean", ~poisoned.is_poison), ("poison", poisoned.is_poison)):
    ax.hist(trim.sample_scores_[part], bins, alpha=0.7, label=name)
ax.axvline(trim.offset_, color="black", ls="--", label="threshold")
ax.set(xlabel="score", ylabel="rows", yscale="log")
ax.legend()
plt.show()
# sphinx_gallery_thumbnail_path = "_static/house_prices.png"
