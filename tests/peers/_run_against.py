"""The pipeline tests of another package, run against our Pipeline."""

import importlib.util
import sys
from unittest import mock

import pytest
import sklearn.utils._metadata_requests as requests

from skpoison.pipeline import Pipeline, make_pipeline

__all__ = ["run_against"]


def run_against(peer, excused):
    """The tests of an installed package, which see our Pipeline in place of its own.

    Parameters
    ----------
    peer : str
        Name of the package.
    excused : dict of str -> str
        The tests that fail, by name, and why they may.

    Returns
    -------
    dict of str -> callable
        The tests by name, to be put among the globals of a test module.
    """
    ours = {"Pipeline": Pipeline, "make_pipeline": make_pipeline}
    with mock.patch.multiple(importlib.import_module(f"{peer}.pipeline"), **ours):
        module = _fresh_copy(f"{peer}.tests.test_pipeline")
    tests = {n: t for n, t in vars(module).items() if n.startswith("test_")}
    assert excused.keys() <= tests.keys()
    for name, test in tests.items():
        marks = [_with_a_list(mark) for mark in getattr(test, "pytestmark", [])]
        if name in excused:
            marks.append(pytest.mark.xfail(reason=excused[name], strict=True).mark)
        test.pytestmark = marks
    return tests


def _fresh_copy(name):
    """The test module under another name, so that the package's own stays as it is."""
    spec = importlib.util.spec_from_file_location(
        f"{__package__}.{name.replace('.', '_')}", importlib.util.find_spec(name).origin
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    # imbalanced-learn adds a method, which scikit-learn's tests would go through.
    methods = [method for method in requests.METHODS if method != "fit_resample"]
    with mock.patch.object(requests, "METHODS", methods):
        spec.loader.exec_module(module)
    return module


def _with_a_list(mark):
    """A mark whose parameters are a list: pytest takes no generators any more."""
    if mark.name != "parametrize":
        return mark
    names, values = mark.args
    return pytest.mark.parametrize(names, list(values), **mark.kwargs).mark
