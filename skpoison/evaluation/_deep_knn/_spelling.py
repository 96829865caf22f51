"""How networks are written on the command line."""

import argparse
import re

from ._architectures import ARCHITECTURES
from ._settings import PLAIN, ROBUST, ROBUST_FAST, Network

_SPELLING = re.compile(
    rf"(?:(?P<training>{ROBUST_FAST}|{ROBUST})-)?(?P<architecture>.+)-(?P<epochs>\d+)"
    r"(?:/(?P<views>\S+))?(?: seed (?P<seed>\d+))?"
)


def network(text):
    """The network of a text such as "whitening-16/flip+shift" or "mlp-30 seed 1"."""
    match = _SPELLING.fullmatch(text)
    if match is None or match["architecture"] not in ARCHITECTURES:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no network: write ARCHITECTURE-EPOCHS, then /VIEWS and "
            f"' seed SEED' where wanted; architectures: {', '.join(ARCHITECTURES)}."
        )
    return Network(
        match["architecture"],
        int(match["epochs"]),
        match["views"],
        match["training"] or PLAIN,
        None if match["seed"] is None else int(match["seed"]),
    )


def robust_network(text):
    """An adversarially trained network, of a text such as "mlp-30" or "fast-mlp-30"."""
    return network(f"{ROBUST}-{text}")


def surrogate(text):
    """The network of an attacker: seed 0 where none is written."""
    return network(text).seeded(0)
