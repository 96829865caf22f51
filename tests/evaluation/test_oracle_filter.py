"""The filter that knows the answer."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array

from skpoison.evaluation import OracleFilter


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    return rng.random((20, 3)), np.arange(20) % 2


def test_the_poison_is_removed_and_nothing_else(rows):
    is_poison = np.arange(20) > 15
    oracle = OracleFilter(is_poison).fit(*rows)
    assert_array_equal(oracle.inlier_mask_, ~is_poison)
    assert oracle.sample_scores_[is_poison].max() < oracle.offset_


@pytest.mark.parametrize("made", [csr_array, lambda X: X.astype(str).tolist()])
def test_features_may_be_anything(rows, made):
    is_poison = np.arange(20) > 15
    oracle = OracleFilter(is_poison).fit(made(rows[0]), rows[1])
    assert_array_equal(oracle.inlier_mask_, ~is_poison)


def test_without_poison_nothing_is_removed(rows):
    assert OracleFilter([False] * 20).fit(*rows).inlier_mask_.all()


def test_target_values_are_judged_as_labels_are(rows):
    is_poison = np.arange(20) > 15
    y = np.linspace(0, 1, 20)
    assert_array_equal(OracleFilter(is_poison).fit(rows[0], y).inlier_mask_, ~is_poison)


def test_whole_numbers_that_could_be_either_need_the_task():
    oracle, y = OracleFilter(np.arange(200) > 190), np.arange(200)
    X = y[:, None] / 200
    with pytest.raises(ValueError, match="task='regression'"):
        oracle.fit(X, y)
    assert oracle.set_params(task="regression").fit(X, y).inlier_mask_.sum() == 191


@pytest.mark.parametrize(
    "is_poison", [[True, False], [0] * 20, list(range(20)), np.zeros((20, 1), bool)]
)
def test_what_is_no_mask_of_the_rows_is_refused(rows, is_poison):
    with pytest.raises(
        ValueError, match=r"is_poison must be booleans of shape \(20,\)"
    ):
        OracleFilter(is_poison).fit(*rows)
