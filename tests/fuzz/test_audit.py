"""An audit reports on any table, or says what is wrong with it."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skpoison.audit import PoisonAudit

from ._cases import answered_or_refused, fuzzed
from ._containers import containers, foreign_frames
from ._tables import odd_tables, tables
from .test_filters import known

pytestmark = pytest.mark.usefixtures("quick_models")


def check_audit(X, y, table):
    with answered_or_refused() as outcome:
        audit = PoisonAudit(random_state=0).fit(X, y, **known(table))
    if outcome.refused:
        return
    n = len(table.y)
    assert audit.inlier_mask_.shape == audit.sample_scores_.shape == (n,)
    assert np.isfinite(audit.sample_scores_).all()
    assert audit.inlier_mask_[table.trusted].all()
    report = json.loads(audit.to_json())
    assert report["verdict"]["n_suspects"] == (~audit.inlier_mask_).sum()
    assert len(audit.suspects_) == (~audit.inlier_mask_).sum()
    assert audit.to_html().startswith("<!DOCTYPE html>")


any_table = st.one_of(
    *(made(regression=r) for made in (tables, odd_tables) for r in (False, True))
)


@fuzzed
@given(table=any_table)
def test_any_table_is_audited_or_refused(table):
    check_audit(table.X, table.y, table)


@fuzzed
@given(table=tables(), container=containers)
def test_any_container_is_audited_or_refused(table, container):
    check_audit(*container(table.X, table.y), table)


@pytest.mark.parametrize("package", ["polars", "pyarrow"])
@fuzzed
@given(table=tables())
def test_frames_of_other_packages_are_audited_or_refused(package, table):
    pytest.importorskip(package)
    check_audit(*foreign_frames()[package](table.X, table.y), table)
