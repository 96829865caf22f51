"""A poisoned table and its audit, made once."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression

from skpoison.audit import PoisonAudit
from skpoison.defenses import DeepKNNFilter

WORDS = np.array(["cat", "dog", "frog"])


def make_table():
    """390 rows of three classes, 33 with wrong labels, every third row trusted."""
    X, y = make_blobs(390, 4, centers=3, cluster_std=1.5, random_state=0)
    trusted = np.arange(390) % 3 == 0
    wrong = np.flatnonzero(~trusted)[::8]
    y[wrong] = (y[wrong] + 1) % 3
    index = [f"row-{i}" for i in range(390)]
    X = pd.DataFrame(X, columns=list("abcd"), index=index)
    return X, WORDS[y], trusted, wrong


@pytest.fixture(scope="package")
def table():
    return make_table()


def quick_audit(**params):
    return PoisonAudit(
        **{"filter": DeepKNNFilter(k=7), "estimator": LogisticRegression(), **params},
        random_state=0,
    )


@pytest.fixture(scope="package")
def audit(table):
    X, y, trusted, _ = table
    return quick_audit().fit(X, y, trusted=trusted)
