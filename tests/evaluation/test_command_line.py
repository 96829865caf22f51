"""The command line of the experiments: what it lists, runs, writes and refuses."""

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from skpoison.evaluation.__main__ import main
from skpoison.evaluation._experiments._experiment import SIZES
from skpoison.evaluation._experiments._papers import DE_POIS, NOT_MEASURED, PAPERS
from skpoison.evaluation._experiments._registry import EXPERIMENTS

ROOT = Path(__file__).parents[2]
QUICK = ["fourclass", "--quick", "--jobs", "1", "--strategies", "far", "--seeds", "1"]


def test_the_list_has_every_experiment_and_its_cost(capsys):
    assert main(["list"]) == 0
    printed = capsys.readouterr().out
    for name, experiment in EXPERIMENTS.items():
        assert f"\n{name} " in printed
        assert experiment.shows in printed
        assert experiment.stands_beside in printed
    assert all(f"{paper}, {item}: " in printed for paper, item in NOT_MEASURED)


def test_the_list_needs_no_torch():
    code = "import sys; from skpoison.evaluation.__main__ import main; main(['list'])"
    code += "; assert not {'torch', 'pandas'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_every_table_and_figure_of_the_papers_has_a_counterpart_or_a_reason():
    measured = {
        (paper, item)
        for experiment in EXPERIMENTS.values()
        for paper, items in experiment.counterparts.items()
        for item in items
    }
    asked = {(paper, item) for paper, items in PAPERS.items() for item in items}
    assert measured | set(NOT_MEASURED) == asked
    assert not measured & set(NOT_MEASURED)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_has_a_page_of_results(name):
    results = ROOT / "doc/results.md"
    (line,) = re.findall(
        rf"^\| {name} \| .* \| \[.*\]\((.*)\) \|$", results.read_text(), re.M
    )
    assert (results.parent / line).exists()


def test_the_budgets_are_kept():
    def minutes(size):
        return sum(e.minutes[size] for e in EXPERIMENTS.values() if size in e.options)

    # CPU minutes of two cores.
    assert minutes("quick") <= 2 * 5
    assert minutes("default") <= 2 * 90


@pytest.mark.parametrize("name", EXPERIMENTS)
@pytest.mark.parametrize("size", SIZES)
def test_options_of_every_size_are_understood(name, size):
    experiment = EXPERIMENTS[name]
    if size in experiment.options:
        assert experiment.command.parse(experiment.options[size]).jobs == 2


@pytest.mark.parametrize("name", ["matrix", "deep-knn-tables"])
def test_each_experiment_has_options_of_its_own(name, capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["run", name, "--help"])
    printed = capsys.readouterr().out
    assert EXPERIMENTS[name].command.DESCRIPTION.split()[0] in printed
    assert "--out" in printed


def test_run_without_a_name_says_how(capsys):
    assert main(["run"]) == 0
    assert "run NAME... | all" in capsys.readouterr().out


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return tmp_path_factory.mktemp("out")


@pytest.mark.data
def test_a_run_writes_a_page_and_the_rows(out, capsys):
    names = ["--defenses", "flag nothing", "trusted SVC", "Deep k-NN"]
    assert main(["run", *QUICK, "--out", str(out), *names]) == 0
    page = (out / "fourclass.md").read_text()
    assert page in capsys.readouterr().out
    assert "`python -m skpoison.evaluation run fourclass --quick" in page
    assert "CPU seconds" in page
    assert "| *De-Pois, the paper* | 0.929 ± 0.04 |" in page
    assert EXPERIMENTS["fourclass"].difference in page
    assert (out / "fourclass.png").stat().st_size > 10_000
    rows = pd.read_csv(out / "fourclass.csv")
    assert list(rows.defense) == names[1:]
    assert "seconds" not in rows
    assert list(pd.read_csv(out / "fourclass_times.csv")) == ["seconds"]


@pytest.mark.data
def test_workers_another_order_and_a_run_in_pieces_give_the_same_file(out):
    names = ["flag nothing", "trusted SVC", "Deep k-NN"]
    (out / "pieces").mkdir()

    def run(folder, *options):
        main(["run", *QUICK, "--out", str(out / folder), *options])
        return (out / folder / "fourclass.csv").read_bytes()

    whole = run("", "--defenses", *names)
    run("pieces", "--defenses", *names[2:])
    run("pieces", "--defenses", *names[:0:-1], "--strategies", "random", "far")
    assert run("pieces", "--defenses", *names, "--jobs", "2") == whole


def test_what_fails_is_told_by_the_exit_code_and_the_rest_runs(
    tmp_path, capsys, monkeypatch
):
    fourclass = EXPERIMENTS["fourclass"].command
    monkeypatch.setattr(fourclass, "main", lambda args: {}[args.out])
    depois = EXPERIMENTS["depois-times"].command
    monkeypatch.setattr(depois, "main", lambda args: {})
    assert main(["run", "depois-times", "fourclass", "--out", str(tmp_path)]) == 1
    printed = capsys.readouterr()
    assert "Failed: fourclass." in printed.err
    assert "# depois-times" in printed.out


@pytest.mark.parametrize("name", ["five-class", "--seeds"])
def test_an_unknown_experiment_or_option_is_refused(name, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["run", "matrix", name, "3"])
    assert name in capsys.readouterr().err


@pytest.mark.parametrize(
    ("module", "extra"), [("pandas", "data"), ("matplotlib", "plot")]
)
def test_a_missing_package_is_named_with_its_extra(module, extra, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    message = rf'needs {module}: pip install "skpoison\[{extra}\]"'
    with pytest.raises(ImportError, match=message):
        main(["run", "fourclass", "--quick"])


def test_rows_of_table_three_of_de_pois_are_measured():
    from skpoison.evaluation._depois._defenses import DEFENSES
    from skpoison.evaluation._depois._paper import TABLE_III
    from skpoison.evaluation._fourclass import _defenses as flips
    from skpoison.evaluation._fourclass import _paper as of_flips
    from skpoison.evaluation._house_prices import _defenses as houses
    from skpoison.evaluation._house_prices import _paper as of_houses

    lines = {attack: DEFENSES[attack] for attack in TABLE_III}
    published = dict(TABLE_III)
    lines |= {"LF": flips.DEFENSES, "R": houses.DETECTORS}
    published |= {"LF": of_flips.PAPER, "R": of_houses.PAPER}
    assert DE_POIS in PAPERS
    for attack, tables in published.items():
        for metric in tables:
            assert set(tables.of(metric).index) <= set(lines[attack])
