"""NetEmbedding inside scikit-learn's own tools."""

import pickle
import re

import numpy as np
import pandas as pd
import pytest
import sklearn.pipeline
from joblib import Memory
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.callback import ProgressBar
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.utils import estimator_html_repr
from skorch.callbacks import InputShapeSetter

from skpoison.defenses import L2CentroidFilter
from skpoison.embedding import MLP, NetEmbedding
from skpoison.pipeline import Pipeline

from .._checks import scikit_learn_checks
from ._nets import AnyWidth, classifier, regressor

# The checks bring data of many widths.
ANY_WIDTH = {"callbacks": [InputShapeSetter("n_features")], "max_epochs": 2}


def expected_failed_checks(embedding):
    if not embedding.frozen:
        return {}
    return {
        "check_estimators_overwrite_params": "compares the joblib hashes of the "
        "module and of a copy; that of a torch tensor depends on its address"
    }


@scikit_learn_checks(
    [
        NetEmbedding(classifier(n_classes=10, **ANY_WIDTH)),
        NetEmbedding(regressor(**ANY_WIDTH)),
        NetEmbedding(AnyWidth(), frozen=True),
    ],
    expected_failed_checks,
)
def test_scikit_learn(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True, as_frame=True)
    return X, load_iris().target_names[y]


@pytest.mark.parametrize("pipeline", [Pipeline, sklearn.pipeline.Pipeline])
def test_the_width_of_the_net_is_tuned_in_parallel(iris, pipeline):
    X, y = iris
    model = pipeline(
        [
            ("embed", NetEmbedding(classifier(), random_state=0)),
            ("filter", L2CentroidFilter(contamination=0.05)),
            ("clf", LogisticRegression(max_iter=1000)),
        ]
    )
    grid = {"embed__net__module__hidden": [(3,), (16, 8)]}
    parallel = GridSearchCV(clone(model), grid, cv=3, n_jobs=2).fit(X, y)
    serial = GridSearchCV(clone(model), grid, cv=3, n_jobs=1).fit(X, y)
    assert_array_equal(
        parallel.cv_results_["mean_test_score"], serial.cv_results_["mean_test_score"]
    )
    assert set(parallel.predict(X)) <= set(y)
    width = parallel.best_params_["embed__net__module__hidden"][-1]
    assert parallel.best_estimator_["embed"].transform(X).shape == (150, width)
    assert parallel.best_score_ > 0.6


class Counted(MLP):
    """Counts how often it is built."""

    built = 0

    def __init__(self, *args, **kwargs):
        type(self).built += 1
        super().__init__(*args, **kwargs)


def test_memory_recognises_a_net_of_a_module_class(iris, tmp_path):
    X, y = iris
    net = classifier().set_params(module=Counted)
    model = Pipeline(
        [
            ("embed", NetEmbedding(net, random_state=0)),
            ("clf", LogisticRegression(max_iter=1000)),
        ],
        memory=Memory(tmp_path, verbose=0),
    )
    Counted.built = 0
    GridSearchCV(model, {"clf__C": [0.1, 1, 10]}, cv=2).fit(X, y)
    # Two folds and the refit, instead of seven fits.
    assert Counted.built == 3


def test_a_pickle_gives_the_same_features(iris):
    X, y = iris
    embedding = NetEmbedding(classifier(), random_state=0).fit(X, y)
    twin = pickle.loads(pickle.dumps(embedding))
    assert_array_equal(twin.transform(X), embedding.transform(X))
    assert_array_equal(twin.classes_, embedding.classes_)
    assert twin.module_ is twin.net_.module_


def test_pandas_output(iris):
    X, y = iris
    X = X.set_axis(range(500, 650))
    embedding = NetEmbedding(classifier()).set_output(transform="pandas")
    features = embedding.fit_transform(X, y)
    assert isinstance(features, pd.DataFrame)
    assert list(features.columns) == list(embedding.get_feature_names_out())
    assert list(features.index) == list(X.index)
    assert set(features.dtypes) == {np.dtype(np.float32)}


def test_progress_bar(iris, capsys):
    X, y = iris
    pytest.importorskip("rich")
    model = sklearn.pipeline.make_pipeline(
        NetEmbedding(classifier()), LogisticRegression(max_iter=1000)
    )
    model.set_callbacks(ProgressBar()).fit(X, y)
    assert "Pipeline" in capsys.readouterr().out


def test_diagram(iris):
    embedding = NetEmbedding(classifier())
    for shown in (embedding, embedding.fit(*iris), NetEmbedding(AnyWidth())):
        assert "NetEmbedding" in re.sub(r"\s", "", estimator_html_repr(shown))
    assert "max_epochs" in repr(embedding)
