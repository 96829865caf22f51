"""Tables as files: as programs write them, and as they arrive."""

import gzip

import numpy as np
from hypothesis import strategies as st

CELLS = [
    "",
    " ",
    "NaN",
    "inf",
    "-1e400",
    "99999999999999999999999999",
    "1,5",
    '"',
    '"open',
    'a "quoted" word',
    "two\nlines",
    "carriage\rreturn",
    "\x00",
    "\ufeff",
    "\u202egnp",
    "=1+1",
    "2024-02-30",
    "2024-01-01",
    "0001-01-01",
    "2024-01-01T00:00:00+25:00",
    "True",
    "z" * 5000,
]
HEADERS = (
    ["a", "b", "checked", "y"],
    ["a", "a", "checked", "y"],
    ["", "", "checked", "y"],
    ["a", "b", "y", "y"],
    ["a", "b", "checked", "Y"],
    ["<b>", "a\nb", "checked", "y"],
    ["Unnamed: 0", "a.1", "checked", "y"],
)


@st.composite
def csv_bytes(draw):
    """A CSV file: a table, its odd cells, its odd ways to write them, its odd end."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.sampled_from([0, 1, 2, 5, 30, 30, 60]))
    codes = rng.integers(0, 2, n)
    target = draw(st.sampled_from(["words", "numbers", "values", "one", "many"]))
    targets = {
        "words": lambda i: "cat" if codes[i] else "dog",
        "numbers": lambda i: str(codes[i]),
        "values": lambda i: repr(codes[i] + rng.normal()),
        "one": lambda i: "1",
        "many": lambda i: str(i),
    }[target]
    rows = [
        [
            f"{codes[i] * 4 + rng.normal():.3f}",
            draw(st.sampled_from(["x", "7"])) if i < 3 else str(codes[i]),
            str(int(rng.random() < 0.5)),
            targets(i),
        ]
        for i in range(n)
    ]
    for _ in range(draw(st.integers(0, 2))):
        if rows:
            row = rows[rng.integers(n)]
            row[rng.integers(len(row))] = draw(st.sampled_from(CELLS))
    if rows and draw(st.integers(0, 9)) == 0:
        row = rows[rng.integers(n)]
        draw(st.sampled_from([row.pop, lambda: row.append("more"), row.clear]))()
    quote = draw(st.sampled_from(["needed", "needed", "all", "never"]))
    end = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    header = draw(st.sampled_from([HEADERS[0], HEADERS[0], *HEADERS]))
    text = end.join(",".join(_quoted(c, quote) for c in row) for row in [header, *rows])
    text += draw(st.sampled_from([end, "", end + end]))
    encoding = draw(st.sampled_from(["utf-8"] * 4 + ["utf-8-sig", "utf-16"]))
    return text.encode(encoding)


def _quoted(cell, how):
    if how == "all" or (how == "needed" and any(c in cell for c in ',"\n\r')):
        return '"' + cell.replace('"', '""') + '"'
    return cell


@st.composite
def damaged(draw, files):
    """A file, perhaps zipped, perhaps cut short, perhaps with some bytes changed."""
    content = bytearray(draw(files))
    zipped = draw(st.integers(0, 3)) == 0
    if zipped:
        content = bytearray(gzip.compress(bytes(content), mtime=0))
    if content and draw(st.integers(0, 3)) == 0:
        content = content[: draw(st.integers(0, len(content)))]
    if content and draw(st.integers(0, 4)) == 0:
        content[draw(st.integers(0, len(content) - 1))] = draw(st.integers(0, 255))
    return ("train.csv.gz" if zipped else "train.csv"), bytes(content)
