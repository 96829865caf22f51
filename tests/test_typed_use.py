"""What a user writes, under the strictest settings of mypy (pyproject.toml).

`assert_type` says what mypy must find; it does nothing when the tests run.
"""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import check_is_fitted

from skpoison.attacks import LabelFlipAttack
from skpoison.audit import PoisonAudit
from skpoison.base import PoisonAttack, PoisonedData, PoisonFilter
from skpoison.defenses import DeepKNNFilter, L2CentroidFilter
from skpoison.meta import DefendedClassifier
from skpoison.metrics import filter_report
from skpoison.neighbors import neighbor_votes
from skpoison.pipeline import Pipeline, make_pipeline

RNG = np.random.default_rng(0)
Y: NDArray[np.int64] = np.arange(60) % 2
X: NDArray[np.float64] = RNG.normal(size=(60, 3)) + 6 * Y[:, None]


def attacked(attack: PoisonAttack) -> PoisonedData:
    return attack.fit_poison(X, Y)


def removed_by(poison_filter: PoisonFilter) -> NDArray[np.bool_]:
    removed: NDArray[np.bool_] = ~poison_filter.fit(X, Y).inlier_mask_
    return removed


def test_filters_keep_their_own_type() -> None:
    fitted = DeepKNNFilter(k=5).fit(X, Y)
    assert_type(fitted, DeepKNNFilter)
    assert_type(fitted.fit_predict(X, Y), np.ndarray)


def test_any_filter_is_a_filter() -> None:
    filters: list[PoisonFilter] = [DeepKNNFilter(k=5), L2CentroidFilter(0.2)]
    for each in filters:
        assert removed_by(each).shape == (60,)


def test_attacks_return_poisoned_data() -> None:
    poisoned = attacked(LabelFlipAttack(rate=0.1, random_state=0))
    assert_type(poisoned, PoisonedData)
    report = filter_report(poisoned.is_poison, np.ones(60, dtype=bool))
    assert set(report)


def test_pipelines_and_models_are_what_they_are() -> None:
    pipeline = make_pipeline(DeepKNNFilter(k=5), LogisticRegression())
    assert_type(pipeline, Pipeline)
    assert_type(pipeline.fit(X, Y), Pipeline)
    model = DefendedClassifier(DeepKNNFilter(k=5), LogisticRegression()).fit(X, Y)
    assert_type(model, DefendedClassifier)
    check_is_fitted(model)


def test_votes_are_an_array() -> None:
    assert neighbor_votes(X, Y, 5).shape == (60, 2)


def test_an_audit_writes_texts(tmp_path: Path) -> None:
    audit = PoisonAudit(estimator=LogisticRegression(), random_state=0)
    assert_type(audit.fit(X, Y), PoisonAudit)
    assert_type(audit.to_html(tmp_path / "audit.html"), str)
    assert_type(audit.to_json(), str)
