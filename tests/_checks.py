"""scikit-learn's estimator checks, under names that are the same in every process."""

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator


def scikit_learn_checks(estimators, expected_failed_checks):
    """Parametrize a test over the checks of each estimator.

    `parametrize_with_checks` names a test by the representation of the estimator. That
    of a network depends on the process, and parallel workers must agree on the names.
    """
    return pytest.mark.parametrize(
        ("estimator", "check"), list(_checks(estimators, expected_failed_checks))
    )


def _checks(estimators, expected_failed_checks):
    for number, estimator in enumerate(estimators):
        checks = estimator_checks_generator(
            estimator,
            expected_failed_checks=expected_failed_checks(estimator),
            mark="xfail",
        )
        for found in checks:
            estimator, check = getattr(found, "values", found)
            name = getattr(check, "func", check).__name__
            yield pytest.param(
                estimator,
                check,
                marks=getattr(found, "marks", ()),
                id=f"{number}-{type(estimator).__name__}-{name}",
            )
