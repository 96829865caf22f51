"""The page needs nothing from outside, and shows hostile text as text."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from skpoison.audit._html import report_as_html

from .conftest import make_table, quick_audit

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</td></table><style>*{display:none}</style>",
    "=cmd|' /C calc'!A0",
    "nul\0byte",
    "<!-- --><svg/onload=alert(1)>",
]
KNOWN = (
    *("html", "head", "meta", "title", "style", "link", "body", "script"),
    *("h1", "h2", "p", "ul", "li", "dl", "dt", "dd", "div", "button", "img"),
    *("table", "thead", "tbody", "tr", "th", "td"),
    *("svg", "rect", "line", "polyline", "text"),
)


class Reader(HTMLParser):
    """Collects the elements of a page, the references in them, and the text."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.cells = [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, *attribute) for attribute in attributes]

    def handle_data(self, data):
        self.cells.append(data)


def check_self_contained(page):
    reader = Reader(page)
    assert set(reader.tags) <= set(KNOWN)
    assert reader.tags.count("script") == 1
    for _, name, value in reader.attributes:
        assert not name.startswith("on")
        if name in ("src", "href"):
            assert value.startswith("data:")
    assert not re.search(r"https?://|@import|url\(", page)
    assert "\0" not in page
    return reader


@pytest.fixture(scope="module")
def hostile():
    """A table whose labels, columns, index and groups are hostile."""
    X, y, trusted, _ = make_table()
    X.columns = HOSTILE[:4]
    X.index = [HOSTILE[i % 6] + str(i) for i in range(len(X))]
    labels = np.array([HOSTILE[i] for i in (0, 3, 4)], dtype=object)
    y = labels[np.unique(y, return_inverse=True)[1]]
    groups = np.array(HOSTILE, dtype=object)[np.arange(len(y)) % 6]
    return quick_audit().fit(X, y, trusted=trusted, groups=groups)


def test_a_page_needs_nothing_from_outside(audit):
    reader = check_self_contained(audit.to_html())
    policy = next(v for t, n, v in reader.attributes if v and "default-src" in v)
    assert policy.startswith("default-src 'none'")


def test_a_page_tells_what_was_found(audit, tmp_path):
    page = audit.to_html(tmp_path / "audit.html")
    assert (tmp_path / "audit.html").read_text(encoding="utf-8") == page
    cells = Reader(page).cells
    suspects = audit.suspects_
    assert audit.report_.verdict.headline in cells
    assert set(suspects["evidence"]) <= set(cells)
    assert page.count("<tr>") == 1 + len(suspects) + 1 + 3


def test_hostile_text_is_shown_as_text(hostile):
    reader = check_self_contained(hostile.to_html())
    text = "".join(reader.cells)
    assert "<script>alert(1)</script>" in text
    assert "nul\\x00byte" in text


def test_hostile_text_is_no_formula_in_the_csv(hostile, tmp_path):
    hostile.to_csv(tmp_path / "suspects.csv")
    text = (tmp_path / "suspects.csv").read_text(encoding="utf-8")
    assert "\0" not in text
    assert not re.search(r'(^|,)"?[=@+]', text, re.MULTILINE)
    assert "'=cmd" in text


def test_labels_of_megabytes_are_cut():
    X, y, trusted, _ = make_table()
    y = y.astype(object)
    y[:20] = "c" * 10_000_000
    audit = quick_audit().fit(X, y, trusted=trusted)
    assert max(map(len, audit.report_.given)) == 10_000_000
    assert len(audit.to_html()) < 200_000
    assert len(audit.to_json()) < 200_000


def test_a_page_of_very_many_suspects_can_be_opened(audit):
    found = audit.report_
    n = 10**6
    label = np.broadcast_to(np.array('"' * 90, dtype=object), n)
    told = replace(
        found.explanations[0], words="x" * 500 + '"' * 120, suggested='"' * 90
    )
    report = replace(
        found,
        positions=np.arange(n),
        index=label,
        given=label,
        scores=np.resize(found.scores, n),
        q_values=np.resize(found.q_values, n),
        explanations=[told] * 1000,
        classes=found.classes * 1000,
        thumbnails=[b"x" * 5000] * 200,
    )
    page = report_as_html(report)
    assert len(page) < 5_000_000
    assert "The first 1,000 of 1,000,000 suspects." in page


def test_images_are_shown():
    rng = np.random.default_rng(0)
    y = np.arange(60) % 2
    X = rng.random((60, 8, 8)) * 0.2 + y[:, None, None] * 0.5
    y[[0, 1]] = 1 - y[[0, 1]]
    audit = quick_audit().set_params(estimator=None).fit(X, y)
    assert {0, 1} <= set(audit.suspects_["position"])
    page = audit.to_html()
    check_self_contained(page)
    assert page.count('src="data:image/png;base64,iVBOR') == len(audit.suspects_)
