"""Every code block of the documentation runs as a reader would paste it.

The python blocks of a page run in their order, in one namespace and an empty folder;
the package's own command lines run on a small table, the `train.csv` of a reader. What
installs is named below.
"""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from matplotlib import pyplot
from sklearn.datasets import load_breast_cancer

from skpoison.audit.command_line import main

ROOT = Path(__file__).parent.parent
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "doc").glob("*.md")),
    *sorted((ROOT / "doc/results").glob("*.md")),
    *sorted((ROOT / "doc/user_guide").glob("*.md")),
]
NOT_RUN = {
    "pip install": "installs",
    "python3 -m venv": "installs; .ci/run takes it from the README",
    ".venv/bin/pip": "installs; .ci/run takes it from the README",
    ".ci/dev setup": "installs",
}
EXIT_CODES = {"audit": 3, "clean": 0}  # 3: more is poison than is allowed
BLOCK = re.compile(r"^```(\S*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page, language):
    found = BLOCK.findall(page.read_text())
    return [text for name, text in found if name == language]


def pages_with(language):
    return [
        pytest.param(page, id=str(page.relative_to(ROOT)))
        for page in PAGES
        if blocks(page, language)
    ]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder of a reader who has a table, a tenth of which is wrong."""
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    checked = np.random.default_rng(0).random(len(y)) < 0.3
    table = X.iloc[:, :5].assign(label=y, checked=checked.astype(int))
    wrong = ~checked & (np.arange(len(y)) % 7 == 0)
    table.loc[wrong, "label"] = 1 - table.loc[wrong, "label"]
    table.to_csv(tmp_path / "train.csv", index=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", pages_with("python"))
def test_the_python_of_a_page_runs(page, folder):
    pyplot.switch_backend("Agg")
    (folder / "train.csv").unlink()
    names = {}
    try:
        for block in blocks(page, "python"):
            exec(compile(block, page, "exec"), names)
    finally:
        pyplot.close("all")


@pytest.mark.parametrize("page", pages_with("bash"))
def test_the_command_lines_of_a_page_run(page, folder):
    for line in "".join(blocks(page, "bash")).splitlines():
        if not line.startswith(tuple(NOT_RUN)):
            program, *arguments = shlex.split(line)
            assert program == "skpoison", f"add to NOT_RUN, with a reason: {line}"
            assert main(arguments) == EXIT_CODES[arguments[0]], line


def test_every_block_names_its_language():
    for page in PAGES:
        for language, _ in BLOCK.findall(page.read_text()):
            assert language in {"python", "bash"} or language.startswith("{"), page
