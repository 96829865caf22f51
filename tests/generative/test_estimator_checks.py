"""scikit-learn's own checks of each kind of network."""

from .._checks import scikit_learn_checks
from ._instances import NETWORKS

_NEEDS_Y = "a row is scored with its label: score_samples needs y"

ONE_OF_EACH = list({type(network): network for network in NETWORKS}.values())


def expected_failed_checks(network):
    """scikit-learn checks that cannot hold for a network, each with the reason."""
    if not hasattr(network, "score_samples"):
        return {}
    return {
        "check_methods_sample_order_invariance": _NEEDS_Y,
        "check_methods_subset_invariance": _NEEDS_Y,
    }


@scikit_learn_checks(ONE_OF_EACH, expected_failed_checks)
def test_scikit_learn(estimator, check):
    check(estimator)
