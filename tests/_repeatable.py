"""A pytest plugin: every test computes with one thread and the same random numbers.

`pytest -n auto` runs a process per core; with a pool of threads in each, they wait for
one another most of the time. The libraries read the variable when they are imported,
so this plugin is loaded before all else (`-p` in pyproject.toml), and the processes
that the tests start inherit it.

Whatever draws from the global generators, a network that nobody seeded above all, draws
the same in every run, in any order of the tests.
"""

import os
import random
import sys

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")


def _seed():
    random.seed(0)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(0)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


def pytest_configure():
    _seed()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup():
    _seed()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call():
    _seed()
