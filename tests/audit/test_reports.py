"""The JSON and the CSV say what the audit found."""

import csv
import hashlib
import json

import numpy as np
import pandas as pd
import pytest

from skpoison.audit._csv import harmless
from skpoison.audit._digest import data_digest
from skpoison.audit._words import cell, shown

from .conftest import quick_audit


def test_the_json_is_the_twin_of_the_table(table, audit, tmp_path):
    text = audit.to_json(tmp_path / "audit.json")
    assert (tmp_path / "audit.json").read_text() == text
    content = json.loads(text)
    assert (content["schema"], content["schema_version"]) == ("skpoison-audit", 1)
    assert content["data"]["sha256"] == data_digest(table[0], table[1])
    assert content["verdict"]["poisoned"] is True
    suspects = audit.suspects_
    assert content["suspect_positions"] == suspects["position"].tolist()
    assert [s["evidence"] for s in content["suspects"]] == suspects["evidence"].tolist()
    assert sum(content["histogram"]["untrusted"]) == content["data"]["n_rows"] * 2 / 3


def test_a_json_without_trusted_rows_has_no_nan(table):
    content = json.loads(quick_audit().fit(table[0], table[1]).to_json())
    assert content["verdict"]["poisoned"] is None
    assert content["suspects"][0]["q_value"] is None


def test_the_csv_holds_all_suspects(table, tmp_path):
    X, y, trusted, _ = table
    audit = quick_audit(max_explained=2).fit(X, y, trusted=trusted)
    audit.to_csv(tmp_path / "suspects.csv")
    with (tmp_path / "suspects.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["position"]) for row in rows] == list(audit.suspects_["position"])
    told = [row["evidence"] for row in rows[:3]]
    assert told == [*audit.suspects_["evidence"][:2], ""]


@pytest.mark.parametrize(
    "text", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "  =1", "\uff1d1"]
)
def test_a_formula_becomes_text(text):
    assert harmless(text) == "'" + text


@pytest.mark.parametrize("value", [-1.5, 3, None, "cat", "a=b"])
def test_what_is_no_formula_stays(value):
    assert harmless(value) == value


def test_the_digest_tells_data_apart():
    X, y = np.arange(6.0).reshape(3, 2), np.array(["a", "b", "c"])
    digest = data_digest(X, y)
    assert digest == data_digest(X.copy(order="F"), y)
    assert len(digest) == len(hashlib.sha256().hexdigest())
    others = [
        data_digest(X + 1, y),
        data_digest(X, np.array(["ab", "", "c"])),
        data_digest(X.reshape(3, 1, 2), y),
        data_digest(pd.DataFrame(X, columns=["a", "b"]), y),
    ]
    assert len({digest, *others}) == 5


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("cat", "cat"),
        ("a\0b", "a\\x00b"),
        ("line\nbreak", "line\\nbreak"),
        ("\u202eturned", "\\u202eturned"),
        ("\udc80", "\\udc80"),
        (np.float32(0.5), "0.5"),
        ("x" * 200, "x" * 79 + "…"),
    ],
)
def test_what_a_terminal_would_act_on_is_escaped(value, text):
    assert shown(value) == text


def test_numbers_that_json_lacks_become_none():
    assert cell(np.nan) is None
    assert cell(np.float64("inf")) is None
    assert cell(np.int64(3)) == 3
