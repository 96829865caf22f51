"""Defended and certified models predict from any table, or say what is wrong."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone, is_regressor
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression, Ridge

from skpoison.defenses import (
    CertifiedKNeighborsClassifier,
    DeepKNNFilter,
    L2CentroidFilter,
    PartitionAggregationClassifier,
    TRIMRegressor,
)
from skpoison.meta import DefendedClassifier, DefendedRegressor
from skpoison.pipeline import make_pipeline

from ._cases import answered_or_refused, fuzzed
from ._containers import containers, foreign_frames
from ._tables import odd_tables, tables

FOREST = IsolationForest(n_estimators=3, random_state=0)
CLASSIFIERS = [
    DefendedClassifier(L2CentroidFilter(0.1), LogisticRegression()),
    DefendedClassifier(FOREST, LogisticRegression()),
    make_pipeline(DeepKNNFilter(k=3), LogisticRegression()),
    make_pipeline(FOREST, LogisticRegression()),
    CertifiedKNeighborsClassifier(3),
    PartitionAggregationClassifier(LogisticRegression(), n_partitions=3),
]
REGRESSORS = [
    DefendedRegressor(TRIMRegressor(Ridge()), Ridge()),
    make_pipeline(TRIMRegressor(Ridge()), Ridge()),
    TRIMRegressor(Ridge()),
]
MODELS = pytest.mark.parametrize(
    "model",
    [
        pytest.param(model, id=f"{type(model).__name__}{i}")
        for i, model in enumerate([*CLASSIFIERS, *REGRESSORS])
    ],
)


def check_model(model, X, y):
    with answered_or_refused() as outcome:
        fitted = clone(model).fit(X, y)
        predicted = fitted.predict(X)
    if outcome.refused:
        return
    assert predicted.shape == (len(y),)
    if is_regressor(model):
        assert np.isfinite(predicted).all()
    else:
        assert set(predicted.tolist()) <= set(np.asarray(y).tolist())


@MODELS
@fuzzed
@given(data=st.data())
def test_any_table_is_predicted_from_or_refused(model, data):
    regression = is_regressor(model)
    made = st.one_of(tables(regression=regression), odd_tables(regression=regression))
    table = data.draw(made)
    check_model(model, table.X, table.y)


@MODELS
@fuzzed
@given(data=st.data(), container=containers)
def test_any_container_is_predicted_from_or_refused(model, data, container):
    table = data.draw(tables(regression=is_regressor(model)))
    check_model(model, *container(table.X, table.y))


@pytest.mark.parametrize("package", ["polars", "pyarrow"])
@MODELS
@fuzzed
@given(data=st.data())
def test_frames_of_other_packages_are_predicted_from_or_refused(model, package, data):
    pytest.importorskip(package)
    table = data.draw(tables(regression=is_regressor(model)))
    check_model(model, *foreign_frames()[package](table.X, table.y))
