"""scikit-learn's own checks of every estimator."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from ._instances import (
    FILTERS,
    META_ESTIMATORS,
    REGRESSION_FILTERS,
    expected_failed_checks,
)


@parametrize_with_checks(
    [*FILTERS, *REGRESSION_FILTERS, *META_ESTIMATORS],
    expected_failed_checks=expected_failed_checks,
)
def test_scikit_learn(estimator, check):
    check(estimator)
