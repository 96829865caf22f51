"""
Choosing k by a grid search
===========================

How many neighbours should vote? Too few, and the poison around one point outvotes them;
too many, and small classes are outvoted. Deep k-NN measures k in sizes of the largest
class, so that a value carries over to other data, and a grid search over a pipeline
finds it. The search is judged on trusted rows: on others it would be rewarded for
fitting the poison.
"""

# %%
# Poison in groups
# ----------------
# The handwritten digits, half of them to train on: is it an even number? The attacker
# changes the labels of groups of images that lie together, a tenth of all: neighbours
# vouch for one another.

import numpy as np
from matplotlib import pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import MinMaxScaler

from skpoison.attacks import LabelFlipAttack
from skpoison.defenses import DeepKNNFilter
from skpoison.inspection import NormalizedKDisplay
from skpoison.model_selection import TrustedKFold
from skpoison.pipeline import Pipeline

X, digit = load_digits(return_X_y=True)
y = np.where(digit % 2 == 0, "even", "odd")
X_train, X_test, y_train, y_test = train_test_split(
    X, y, train_size=0.5, stratify=digit, random_state=0
)
trusted = np.random.default_rng(0).random(len(y_train)) < 0.2
attack = LabelFlipAttack(strategy="cluster", rate=0.1, random_state=0)
labels = y_train.copy()
labels[~trusted] = attack.fit_poison(X_train[~trusted], y_train[~trusted]).y
is_poison = labels != y_train
print(f"{is_poison.sum()} of {len(labels)} labels are wrong")

# %%
# The search
# ----------
# Every fold trains on all untrusted rows and on the trusted ones of the other folds,
# and is judged by the trusted rows that are left.

model = Pipeline(
    [
        ("scale", MinMaxScaler()),
        ("filter", DeepKNNFilter()),
        ("clf", KNeighborsClassifier(1)),
    ]
)
grid = {
    "filter": [DeepKNNFilter()],
    "filter__normalized_k": [0.02, 0.05, 0.1, 0.2, 0.5, 1.0],
}
search = GridSearchCV(
    model,
    [{"filter": ["passthrough"]}, grid],
    cv=TrustedKFold(5, trusted=trusted),
)
search.fit(X_train, labels)
chosen = search.best_params_.get("filter__normalized_k", "no filter")
undefended = model.set_params(filter="passthrough").fit(X_train, labels)
print(f"chosen: {chosen}")
print(f"test accuracy without a filter: {undefended.score(X_test, y_test):.3f}")
print(f"test accuracy of the chosen model: {search.score(X_test, y_test):.3f}")

# %%
# What each k would have done
# ---------------------------
# The attacker's view, who knows which labels are wrong.

NormalizedKDisplay.from_estimator(DeepKNNFilter(), X_train / 16, labels, is_poison)
plt.show()
