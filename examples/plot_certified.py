"""
Predictions that no few poisons can flip
========================================

A filter judges the rows and may be wrong. A certificate judges none: it says of each
prediction how many rows an attacker may add, remove or relabel without flipping it,
whatever the rows are. What it costs is accuracy.
"""

# %%
# Two ways to be sure
# -------------------
# :class:`~skpoison.defenses.PartitionAggregationClassifier` trains a classifier on each
# part of the training set, and a row spoils the vote of one part at most.
# :class:`~skpoison.defenses.CertifiedKNeighborsClassifier` asks the nearest rows, of
# which one row changes one. What is learned from all the rows, such as a scaler, has to
# go into the voters, or each poison row would reach them all.

from matplotlib import pyplot as plt
from sklearn.datasets import load_digits
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skpoison.defenses import (
    CertifiedKNeighborsClassifier,
    PartitionAggregationClassifier,
)
from skpoison.metrics import certified_accuracy_curve

X, y = load_digits(return_X_y=True)
X, X_test, y, y_test = train_test_split(
    X, y, train_size=1200, stratify=y, random_state=0
)
voter = make_pipeline(StandardScaler(), RidgeClassifier())
models = {
    "24 parts": PartitionAggregationClassifier(voter, 24),
    "48 parts": PartitionAggregationClassifier(voter, 48),
    "11 neighbors": CertifiedKNeighborsClassifier(11),
    "51 neighbors": CertifiedKNeighborsClassifier(51),
}

# %%
# What is certified
# -----------------
# The curve begins at the plain accuracy. At a budget of 5 rows it counts the test
# digits that are read rightly whatever 5 rows are added, removed or relabelled.

curves = {}
for name, model in models.items():
    predicted = model.fit(X, y).predict(X_test)
    radius = model.certified_radius(X_test)
    budgets, accuracy = certified_accuracy_curve(y_test, predicted, radius)
    curves[name] = accuracy
    plt.step(budgets, accuracy, where="post", label=name)
plt.xlabel("rows that the attacker changes")
plt.ylabel("certified accuracy")
plt.legend()
plt.show()

# %%
# More parts, or more neighbors, withstand more; 51 neighbors are right less often than
# 11. Pixels are good features as they are, and neighbors are ahead; parts need none.
