"""Every attack, made to fit a table: quick, and against a network of its width."""

import numpy as np
import torch
from sklearn.linear_model import Ridge

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


def network(X, y):
    """A linear map of the rows to a logit per class."""
    width = X.shape[1] if X.ndim > 1 else 1
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return torch.nn.Linear(max(1, width), max(2, len(set(y))))


def first_label(y):
    return y[0] if len(y) else 0


def aimed(attack):
    """An attack on one target, the last row."""
    return lambda X, y: (attack(X, y), {"X_target": X[-1:]})


def at_large(attack):
    """An attack on all rows."""
    return lambda X, y: (attack(X, y), {})


def clean_label(cls, **params):
    return aimed(
        lambda X, y: cls(
            network(X, y),
            poison_class=first_label(y),
            n_poisons=2,
            max_iter=3,
            random_state=0,
            **params,
        )
    )


ON_LABELS = {
    "BackdoorAttack": at_large(
        lambda X, y: BackdoorAttack(
            poison_class=first_label(y), trigger="values", rate=0.2, random_state=0
        )
    ),
    "BackdoorAttack-clean": at_large(
        lambda X, y: BackdoorAttack(
            poison_class=first_label(y),
            trigger="values",
            values="common",
            clean_label=True,
            insert="replace",
            rate=0.1,
            random_state=0,
        )
    ),
    "BullseyePolytopeAttack": clean_label(BullseyePolytopeAttack),
    "BullseyePolytopeAttack-replace": clean_label(
        BullseyePolytopeAttack, insert="replace"
    ),
    "ConvexPolytopeAttack": clean_label(ConvexPolytopeAttack),
    "FeatureCollisionAttack": clean_label(FeatureCollisionAttack),
    "GradientMatchingAttack": clean_label(GradientMatchingAttack, n_restarts=2),
    "GradientPoisoningAttack": at_large(
        lambda X, y: GradientPoisoningAttack(
            network(X, y), n_poisons=3, max_iter=2, inner_steps=2, random_state=0
        )
    ),
    "InfluenceAttack": at_large(
        lambda X, y: InfluenceAttack(rate=0.2, max_iter=2, random_state=0)
    ),
    "KKTAttack": at_large(lambda X, y: KKTAttack(rate=0.2)),
    "LabelFlipAttack": at_large(lambda X, y: LabelFlipAttack(random_state=0)),
    "LabelFlipAttack-far": at_large(
        lambda X, y: LabelFlipAttack(strategy="far", rate=0.3, random_state=0)
    ),
    "LabelFlipAttack-tilt": at_large(
        lambda X, y: LabelFlipAttack(strategy="tilt", random_state=0)
    ),
    "LabelFlipAttack-alfa": at_large(
        lambda X, y: LabelFlipAttack(strategy="alfa", random_state=0)
    ),
    "LabelFlipAttack-cluster": at_large(
        lambda X, y: LabelFlipAttack(strategy="cluster", random_state=0)
    ),
    "MinMaxAttack": at_large(lambda X, y: MinMaxAttack(rate=0.2, max_iter=5)),
    "NeighborMajorityAttack": aimed(
        lambda X, y: NeighborMajorityAttack(
            poison_class=first_label(y), k=3, random_state=0
        )
    ),
    "PGANAttack": at_large(
        lambda X, y: PGANAttack(
            alpha=0.5, rate=0.2, poison_class=first_label(y), max_iter=1, random_state=0
        )
    ),
    "SubpopulationAttack": at_large(
        lambda X, y: SubpopulationAttack(n_clusters=2, random_state=0)
    ),
}
ON_VALUES = {
    "RegressionGradientAttack": at_large(
        lambda X, y: RegressionGradientAttack(
            Ridge(), n_poisons=2, objective="train", max_iter=3, random_state=0
        )
    ),
    "StatPAttack": at_large(lambda X, y: StatPAttack(rate=0.2, random_state=0)),
}


def unit(values):
    """Values moved into [0, 1], where that can be done."""
    if values.dtype.kind not in "fiu" or not values.size:
        return values
    values = values.astype(values.dtype if values.dtype.kind == "f" else np.float64)
    with np.errstate(all="ignore"):
        moved = (values - values.min()) / np.ptp(values)
    return np.where(np.isfinite(moved), moved, 0).astype(values.dtype)
