"""The main job on real data: a poisoned training set in, a defended model out."""

import numpy as np
import pandas as pd
import pytest
import sklearn.pipeline
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split

from skpoison.attacks import LabelFlipAttack
from skpoison.defenses import DeepKNNFilter
from skpoison.meta import DefendedClassifier
from skpoison.pipeline import Pipeline, make_pipeline


@pytest.fixture(scope="module")
def flipped_digits():
    """Digits with 30 % of the training labels flipped; the test labels are true."""
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(
        X / 16, y, test_size=0.3, stratify=y, random_state=0
    )
    poisoned = LabelFlipAttack(rate=0.3, random_state=0).fit_poison(X_train, y_train)
    return poisoned.X, poisoned.y, X_test, y_test


@pytest.mark.parametrize(
    "defended",
    [
        lambda filter, clf: sklearn.pipeline.make_pipeline(filter, clf),
        lambda filter, clf: make_pipeline(filter, clf),
        lambda filter, clf: DefendedClassifier(filter, clf),
    ],
    ids=["plain pipeline", "pipeline", "meta"],
)
def test_all_three_ways_defend_digits(flipped_digits, defended):
    X, y, X_test, y_test = flipped_digits
    clf = LogisticRegression(max_iter=500)
    assert clone(clf).fit(X, y).score(X_test, y_test) < 0.85
    model = defended(DeepKNNFilter(k=15), clone(clf)).fit(X, y)
    assert model.score(X_test, y_test) >= 0.91


def test_grid_search_over_k_with_words_and_frames(flipped_digits):
    X, y, X_test, y_test = flipped_digits
    X, X_test = (pd.DataFrame(a).add_prefix("pixel") for a in (X[:600], X_test))
    words = np.array([f"digit {d}" for d in range(10)])
    y, y_test = pd.Series(words[y[:600]], index=X.index), words[y_test]
    model = Pipeline(
        [
            ("embed", PCA(20)),
            ("filter", DeepKNNFilter()),
            ("clf", LogisticRegression(max_iter=300)),
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
