"""A result does not depend on the process that computes it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ._digests import digests


@pytest.mark.slow
def test_another_process_with_two_jobs_finds_the_same_to_the_bit():
    here = digests(1)
    child = subprocess.run(
        [sys.executable, "-m", "tests._digests", "2"],
        cwd=Path(__file__).parents[1],
        env={**os.environ, "PYTHONHASHSEED": "4711"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert child.returncode == 0, child.stderr
    there = json.loads(child.stdout)
    assert {name for name in here if here[name] != there[name]} == set()
