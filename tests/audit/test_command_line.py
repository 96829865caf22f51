"""The command line: its verdict, its exit code, and what it leaves alone."""

import gzip
import json

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from skpoison.audit.command_line import main
from skpoison.audit.command_line._records import copy_records
from skpoison.audit.command_line._unusable import UnusableInput

from .conftest import make_table


@pytest.fixture(scope="module")
def frame():
    """The table with a column of each kind, and the target and trusted rows in it."""
    X, y, trusted, _ = make_table()
    X = X.reset_index(drop=True)
    X["day"] = "2024-01-0" + (X.index // 7 % 9 + 1).astype(str)
    X["word"] = np.where(X.index % 2, "x", None)
    X.loc[::7, "a"] = np.nan
    return X.assign(checked=trusted.astype(int), y=y)


@pytest.fixture(autouse=True)
def quick_model(monkeypatch):
    monkeypatch.setattr(
        "skpoison.audit._poison_audit.model_of", lambda *_: LogisticRegression()
    )


@pytest.fixture
def file(frame, tmp_path):
    frame.to_csv(tmp_path / "train.csv", index=False)
    return tmp_path / "train.csv"


OPTIONS = ("--target", "y", "--trusted", "checked")


def run(command, *arguments):
    return main([command, *map(str, arguments)])


def refused(capsys, *arguments):
    """The sentence with which a command refuses."""
    assert run(*arguments) == 2
    sentence = capsys.readouterr().err
    assert sentence.startswith("skpoison: ")
    assert sentence.count("\n") == 1
    return sentence


def test_a_poisoned_table_ends_with_3_and_reports(file, capsys):
    out = file.parent / "new" / "report"
    assert run("audit", file, *OPTIONS, "--group", "word", "--out", out) == 3
    assert "Poisoned: at least" in capsys.readouterr().out
    content = json.loads((out / "audit.json").read_text())
    assert content["data"]["file"] == str(file)
    assert content["verdict"]["poisoned"] is True
    assert {group["name"] for group in content["groups"]} == {"x", "nan"}
    assert (out / "audit.html").exists()
    assert len(pd.read_csv(out / "suspects.csv")) == content["verdict"]["n_suspects"]


def test_below_the_limit_is_0(file):
    assert run("audit", file, *OPTIONS, "--fail-above", ".5") == 0


def test_kept_rows_keep_their_text(file, frame):
    lines = file.read_bytes().splitlines(keepends=True)
    # Another line end, quotes that are not needed, a blank line, no last line end.
    lines[5] = lines[5].replace(b"\n", b"\r\n")
    lines[7] = b'"' + lines[7].replace(b",", b'","')[:-1] + b'"\n'
    lines.insert(9, b"\n")
    lines[-1] = lines[-1].rstrip(b"\n")
    file.write_bytes(b"".join(lines))
    kept = file.parent / "kept.csv"
    assert run("clean", file, *OPTIONS, "-o", kept) == 0
    assert file.read_bytes() == b"".join(lines)
    written = kept.read_bytes().splitlines(keepends=True)
    assert 300 < len(written) < len(lines)
    rest = iter(lines)
    assert all(line in rest for line in written)
    assert {lines[0], lines[9]} <= set(written)
    assert [path.name for path in file.parent.iterdir()] == ["train.csv", "kept.csv"]


def test_trusted_rows_may_stand_in_a_file_of_their_own(frame, tmp_path, capsys):
    trusted = frame["checked"] == 1
    frame = frame.drop(columns="checked")
    frame[~trusted].to_csv(tmp_path / "train.csv.gz", index=False)
    frame[trusted].to_csv(tmp_path / "clean.csv", index=False)
    kept = tmp_path / "kept.csv.gz"
    given = (tmp_path / "train.csv.gz", "--target", "y", "--trusted-file")
    assert run("clean", *given, tmp_path / "clean.csv", "-o", kept) == 0
    assert "Rows from 260 on are those of" in capsys.readouterr().err
    with gzip.open(kept, "rt") as file:
        assert 200 < len(pd.read_csv(file)) < 260


def test_without_trusted_rows_it_ranks_and_promises_nothing(file, capsys):
    assert run("audit", file, "--target", "y", "--drop", "checked") == 0
    assert "It cannot be told" in capsys.readouterr().out
    sentence = refused(capsys, "audit", file, "--target", "y", "--fail-above", ".1")
    assert "--fail-above needs trusted rows" in sentence
    kept = file.parent / "kept.csv"
    assert "clean needs" in refused(capsys, "clean", file, "--target", "y", "-o", kept)
    assert not kept.exists()


def test_a_path_is_named_whole(tmp_path, capsys):
    path = tmp_path / f"{'folder' * 20}.csv"
    assert f"{path} is no file" in refused(capsys, "audit", path, "--target", "y")


def test_the_input_is_never_written_over(file, capsys):
    before = file.read_bytes()
    link = file.parent / "link.csv"
    link.symlink_to(file)
    hard = file.parent / "suspects.csv"
    hard.hardlink_to(file)
    for goal in (file, link, hard):
        sentence = refused(capsys, "clean", file, *OPTIONS, "-o", goal)
        assert "is the input" in sentence
    sentence = refused(capsys, "audit", file, *OPTIONS, "--out", file.parent)
    assert "suspects.csv is the input" in sentence
    assert file.read_bytes() == before


def test_what_is_no_table_is_refused(file, capsys):
    here = file.parent
    target = ("--target", "y")
    (here / "empty.csv").write_text("")
    (here / "ragged.csv").write_text("a,y\n1,2\n1,2,3\n")
    (here / "wide.csv").write_text("a,y\n1,2,3\n1,2,3\n")
    (here / "latin.csv").write_bytes("a,y\ncaf\u00e9,2\n".encode("latin-1"))
    (here / "no.parquet").write_text("no")
    for name, words in {
        "missing.csv": "is no file",
        "empty.csv": "is empty",
        "ragged.csv": "cannot be read as CSV",
        "wide.csv": "cannot be read as CSV",
        "latin.csv": "is not in UTF-8",
    }.items():
        assert words in refused(capsys, "audit", here / name, *target)
    refused(capsys, "audit", here / "no.parquet", *target)
    for separator in ('"', "\n"):
        refused(capsys, "audit", file, *OPTIONS, "--sep", separator)


@pytest.mark.parametrize("damage", ["short", "header", "changed"])
def test_a_damaged_zipped_file_is_refused(file, capsys, damage):
    zipped = bytearray(gzip.compress(file.read_bytes(), mtime=0))
    if damage == "changed":
        zipped[40:60] = bytes(20)
    else:
        del zipped[1000 if damage == "short" else 2 :]
    path = file.with_suffix(".csv.gz")
    path.write_bytes(zipped)
    kept = file.with_name("kept.csv.gz")
    for command in (("audit", path, *OPTIONS), ("clean", path, *OPTIONS, "-o", kept)):
        assert "cannot be read as CSV" in refused(capsys, *command)


def test_blank_lines_before_the_header_are_no_header(file, tmp_path, capsys):
    file.write_bytes(b"\n\n" + file.read_bytes())
    kept = tmp_path / "kept.csv"
    assert run("clean", file, *OPTIONS, "-o", kept) == 0
    assert kept.read_bytes().startswith(b"\n\na,b,c,d,")
    (tmp_path / "blank.csv").write_bytes(b"\x1f")
    target = ("--target", "y")
    assert "is empty" in refused(capsys, "audit", tmp_path / "blank.csv", *target)


def test_kept_rows_stay_in_the_format_of_the_file(file, capsys):
    goal = file.parent / "kept.parquet"
    assert "of the kind of" in refused(capsys, "clean", file, *OPTIONS, "-o", goal)


def test_records_that_cannot_be_told_apart_are_refused(tmp_path):
    source, goal = tmp_path / "train.csv", tmp_path / "kept.csv"
    source.write_text("a,y\n1,2\n3,4\n")
    with pytest.raises(UnusableInput, match="has 2 records .* and 3 were read"):
        copy_records(source, goal, ",", [True, True, True])


def test_columns_that_cannot_be_used_are_refused(file, capsys):
    assert "has no column 'z'; it has a, b" in refused(
        capsys, "audit", file, "--target", "z"
    )
    assert "says 'cat' in row" in refused(
        capsys, "audit", file, "--target", "a", "--trusted", "y"
    )
    assert "--sep takes one character" in refused(
        capsys, "audit", file, *OPTIONS, "--sep", "ab"
    )
    small = file.parent / "small.csv"
    small.write_text("a,a,y,y\n1,2,3,4\n")
    assert "2 columns 'y'" in refused(capsys, "audit", small, "--target", "y")
    small.write_text("y\n1\n2\n")
    assert "no column besides y" in refused(capsys, "audit", small, "--target", "y")
    small.write_text("a,y\n1,cat\n2,\n")
    assert "contains NaN" in refused(capsys, "audit", small, "--target", "y")
    small.write_text("b,y\n1,cat\n")
    both = (file, "--target", "y", "--trusted-file", small)
    assert "other columns" in refused(capsys, "audit", *both)
    small.write_text("a,b,c,d,day,word,checked,y\n1,2,3,4,,x,1,0\n")
    assert "numbers in one of the files" in refused(capsys, "audit", *both)


def test_options_that_make_no_sense_end_with_2(file):
    for options in ((), ("--target", "y", "--fail-above", "2")):
        with pytest.raises(SystemExit) as ended:
            run("audit", file, *options)
        assert ended.value.code == 2


def test_hostile_text_goes_through_unharmed(frame, tmp_path, capsys):
    hostile = np.array(
        ["=cmd|' /C calc'!A0", "<script>alert(1)</script>", 'a "quoted"\nline', "x"]
    )
    frame = frame.assign(text=hostile[frame.index % 4], **{"<b>,\n": 1})
    frame.loc[3, "text"] = "z" * 10_000_000
    frame["y"] = "<i>" + frame["y"] + "</i>"
    frame = frame.rename(columns={"b": "a"})
    path, kept = tmp_path / "train.csv", tmp_path / "kept.csv"
    frame.to_csv(path, index=False)
    assert run("clean", path, *OPTIONS, "-o", kept) == 0
    back = pd.read_csv(kept)
    header = frame.head(0).to_csv(index=False)
    assert kept.read_text(encoding="utf-8").startswith(header)
    assert 300 < len(back) < len(frame)
    assert set(back["text"]) == set(frame["text"])


def test_a_nul_byte_in_a_cell_is_carried(frame, tmp_path):
    path, kept = tmp_path / "train.csv", tmp_path / "kept.csv"
    frame = frame.assign(text="x")
    frame.loc[3, "text"] = "a\0b"
    frame.to_csv(path, index=False)
    assert run("clean", path, *OPTIONS, "-o", kept) == 0
    assert b"a\0b" in kept.read_bytes()


def test_parquet_keeps_its_values(frame, tmp_path):
    pytest.importorskip("pyarrow")
    path, kept = tmp_path / "train.parquet", tmp_path / "kept.parquet"
    frame = frame.assign(row=frame.index)
    frame.to_parquet(path)
    assert run("clean", path, *OPTIONS, "--drop", "row", "-o", kept) == 0
    back = pd.read_parquet(kept)
    assert 300 < len(back) < len(frame)
    expected = frame.loc[back["row"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(back, expected)
