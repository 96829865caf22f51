"""One training set of the bench: every defense, every model that learns from it."""

import math
import warnings
from itertools import groupby
from operator import itemgetter

import numpy as np
from sklearn.base import clone
from sklearn.metrics import check_scoring
from sklearn.pipeline import Pipeline

from ..._utils.containers import n_rows, take_rows
from ..._utils.threads import one_blas_thread
from ..._utils.verdicts import judge_training_rows
from ...base import PoisonFilter
from ...metrics import filter_report
from ._poisoned_set import poisoned_set
from ._resources import measured_resources
from ._seeds import seeded

_OK = {"status": "ok", "error": ""}
# What a cell that failed has no value of.
MEASUREMENTS = [
    "n_rows",
    "n_removed",
    "n_poisons",
    "n_poisons_removed",
    "clean_removed",
    "clean_removed_least",
    "clean_removed_most",
    "accuracy",
    "balanced_accuracy",
    "precision",
    "recall",
    "f1_poison",
    "f1_clean",
    "mcc",
    "roc_auc",
    "fit_seconds",
    "peak_memory",
    "warnings",
    *(
        f"{kind}_{filter}"
        for kind in ("score", "success")
        for filter in ("undefended", "random", "defended", "perfect")
    ),
]
_NO_CLASSES = {"clean_removed_least": math.nan, "clean_removed_most": math.nan}


def measure(setting, dataset, attack, cells, *, scoring, keep):
    """Measure cells of a setting.

    Parameters
    ----------
    setting : Setting
    dataset : tuple (X, y)
    attack : PoisonAttack or None
    cells : list of (name, defense, estimator) tuples
        A defense that comes in several cells in a row is fitted once.
    scoring : str, callable or None
        As in scikit-learn.
    keep : callable
        Called with the name and the record of each cell that did not fail.

    Returns
    -------
    dict of name to dict
        The records; that of a cell that failed holds its error and nothing else.
    """
    records = {}
    with one_blas_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data, failure = _tried(poisoned_set, dataset, attack, setting)
        if failure:
            return {name: failure for name, _, _ in cells}
        bench = _Bench(data, setting, scoring)
        for defense, group in groupby(cells, key=itemgetter(1)):
            verdict, unfitted = _tried(bench.judge, defense)
            for name, _, estimator in group:
                scores, failure = None, unfitted
                if not failure:
                    scores, failure = _tried(bench.scores, estimator, verdict["kept"])
                if failure:
                    records[name] = failure
                    continue
                records[name] = _OK | verdict["report"] | scores
                # Not tried: a disk that is full ends the run.
                keep(name, records[name])
    return records


def _tried(work, *args):
    """What a call returns, and the record of its failure."""
    try:
        return work(*args), None
    except Exception as error:
        return None, {"status": "failed", "error": f"{type(error).__name__}: {error}"}


class _Bench:
    """Defenses and models on one poisoned set."""

    def __init__(self, data, setting, scoring):
        self.data, self.setting, self.scoring = data, setting, scoring
        self.controls = {}

    def judge(self, defense):
        """Fit a defense: the rows it keeps, and what is to be said of them."""
        data = self.data
        defense = seeded(clone(defense), self.setting.seed("defense"))
        with (
            warnings.catch_warnings(record=True) as raised,
            measured_resources() as resources,
        ):
            warnings.simplefilter("always")
            kept = judge_training_rows(
                defense, data.X, data.y, n_rows(data.X), **self._trusted(defense)
            )
        judged = data.untrusted
        last = defense.steps[-1][1] if isinstance(defense, Pipeline) else defense
        scores = getattr(last, "sample_scores_", None)
        if scores is not None:
            scores = scores[judged]
        report = {
            "n_rows": len(kept),
            "n_removed": int(np.sum(~kept)),
            "roc_auc": math.nan,
            **filter_report(data.is_poison[judged], kept[judged], scores=scores),
            **(_class_bias(data, kept) if self.setting.stratify else _NO_CLASSES),
            **resources,
            "warnings": ", ".join(sorted({w.category.__name__ for w in raised})),
        }
        return {"kept": kept, "report": report}

    def scores(self, estimator, kept):
        """The model without a defense, with this one, and with two to compare with."""
        scores: dict[str, float] = {}
        for name, rows in (
            ("undefended", np.ones_like(kept)),
            ("random", self._evicted(np.sum(~kept))),
            ("defended", kept),
            ("perfect", ~self.data.is_poison),
        ):
            score, success = self._learned(estimator, rows)
            scores |= {f"score_{name}": score, f"success_{name}": success}
        return scores

    def _learned(self, estimator, rows):
        """Test score of the model that learns from some rows, and the target's fate."""
        key = (id(estimator), rows.tobytes())
        if key not in self.controls:
            data = self.data
            model = seeded(clone(estimator), self.setting.seed("estimator"))
            model.fit(*take_rows(rows, data.X, data.y))
            score = check_scoring(model, self.scoring)(model, data.X_test, data.y_test)
            success = math.nan
            if data.target is not None:
                success = float(model.predict(data.target)[0] == data.wanted_label)
            self.controls[key] = float(score), success
        return self.controls[key]

    def _evicted(self, n_removed):
        """Rows left when so many leave at random, the trusted ones last."""
        rng = np.random.default_rng(self.setting.seed("eviction"))
        order = rng.permutation(len(self.data.is_poison))
        order = order[np.argsort(~self.data.untrusted[order], kind="stable")]
        kept = np.ones(len(order), dtype=bool)
        kept[order[:n_removed]] = False
        return kept

    def _trusted(self, defense):
        """How a defense is told which rows are trusted, if it can be."""
        if self.data.trusted is None:
            return {}
        if isinstance(defense, PoisonFilter):
            return {"trusted": self.data.trusted}
        if isinstance(defense, Pipeline) and isinstance(
            defense.steps[-1][1], PoisonFilter
        ):
            return {f"{defense.steps[-1][0]}__trusted": self.data.trusted}
        return {}


def _class_bias(data, kept):
    """What a class loses of its clean rows, in percent: the least, and the most."""
    clean = data.untrusted & ~data.is_poison
    _, codes = np.unique(np.asarray(data.y)[clean], return_inverse=True)
    removed = 100 * np.bincount(codes, ~kept[clean]) / np.bincount(codes)
    return {
        "clean_removed_least": float(removed.min()),
        "clean_removed_most": float(removed.max()),
    }
