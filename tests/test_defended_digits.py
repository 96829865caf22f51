"""The main job on real data: a poisoned training set in, a defended model out."""

import numpy as np
import pandas as pd
import pytest
import sklearn.pipeline
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split

from skpoison.attacks import LabelFlipAttack
from skpoison.defenses import DeepKNNFilter
from skpoison.meta import DefendedClassifier
from skpoison.pipeline import Pipeline, make_pipeline


def classifier():
    return LogisticRegression(max_iter=5000)


@pytest.fixture(scope="module", params=[0, 1, 2])
def digits(request):
    """900 digits to learn from, 30 % of them relabelled, and 897 to test with."""
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, train_size=900, stratify=y, random_state=request.param
    )
    poisoned = LabelFlipAttack(rate=0.3, random_state=request.param)
    return poisoned.fit_poison(X_train, y_train), y_train, X_test, y_test


def test_flipped_labels_harm_the_undefended(digits):
    poisoned, y_train, X_test, y_test = digits
    assert classifier().fit(poisoned.X, y_train).score(X_test, y_test) > 0.94
    assert classifier().fit(poisoned.X, poisoned.y).score(X_test, y_test) < 0.82


@pytest.mark.parametrize(
    "defended",
    [sklearn.pipeline.make_pipeline, make_pipeline, DefendedClassifier],
    ids=["plain pipeline", "pipeline", "meta"],
)
def test_all_three_ways_defend(digits, defended):
    poisoned, _, X_test, y_test = digits
    model = defended(DeepKNNFilter(k=15), classifier()).fit(poisoned.X, poisoned.y)
    assert model.score(X_test, y_test) >= 0.91


def test_grid_search_over_k_with_words_and_frames(digits):
    (X, y, _), _, X_test, y_test = digits
    X, X_test = (pd.DataFrame(a).add_prefix("pixel") for a in (X[:600], X_test))
    words = np.array([f"digit {d}" for d in range(10)])
    y, y_test = pd.Series(words[y[:600]], index=X.index), words[y_test]
    model = Pipeline(
        [
            ("embed", PCA(20)),
            ("filter", DeepKNNFilter()),
            ("clf", classifier()),
        ]
    )
    search = GridSearchCV(
        model,
        [{"filter__k": [5, 20]}, {"filter__normalized_k": [0.2, 0.5]}],
        cv=3,
        n_jobs=2,
        error_score="raise",
    ).fit(X, y)
    assert len(search.cv_results_["params"]) == 4
    assert search.score(X_test, y_test) > 0.85
