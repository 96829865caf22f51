"""The command line ends with a verdict or with one sentence, whatever the file is."""

import io
import re
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from skpoison.audit.command_line import main

from ._cases import fuzzed
from ._files import csv_bytes, damaged
from ._tables import tables

pytestmark = pytest.mark.usefixtures("quick_models")


def check_command(name, content, command, options):
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        goal = {
            "audit": ("--out", str(Path(folder) / "out")),
            "clean": ("-o", str(path.with_name("kept" + "".join(path.suffixes)))),
        }[command]
        out, told = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(told):
            code = main([command, str(path), *options, *goal])
        event(f"exit code {code}")
        assert path.read_bytes() == content
        assert code in (0, 2, 3)
        sentences = told.getvalue().splitlines()
        refusals = [line for line in sentences if line.startswith("skpoison: ")]
        assert len(refusals) == (code == 2)
        for line in sentences:
            assert re.match(r"(skpoison|warning): \S.{15,}", line), line
            assert "Traceback" not in line
        if code == 2:
            left = {p.name for p in Path(folder).iterdir()} - {path.name}
            assert not left
        else:
            assert out.getvalue()


OPTIONS = st.sampled_from(
    [
        ("--target", "y"),
        ("--target", "y", "--trusted", "checked"),
        ("--target", "y", "--trusted", "checked", "--task", "classification"),
        ("--target", "y", "--trusted", "checked", "--task", "regression"),
        ("--target", "y", "--trusted", "checked", "--group", "b", "--drop", "a"),
        ("--target", "a", "--drop", "y"),
        ("--target", "y", "--sep", ";"),
        ("--target", "y", "--sep", '"'),
        ("--target", "y", "--sep", "\n"),
        ("--target", "y", "--sep", "\\"),
        ("--target", "y", "--sep", "é"),
    ]
)
COMMANDS = st.sampled_from(["audit", "clean"])


@fuzzed
@given(file=damaged(csv_bytes()), command=COMMANDS, options=OPTIONS)
def test_any_csv_is_audited_or_refused(file, command, options):
    check_command(*file, command, options)


@fuzzed
@given(content=st.binary(max_size=200), command=COMMANDS, options=OPTIONS)
def test_any_bytes_are_refused(content, command, options):
    check_command("train.csv", content, command, options)


@fuzzed
@given(
    table=tables(),
    kept=st.floats(0, 1.3),
    command=COMMANDS,
    options=OPTIONS,
)
def test_a_parquet_file_cut_short_is_refused(table, kept, command, options):
    pytest.importorskip("pyarrow")
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(table.X).rename(columns=str)
    frame["checked"], frame["y"] = table.trusted.astype(int), table.y
    whole = frame.to_parquet()
    content = whole[: int(kept * len(whole))]
    check_command("train.parquet", content, command, options)
