"""Shares of rows: how many they are, and that none at all is told."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from skpoison._utils.shares import offset_of_lowest, warn_of_empty_share
from skpoison.attacks import LabelFlipAttack
from skpoison.defenses import (
    DUTIFilter,
    L2CentroidFilter,
    RandomEvictionFilter,
    SeverFilter,
    SphereSlabFilter,
    TRIMRegressor,
)
from skpoison.exceptions import DegenerateFilterWarning, EmptyShareWarning

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 3))
y = np.repeat(["large", "small"], [40, 20])
values = X @ [1.0, 2.0, 3.0] + 0.1 * rng.normal(size=60)
trusted = np.arange(60) % 2 == 0


@pytest.mark.parametrize(
    ("fit", "message"),
    [
        (lambda: L2CentroidFilter(0.03).fit(X, y), r"contamination=0.03.*\['small'\]"),
        (lambda: L2CentroidFilter().fit(X, y), r"\['large', 'small'\]: of 40 rows"),
        (lambda: RandomEvictionFilter(0.01).fit(X, y), "rate=0.01 .* of 60 rows"),
        (
            lambda: SphereSlabFilter(contamination=0.03).fit(X, y),
            r"contamination=0.03.*\['small'\]",
        ),
        (
            lambda: SeverFilter(
                LogisticRegression(), contamination=0.02, random_state=0
            ).fit(X, y),
            r"contamination=0.02 in 4 rounds .*\['small'\]",
        ),
        (
            lambda: SeverFilter(Ridge(), contamination=0.001).fit(X, values),
            "contamination=0.001 in 4 rounds",
        ),
        (
            lambda: TRIMRegressor(Ridge(), contamination=0.01).fit(X, values),
            "contamination=0.01 .* of 60 rows",
        ),
        (
            lambda: DUTIFilter(contamination=0.03).fit(X, y, trusted=trusted),
            "contamination=0.03 .* of 30 rows",
        ),
        (
            lambda: DUTIFilter("regression", contamination=0.03).fit(
                X, values, trusted=trusted
            ),
            "contamination=0.03 .* of 30 rows",
        ),
        (
            lambda: LabelFlipAttack(rate=0.001).fit_poison(X, y),
            "rate=0.001 .* of 60 rows or fewer none is flipped",
        ),
    ],
)
def test_a_share_of_less_than_one_row_is_told(fit, message):
    with pytest.warns(EmptyShareWarning, match=message) as caught:
        fit()
    assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.parametrize(
    ("share", "sizes"), [(0, [60]), (0.5, [2, 40]), (0.29, [100]), (0.01, [0, 100])]
)
def test_other_shares_are_not_warned_of(share, sizes):
    warn_of_empty_share("rate", share, sizes)


def test_nothing_to_remove_is_a_choice():
    RandomEvictionFilter(0.0).fit(X, y)
    TRIMRegressor(Ridge(), contamination=0.0).fit(X, values)
    LabelFlipAttack(rate=0.0).fit_poison(X, y)


@pytest.mark.parametrize(
    ("scores", "n_gone", "gone"),
    [([3, 1, 2, 4], 2, 2), ([1, 2, 2, 4], 2, 1), ([1, 1, 1], 3, 3), ([], 0, 0)],
)
def test_the_lowest_scores_go_and_those_that_tie_at_the_cut_stay(scores, n_gone, gone):
    scores = np.array(scores, dtype=float)
    offset = offset_of_lowest(scores, n_gone, advice="")
    assert np.sum(scores < offset) == gone


def test_ties_that_leave_nothing_to_remove_are_told():
    with pytest.warns(DegenerateFilterWarning, match="3 of 4 .* Go on.") as caught:
        offset_of_lowest(np.array([1.0, 1, 1, 4]), 2, advice="Go on.")
    assert len(caught) == 1
