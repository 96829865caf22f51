"""The command line of the experiments: what it says and what it refuses."""

import subprocess
import sys

import pytest

from skpoison.evaluation.__main__ import EXPERIMENTS, main


def test_help_names_every_experiment_and_its_cost(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    printed = " ".join(capsys.readouterr().out.split())
    for name, (text, _) in EXPERIMENTS.items():
        assert f"{name} {text}" in printed
        assert "of one core" in text


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_each_experiment_says_how_it_is_called_and_what_it_costs(name, capsys):
    with pytest.raises(SystemExit, match="0"):
        main([name, "--help"])
    printed = capsys.readouterr().out
    assert f"usage: python -m skpoison.evaluation {name} " in printed
    assert "minutes" in printed or "hour" in printed
    assert "--results" in printed


def test_the_module_runs():
    command = [sys.executable, "-m", "skpoison.evaluation", "fourclass", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "Label flips on Fourclass" in done.stdout


def test_an_unknown_experiment_is_refused(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["five-class"])
    assert "'five-class'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("module", "extra"), [("pandas", "data"), ("matplotlib", "plot")]
)
def test_a_missing_package_is_named_with_its_extra(module, extra, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    message = rf"needs {module}: pip install skpoison\[{extra}\]"
    with pytest.raises(ImportError, match=message):
        main(["fourclass", "--quick"])
