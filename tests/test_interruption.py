"""Ctrl-C in the middle of a fit: nothing is fitted, nothing runs on or is left."""

import signal
import sys
import tempfile
import threading

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_blobs
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import check_is_fitted

from skpoison.defenses import (
    AdversarialTrainingClassifier,
    CertifiedKNeighborsClassifier,
    L2CentroidFilter,
    PanelFilter,
    PartitionAggregationClassifier,
)
from skpoison.embedding import NetEmbedding
from skpoison.meta import DefendedClassifier
from skpoison.pipeline import make_pipeline

from ._instances import FILTERS, META_ESTIMATORS, REGRESSION_FILTERS
from .audit.conftest import quick_audit
from .embedding._nets import classifier
from .fuzz._attacks import ON_LABELS, ON_VALUES, unit
from .generative._instances import NETWORKS

# So few rows leave many a filter without power.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

TRUSTED = np.arange(60) % 3 == 0


def rows(*, regression):
    X, y = make_blobs(60, n_features=4, centers=2, random_state=0)
    X = unit(X).astype(np.float32)
    if regression:
        return X, unit(X @ np.arange(4.0) + np.sin(np.arange(60.0)))
    y[:3] = 1 - y[:3]
    return X, y


@pytest.fixture(autouse=True)
def ctrl_c_interrupts():
    """Where tests run in the background of a shell it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class CtrlC:
    """Presses Ctrl-C when this package has called so many of its own functions."""

    def __init__(self, after=np.inf):
        self.after = after
        self.n_calls = 0

    def __call__(self, frame, event, argument):
        if event == "call" and "/skpoison/" in frame.f_code.co_filename:
            self.n_calls += 1
            if self.n_calls == self.after:
                sys.setprofile(None)
                signal.raise_signal(signal.SIGINT)

    def __enter__(self):
        sys.setprofile(self)
        return self

    def __exit__(self, *error):
        sys.setprofile(None)


def check_interrupted(fit, estimator, scratch, monkeypatch):
    """Fit, then again until halfway; nothing may be left of either."""
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    n_threads = threading.active_count()
    with CtrlC() as watch:
        fit(estimator)
    # What torch caches, if anything.
    before = set(scratch.iterdir())
    with pytest.raises(KeyboardInterrupt), CtrlC(after=watch.n_calls // 2 + 1):
        fit(estimator)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert threading.active_count() <= n_threads
    assert set(scratch.iterdir()) == before


@pytest.mark.parametrize(
    ("estimator", "regression"),
    [
        *((f, False) for f in (*FILTERS, PanelFilter())),
        *((f, True) for f in REGRESSION_FILTERS),
        (META_ESTIMATORS[0], False),
        (META_ESTIMATORS[1], True),
        (NetEmbedding(classifier()), False),
        (AdversarialTrainingClassifier(classifier()), False),
        (CertifiedKNeighborsClassifier(3), False),
        (PartitionAggregationClassifier(LogisticRegression(), n_partitions=3), False),
        *((network, False) for network in NETWORKS),
        (quick_audit(), False),
    ],
    ids=lambda value: "" if isinstance(value, bool) else type(value).__name__,
)
def test_half_a_fit_is_none(estimator, regression, tmp_path, monkeypatch):
    X, y = rows(regression=regression)
    takes_trusted = getattr(estimator, "_needs_trusted", False)
    known = {"trusted": TRUSTED} if takes_trusted else {}
    estimator = clone(estimator)
    check_interrupted(lambda e: e.fit(X, y, **known), estimator, tmp_path, monkeypatch)
    with pytest.raises(NotFittedError, match="not fitted"):
        check_is_fitted(estimator)
    assert not [name for name in vars(estimator) if name.endswith("_")]


@pytest.mark.parametrize("name", [*ON_LABELS, *ON_VALUES])
def test_half_an_attack_is_none(name, tmp_path, monkeypatch):
    X, y = rows(regression=name in ON_VALUES)
    attack, aim = (ON_LABELS | ON_VALUES)[name](X, y)
    check_interrupted(
        lambda a: a.fit_poison(X, y, **aim), attack, tmp_path, monkeypatch
    )
    assert not [name for name in vars(attack) if name.endswith("_")]


class Interrupted(LogisticRegression):
    def fit(self, X, y, sample_weight=None):
        raise KeyboardInterrupt


@pytest.mark.parametrize("compose", [make_pipeline, DefendedClassifier])
def test_steps_of_two_fits_do_not_pass_for_a_model(compose):
    X, y = rows(regression=False)
    model = compose(L2CentroidFilter(0.1), LogisticRegression()).fit(X, y)
    if compose is make_pipeline:
        # A pipeline fits the given last step itself, which was fitted before.
        model[-1].__class__ = Interrupted
    else:
        model.set_params(estimator=Interrupted())
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    with pytest.raises(NotFittedError):
        check_is_fitted(model)
    with pytest.raises(NotFittedError):
        model.predict(X)
