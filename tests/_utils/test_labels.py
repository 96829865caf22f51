"""Labels that cannot be told apart are refused by the name of what is wrong."""

import numpy as np
import pytest
import torch
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression

from skpoison.attacks import (
    BackdoorAttack,
    GradientMatchingAttack,
    GradientPoisoningAttack,
    LabelFlipAttack,
)
from skpoison.defenses import L2CentroidFilter
from skpoison.meta import DefendedClassifier

X = np.random.default_rng(0).uniform(size=(6, 2))
NET = torch.nn.Linear(2, 2)


@pytest.mark.parametrize(
    "use",
    [
        L2CentroidFilter().fit,
        DefendedClassifier(IsolationForest(), LogisticRegression()).fit,
        LabelFlipAttack().fit_poison,
        GradientPoisoningAttack(NET, n_poisons=2).fit_poison,
        lambda X, y: GradientMatchingAttack(
            NET, poison_class="a", n_poisons=2
        ).fit_poison(X, y, X[-1]),
    ],
)
def test_labels_of_several_types_are_refused(use):
    y = np.array(["a", 1.0, "a", "b", 2.0, 1.0], dtype=object)
    with pytest.raises(TypeError, match="y mixes labels of the types float, str"):
        use(X, y)


def test_no_labels_at_all_are_refused():
    attack = BackdoorAttack(poison_class=1, trigger="values")
    with pytest.raises(ValueError, match="needs at least two classes; y is empty"):
        attack.fit_poison(X[:0], np.array([], dtype=int))
