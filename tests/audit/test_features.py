"""Numbers for the cells of a table."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import random_array
from sklearn.preprocessing import OneHotEncoder

from skpoison.audit._features import encoder_of

from .conftest import make_table, quick_audit


def encode(X):
    return encoder_of(X).fit(X).transform(X)


def test_numbers_are_standardised_and_gaps_marked():
    X = pd.DataFrame({"a": [1.0, 2.0, 3.0, np.nan], "b": [1, 2, 3, np.inf]})
    features = encode(X)
    assert features.shape == (4, 4)
    np.testing.assert_allclose(features[:3, 0], [-np.sqrt(2), 0, np.sqrt(2)], 1e-5)
    assert features[3, 0] == 0
    assert features[3, 2] > features[0, 2]


def test_dates_are_numbers_of_days():
    days = pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03", None])
    features = encode(pd.DataFrame({"day": days}))
    np.testing.assert_allclose(np.diff(features[:3, 0]), np.sqrt(2), 1e-2)
    assert np.isfinite(features).all()


@pytest.mark.parametrize("dtype", [object, "str", "category"])
def test_words_are_categories_and_unknown_ones_nothing(dtype):
    X = pd.DataFrame({"word": ["a", "b", None, "a"]}).astype(dtype)
    encoder = encoder_of(X).fit(X)
    assert encoder.transform(X).sum(axis=1).tolist() == [1, 1, 1, 1]
    assert encoder.transform(X.assign(word="new")).sum() == 0


def test_many_categories_share_a_column():
    X = pd.DataFrame({"word": [f"w{i}" for i in range(500)]})
    assert encode(X).shape == (500, 20)


def test_booleans_are_numbers_and_an_array_of_words_is_taken():
    assert encode(pd.DataFrame({"yes": [True, False]})).shape == (2, 1)
    assert encode(np.array([["a", "b"], ["c", "b"]])).shape == (2, 3)


def test_sparse_rows_are_projected():
    X = random_array((150, 200), density=0.1, format="csr", random_state=0)
    assert encode(X).shape == (150, 100)


def test_sparse_rows_are_audited():
    _, y, _, _ = make_table()
    X = random_array((len(y), 30), density=0.2, format="csr", random_state=0)
    assert len(quick_audit().fit(X, y).sample_scores_) == len(y)


def test_sparse_features_are_refused():
    X, y, _, _ = make_table()
    with pytest.raises(ValueError, match="TruncatedSVD"):
        quick_audit(embedding=OneHotEncoder()).fit(X.round(), y)


def test_names_of_columns_may_be_equal_or_of_any_type():
    X, y, trusted, _ = make_table()
    X.columns = ["a", "a", 3, None]
    audit = quick_audit().set_params(estimator=None).fit(X, y, trusted=trusted)
    assert audit.poisoned_
