"""The order of rows: from their contents alone, whatever these are."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import coo_array, csc_array, csr_array

from skpoison._utils.canonical_order import canonical_order
from skpoison._utils.containers import take_rows

N_ROWS = 40
rng = np.random.default_rng(0)
NUMBERS = rng.normal(size=(N_ROWS, 3))
GAPS = NUMBERS.copy()
GAPS[::3, 1], GAPS[1::5, 1], GAPS[2::7, 1] = np.nan, np.inf, -np.inf
WORDS = rng.choice(["ant", "bee", "cat", "dog"], (N_ROWS, 4))
ROWS = {
    "numbers": NUMBERS,
    "gaps": GAPS,
    "gaps alone": np.where(rng.random((N_ROWS, 12)) < 0.5, np.nan, 1.0),
    "sparse": csr_array(NUMBERS * (NUMBERS > 0)),
    "sparse gaps": csr_array(GAPS),
    "words": WORDS,
    "objects": WORDS.astype(object),
    "texts": [" ".join(row) for row in WORDS],
    "lists": WORDS.tolist(),
    "images": rng.normal(size=(N_ROWS, 2, 3, 3)),
    "mixed": pd.DataFrame(GAPS).assign(word=WORDS[:, 0], missing=[None, "a"] * 20),
    "categories": pd.DataFrame(WORDS).astype("category").assign(size=NUMBERS[:, 0]),
    "dates": pd.DataFrame({"day": pd.date_range("2020-01-01", periods=N_ROWS)}),
    "nullable": pd.DataFrame({"a": pd.array([1, None] * 20, dtype="Int64")}).assign(
        b=NUMBERS[:, 0]
    ),
}


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
def test_the_order_follows_from_the_contents(rows):
    label = np.arange(N_ROWS)
    shuffle = np.random.default_rng(1).permutation(N_ROWS)
    shuffled, labels = take_rows(shuffle, rows, label)
    assert_array_equal(
        labels[canonical_order(shuffled, labels)], canonical_order(rows, label)
    )


def test_numbers_are_ordered_by_their_projection():
    direction = np.random.default_rng(0).normal(size=3)
    expected = np.argsort(np.einsum("ij,j->i", NUMBERS, direction), kind="stable")
    assert_array_equal(canonical_order(NUMBERS), expected)
    assert_array_equal(canonical_order(pd.DataFrame(NUMBERS)), expected)


@pytest.mark.parametrize("format", [csc_array, coo_array])
def test_the_format_of_sparse_rows_does_not_matter(format):
    X = ROWS["sparse"]
    assert_array_equal(canonical_order(format(X)), canonical_order(X))


def test_equal_rows_are_ordered_by_the_columns():
    X = np.full((4, 2), "same")
    assert_array_equal(canonical_order(X, [1, 0, 0, 1], [0, 1, 0, 1]), [2, 1, 0, 3])
