"""scikit-learn's own checks of every estimator."""

import pytest

from ._checks import scikit_learn_checks
from ._instances import CHECKED, expected_failed_checks


# Their data sets have so few rows that the usual shares come to none.
# A handful of rows leave no row to remove, or rows that tie.
@pytest.mark.filterwarnings("ignore::skpoison.exceptions.DegenerateFilterWarning")
@pytest.mark.filterwarnings("ignore::skpoison.exceptions.EmptyShareWarning")
@pytest.mark.filterwarnings("ignore::skpoison.exceptions.FewTrustedRowsWarning")
@scikit_learn_checks(CHECKED, expected_failed_checks)
def test_scikit_learn(estimator, check):
    check(estimator)
