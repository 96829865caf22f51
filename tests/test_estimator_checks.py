"""scikit-learn's own checks of every estimator."""

from ._checks import scikit_learn_checks
from ._instances import CHECKED, expected_failed_checks


@scikit_learn_checks(CHECKED, expected_failed_checks)
def test_scikit_learn(estimator, check):
    check(estimator)
