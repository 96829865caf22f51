"""The clean-label attacks, quick settings for the digits network."""

from skpoison.attacks import (
    BullseyePolytopeAttack,
    ConvexPolytopeAttack,
    FeatureCollisionAttack,
)

ATTACKS = {
    "bullseye": (BullseyePolytopeAttack, {"eps": 0.3, "lr": 0.02}),
    "convex": (ConvexPolytopeAttack, {"eps": 0.3, "lr": 0.02}),
    "collision": (FeatureCollisionAttack, {}),
}


def make(name, surrogates, **params):
    attack, defaults = ATTACKS[name]
    common = {"poison_class": 8, "n_poisons": 3, "max_iter": 20}
    return attack(surrogates, **{**common, **defaults, **params})
