"""Every attack poisons any table, or says what is wrong with it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import skpoison.attacks

from ._attacks import ON_LABELS, ON_VALUES, unit
from ._cases import answered_or_refused, fuzzed
from ._tables import odd_tables, tables

ordinary_or_odd = st.one_of(tables(), odd_tables())
values_ordinary_or_odd = st.one_of(tables(regression=True), odd_tables(regression=True))


def test_every_public_attack_is_fuzzed():
    fuzzed_attacks = {name.split("-")[0] for name in ON_LABELS | ON_VALUES}
    assert fuzzed_attacks == set(skpoison.attacks.__all__)


def check_poison(make, X, y):
    before = X.copy(), y.copy()
    with answered_or_refused() as outcome:
        attack, aim = make(X, y)
        poisoned = attack.fit_poison(X, y, **aim)
        again = make(X, y)[0].fit_poison(X, y, **aim)
    for now, copy in zip((X, y), before):
        assert repr(now.tolist()) == repr(copy.tolist())
    if outcome.refused:
        return
    n = len(poisoned.y)
    assert poisoned.X.shape == (n, *X.shape[1:])
    assert poisoned.y.shape == poisoned.is_poison.shape == (n,)
    assert poisoned.is_poison.dtype == bool
    assert (np.flatnonzero(poisoned.is_poison) == np.sort(attack.poison_indices_)).all()
    assert n in (len(y), len(y) + poisoned.is_poison.sum())
    clean = np.flatnonzero(~poisoned.is_poison)
    np.testing.assert_array_equal(poisoned.X[clean], X[clean])
    np.testing.assert_array_equal(poisoned.y[clean], y[clean])
    if reads_rows(attack):
        assert np.isfinite(poisoned.X.astype(float)).all()
    np.testing.assert_array_equal(again.X, poisoned.X)
    np.testing.assert_array_equal(again.y, poisoned.y)


def reads_rows(attack):
    """Random flips and triggers of values take rows with gaps."""
    gaps = getattr(attack, "strategy", "") == "random"
    return not gaps and getattr(attack, "trigger", "") != "values"


@pytest.mark.parametrize("name", ON_LABELS)
@fuzzed
@given(table=ordinary_or_odd, scaled=st.booleans())
def test_labels_are_poisoned_or_refused(name, table, scaled):
    X = unit(table.X) if scaled else table.X
    check_poison(ON_LABELS[name], X, table.y)


@pytest.mark.parametrize("name", ON_VALUES)
@fuzzed
@given(table=values_ordinary_or_odd, scaled=st.booleans())
def test_targets_are_poisoned_or_refused(name, table, scaled):
    X, y = (unit(table.X), unit(table.y)) if scaled else (table.X, table.y)
    check_poison(ON_VALUES[name], X, y)
