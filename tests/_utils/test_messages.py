"""Warnings point at the user's line, and values print as Python's own types."""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import sklearn.pipeline
from sklearn.datasets import make_blobs
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression, Ridge

import skpoison
from skpoison._utils.messages import plain
from skpoison.attacks import (
    FeatureCollisionAttack,
    LabelFlipAttack,
    RegressionGradientAttack,
)
from skpoison.base import PoisonFilter
from skpoison.defenses import (
    AnnealedTrustFilter,
    DeepKNNFilter,
    DUTIFilter,
    L2CentroidFilter,
    OneClassSVMFilter,
    PerClassFilter,
    SeverFilter,
    SphereSlabFilter,
    TRIMRegressor,
    TrustedDisagreementFilter,
)
from skpoison.generative import HingeCritic
from skpoison.inspection import FeatureSpaceDisplay
from skpoison.meta import DefendedClassifier
from skpoison.model_selection import TrustedKFold
from skpoison.neighbors import neighbor_votes
from skpoison.pipeline import Pipeline

X, y = make_blobs(60, n_features=3, centers=3, random_state=0)
words = np.array(["ant", "bee", "cat"])[y]
no_cats = np.flatnonzero(y != 2)[:20]
zeros = np.where(np.arange(60) < 50, 0.0, X[:, 0])


class Suspects(PoisonFilter):
    """A filter that removes what the test chooses."""

    def __init__(self, rows=()):
        self.rows = rows

    def _score_training_rows(self, X, y, trusted):
        return np.where(np.isin(np.arange(len(y)), self.rows), -1.0, 1.0), 0.0


all_cats = Suspects(np.flatnonzero(y == 2))


@pytest.mark.parametrize(
    "fit",
    [
        all_cats.fit,
        all_cats.fit_predict,
        all_cats.fit_filter,
        sklearn.pipeline.make_pipeline(OneClassSVMFilter(0.01)).fit,
        Pipeline([("filter", all_cats), ("clf", LogisticRegression())]).fit,
        Pipeline(
            [("filter", OneClassSVMFilter(0.01)), ("clf", LogisticRegression())]
        ).fit,
        DefendedClassifier(OneClassSVMFilter(0.01), LogisticRegression()).fit,
        OneClassSVMFilter(0.01).fit,
        OneClassSVMFilter(0.01).fit_transform,
        lambda X, y: DUTIFilter(random_state=0).fit(X, y, trusted=no_cats),
        lambda X, y: AnnealedTrustFilter(random_state=0).fit_predict(
            X, y, trusted=no_cats
        ),
        lambda X, y: TRIMRegressor(Ridge()).fit(X, zeros),
        lambda X, y: SeverFilter(Ridge(alpha=0)).fit(X, X @ [1.0, 2.0, 3.0]),
    ],
)
def test_a_warning_points_at_the_line_of_the_user(fit):
    with pytest.warns(UserWarning, match="class|row") as caught:
        fit(X, y)
    assert {warning.filename for warning in caught} == {__file__}


def test_one_place_warns():
    package = Path(skpoison.__file__).parent
    callers = [
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if "warnings.warn(" in path.read_text()
    ]
    assert callers == ["_utils/messages.py"]


def test_plain_values_are_of_python():
    assert repr(plain(np.str_("cat"))) == "'cat'"
    assert repr(plain((np.float64(0.0), [np.int64(3)]))) == "(0.0, [3])"
    assert repr(plain(np.array([True, False]))) == "[True, False]"
    assert plain(None) is None


cat, low, high = words[y == 2][0], np.float64(0.0), np.float64(0.5)

MISUSES = {
    "one class left": lambda y: Suspects(np.arange(1, 60)).fit(X, y),
    "a class removed": lambda y: all_cats.fit(X, y),
    "no stand-in": lambda y: all_cats.fit_transform(X, y),
    "one class": lambda y: L2CentroidFilter().fit(X, np.full(60, y[0])),
    "one class to flip": lambda y: LabelFlipAttack().fit_poison(X, np.full(60, y[0])),
    "one class to learn": lambda y: HingeCritic().fit(X, np.full(60, y[0])),
    "unseen label": lambda y: (
        DeepKNNFilter(3).fit(X[y != y[0]], y[y != y[0]]).predict(X, y)
    ),
    "untrusted class": lambda y: AnnealedTrustFilter().fit(X, y, trusted=no_cats),
    "trusted class": lambda y: TrustedDisagreementFilter(LogisticRegression()).fit(
        X, y, trusted=y == y[0]
    ),
    "class without trusted rows": lambda y: SphereSlabFilter().fit(
        X, y, trusted=no_cats
    ),
    "degenerate": lambda y: OneClassSVMFilter(0.01).fit(X, y),
    "bad detector": lambda y: PerClassFilter(IsolationForest(max_features=9)).fit(X, y),
    "foreign weights": lambda y: neighbor_votes(X, y, 3, class_weight={y[0]: 1.0}),
    "poison class": lambda y: FeatureCollisionAttack(
        None, poison_class=np.str_("dog")
    )._choose_bases(X, y, X[:1], [], None),
    "bounds": lambda y: RegressionGradientAttack(
        Ridge(), rate=0.1, bounds=(low, high)
    ).fit_poison(X, X[:, 0]),
    "mass": lambda y: TRIMRegressor(Ridge()).fit(X, zeros),
    "folds": lambda y: next(TrustedKFold(np.int64(1), trusted=no_cats).split(X, y)),
    "display": lambda y: FeatureSpaceDisplay.from_predictions(
        X, y, np.ones(60, dtype=bool), target_class=y[0], poison_class=np.str_("dog")
    ),
}


@pytest.mark.parametrize("labels", [y, words], ids=["numbers", "words"])
@pytest.mark.parametrize("misuse", MISUSES.values(), ids=MISUSES)
def test_messages_show_python_values(misuse, labels):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        said = []
        try:
            misuse(labels)
        except (ValueError, TypeError) as error:
            said.append(str(error))
    said += [str(warning.message) for warning in caught]
    assert said
    assert not re.search(r"np\.|numpy", " ".join(said)), said
