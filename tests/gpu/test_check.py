"""The check of a GPU runs, small and on the CPU, and says so where there is no GPU."""

import os
import subprocess
import sys
from inspect import signature
from pathlib import Path

import pytest
import torch

from skpoison import attacks, defenses, embedding, generative, neighbors

from . import _paths
from .__main__ import main

no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")


def test_every_path_is_what_it_is_on_the_cpu(capsys):
    assert main(["--device", "cpu", "--quick"]) == 0
    printed = capsys.readouterr().out
    assert all(f"| {path.name} |" in printed for path in _paths.PATHS)
    assert "| 300, 16, 20 |" in printed


def test_whatever_takes_a_device_has_a_path():
    packages = attacks, defenses, embedding, generative, neighbors
    public = {name: getattr(p, name) for p in packages for name in p.__all__}
    takes_one = {
        name
        for name, thing in public.items()
        if callable(thing) and "device" in signature(thing).parameters
    }
    assert {"DeepKNNFilter", "NetEmbedding"} <= takes_one
    told = ", ".join(path.name for path in _paths.PATHS)
    assert {name for name in takes_one if name not in told} == set()


def test_a_path_that_is_off_is_told(capsys, monkeypatch):
    places = iter([0.5, 0.9])
    off = _paths.Path("a path", "figure", 0.1, lambda device, quick: next(places))
    monkeypatch.setattr("tests.gpu.__main__.PATHS", [off])
    assert main(["--device", "cpu", "--quick"]) == 1
    printed = capsys.readouterr().out
    assert "| a path | figure | 0.500 | 0.900 | 0.4 | 0.1 **NO** |" in printed
    assert "Not as on the CPU: a path." in printed


@no_gpu
def test_without_a_gpu_it_says_what_is_missing(capsys):
    assert main([]) == 2
    assert "No CUDA GPU: torch" in capsys.readouterr().err


@no_gpu
def test_the_script_ends_with_an_error_without_a_gpu():
    script = Path(__file__).parent / "check.sh"
    here = {**os.environ, "PYTHON": sys.executable}
    done = subprocess.run(
        [script], env=here, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "GPU" in done.stderr
