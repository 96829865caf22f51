"""Small networks that train in a moment."""

from skpoison.generative import ConditionalGAN, ConditionalWGANGP, HingeCritic

SMALL = {"hidden_layer_sizes": (32, 32), "random_state": 0}
SMALL_GENERATOR = {**SMALL, "generator_layer_sizes": (32, 32), "noise_dim": 4}

NETWORKS = [
    HingeCritic(max_iter=60, **SMALL),
    HingeCritic(negatives=("mismatch", "generator"), max_iter=20, **SMALL_GENERATOR),
    ConditionalWGANGP(max_iter=8, **SMALL_GENERATOR),
    ConditionalWGANGP(negatives=("mismatch",), max_iter=8, **SMALL),
    ConditionalGAN(max_iter=20, **SMALL_GENERATOR),
]


def name_of(network):
    return "-".join([type(network).__name__, *getattr(network, "negatives", ())])
