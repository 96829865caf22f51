"""Fitted estimators survive a file of skops, which runs no code that it brings."""

import numpy as np
import pytest
import skops.io
from numpy.testing import assert_array_equal

from .test_common import every_estimator, fitted, outcome

pytestmark = pytest.mark.filterwarnings(
    "ignore::skpoison.exceptions.FewTrustedRowsWarning"
)


def data(regression):
    rng = np.random.default_rng(0)
    labels = np.arange(90) // 30
    X = rng.normal(size=(90, 5)) + 4 * labels[:, None]
    return X, X[:, 0] + 0.1 * rng.normal(size=90) if regression else labels


@every_estimator
def test_what_was_fitted_is_read_from_a_file_of_skops(estimator, regression, tmp_path):
    X, y = data(regression)
    written = fitted(estimator, X, y)
    skops.io.dump(written, tmp_path / "fitted.skops")
    types = skops.io.get_untrusted_types(file=tmp_path / "fitted.skops")
    assert all(name.startswith(("skpoison.", "sklearn.")) for name in types)
    read = skops.io.load(tmp_path / "fitted.skops", trusted=types)
    assert_array_equal(outcome(read, X), outcome(written, X))
    if hasattr(written, "score_samples"):
        expected = written.score_samples(X, y)
        assert_array_equal(read.score_samples(X, y), expected)
