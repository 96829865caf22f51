"""What every attack is as a scikit-learn estimator."""

import pytest
import torch
from sklearn.linear_model import Ridge
from sklearn.utils import estimator_checks

import skpoison.attacks
from skpoison.attacks import (
    BackdoorAttack,
    BullseyePolytopeAttack,
    ConvexPolytopeAttack,
    FeatureCollisionAttack,
    GradientMatchingAttack,
    GradientPoisoningAttack,
    InfluenceAttack,
    KKTAttack,
    LabelFlipAttack,
    MinMaxAttack,
    NeighborMajorityAttack,
    PGANAttack,
    RegressionGradientAttack,
    StatPAttack,
    SubpopulationAttack,
)

NET = torch.nn.Linear(4, 2)

ATTACKS = [
    BackdoorAttack(poison_class=1),
    BullseyePolytopeAttack(NET, poison_class=1),
    ConvexPolytopeAttack(NET, poison_class=1),
    FeatureCollisionAttack(NET, poison_class=1, n_poisons=2),
    GradientMatchingAttack(NET, poison_class=1, n_poisons=3),
    GradientPoisoningAttack(NET, n_poisons=3),
    InfluenceAttack(),
    KKTAttack(),
    LabelFlipAttack(),
    MinMaxAttack(),
    NeighborMajorityAttack(poison_class=1),
    PGANAttack(alpha=0.5, rate=0.1, poison_class=1),
    RegressionGradientAttack(Ridge(), n_poisons=3),
    StatPAttack(rate=0.1),
    SubpopulationAttack(),
]


def test_every_public_attack_is_in_the_table():
    assert set(skpoison.attacks.__all__) == {
        type(attack).__name__ for attack in ATTACKS
    }


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: type(attack).__name__)
@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_estimator_cloneable,
        estimator_checks.check_estimator_repr,
        estimator_checks.check_get_params_invariance,
        estimator_checks.check_no_attributes_set_in_init,
        estimator_checks.check_parameters_default_constructible,
        estimator_checks.check_set_params,
        estimator_checks.check_valid_tag_types,
    ],
    ids=lambda check: check.__name__,
)
def test_scikit_learn(attack, check):
    check(type(attack).__name__, attack)
