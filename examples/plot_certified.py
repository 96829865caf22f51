"""
Predictions that no few poisons can flip
========================================

Filters judge rows, and an attacker who knows them gets some through. Partition
aggregation judges none: it trains one classifier on each of many disjoint parts, and a
poison row, whatever it holds, changes the vote of one of them. Each prediction comes
with the number of rows that cannot flip it.
"""

# %%
# Digits, in ever more parts
# --------------------------
# More parts withstand more poison, but each classifier learns from fewer rows.

import numpy as np
from matplotlib import pyplot as plt
from sklearn.datasets import load_digits
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skpoison.defenses import PartitionAggregationClassifier
from skpoison.metrics import certified_accuracy_curve

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, train_size=1300, stratify=y, random_state=0
)
# The scaler is inside: learned from all rows, it would let one row into every part.
voter = make_pipeline(StandardScaler(), RidgeClassifier())

# %%
# The certified accuracy
# ----------------------
# The share of the test rows that is predicted rightly whatever an attacker does who may
# add, remove or relabel so many training rows.

fig, ax = plt.subplots(layout="constrained")
curves = {}
for n_parts, voting in ((20, "plurality"), (20, "run_off"), (60, "run_off")):
    model = PartitionAggregationClassifier(voter, n_partitions=n_parts, voting=voting)
    model.fit(X_train, y_train)
    budgets, accuracy = certified_accuracy_curve(
        y_test, model.predict(X_test), model.certified_radius(X_test)
    )
    name = f"{n_parts} parts, {voting.replace('_', '-')}"
    curves[name] = accuracy
    print(
        f"{name}: accuracy {accuracy[0]:.3f}; at least "
        f"{accuracy[min(5, len(accuracy) - 1)]:.3f} whatever 5 rows are changed"
    )
    ax.step(budgets, accuracy, where="post", label=name)
ax.set(xlabel="rows that the attacker changes", ylabel="certified accuracy")
ax.legend()

# %%
# An attack cannot do better
# --------------------------
# Twenty threes are relabelled as eights. Some predictions change, but none of those
# with a radius of 20 or more.

plain = PartitionAggregationClassifier(voter, n_partitions=60, voting="run_off")
plain.fit(X_train, y_train)
sure = plain.certified_radius(X_test) >= 20
before = plain.predict(X_test)
poisoned = y_train.copy()
poisoned[np.flatnonzero(y_train == 3)[:20]] = 8
changed = plain.fit(X_train, poisoned).predict(X_test) != before
print(
    f"{changed.sum()} of {len(changed)} predictions changed, and "
    f"{np.sum(changed & sure)} of the {sure.sum()} with a radius of 20 or more"
)
plt.show()
