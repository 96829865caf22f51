"""What was fitted survives a file: of skops, of weights, or a pickle.

Of these only a pickle runs code that it brings.
"""

import pickle
import re
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest
import skops.io
from numpy.testing import assert_array_equal
from sklearn.linear_model import LogisticRegression

import skpoison
from skpoison.audit import PoisonAudit
from skpoison.defenses import (
    AdversarialTrainingClassifier,
    DeepKNNFilter,
    DePoisFilter,
)
from skpoison.embedding import NetEmbedding
from skpoison.pipeline import Pipeline

from .embedding._nets import classifier
from .test_common import every_estimator, fitted, outcome

pytestmark = pytest.mark.filterwarnings(
    "ignore::skpoison.exceptions.FewTrustedRowsWarning"
)


def data(regression):
    rng = np.random.default_rng(0)
    labels = np.arange(90) // 30
    X = rng.normal(size=(90, 5)) + 4 * labels[:, None]
    return X, X[:, 0] + 0.1 * rng.normal(size=90) if regression else labels


def by_skops(value, path):
    """The value, written to a file of skops and read again."""
    skops.io.dump(value, path)
    types = skops.io.get_untrusted_types(file=path)
    assert all(name.startswith(("skpoison.", "sklearn.")) for name in types)
    return skops.io.load(path, trusted=types)


@every_estimator
def test_what_was_fitted_is_read_from_a_file_of_skops(estimator, regression, tmp_path):
    X, y = data(regression)
    written = fitted(estimator, X, y)
    read = by_skops(written, tmp_path / "fitted.skops")
    assert_array_equal(outcome(read, X), outcome(written, X))
    if hasattr(written, "score_samples"):
        expected = written.score_samples(X, y)
        assert_array_equal(read.score_samples(X, y), expected)


def defended():
    """A pipeline whose first step is a network, which skops does not write."""
    return Pipeline(
        [
            ("embed", NetEmbedding(classifier(n_features=5), random_state=0)),
            ("filter", DeepKNNFilter(k=5)),
            ("clf", LogisticRegression()),
        ]
    )


def test_a_pipeline_with_a_network_is_read_from_weights_and_skops(tmp_path):
    X, y = data(False)
    written = defended().fit(X, y)
    written["embed"].save_weights(tmp_path / "embed.pt")
    rest = by_skops(written[1:], tmp_path / "rest.skops")
    embedding = defended()["embed"].load_weights(tmp_path / "embed.pt")
    read = Pipeline([("embed", embedding), *rest.steps])
    assert_array_equal(read.predict_proba(X), written.predict_proba(X))


def audited():
    X, y = data(False)
    y[:20:2] = 2
    audit = PoisonAudit(estimator=LogisticRegression(), random_state=0)
    return audit.fit(X, y, trusted=np.arange(len(y)) % 2 == 1)


def told(audit, path):
    """All that an audit writes."""
    audit.to_csv(path / "suspects.csv")
    texts = audit.to_html(), audit.to_json(), (path / "suspects.csv").read_text()
    assert len(audit.suspects_) > 0
    return texts


def test_an_audit_is_read_from_a_file_of_skops(tmp_path):
    written = audited()
    read = by_skops(written, tmp_path / "audit.skops")
    assert told(read, tmp_path) == told(written, tmp_path)


READ_IN_ANOTHER_PROCESS = """
import pickle, sys
import joblib, numpy as np

X = np.load("X.npy")
with open("all.pickle", "rb") as file:
    by_pickle = pickle.load(file)
by_joblib = joblib.load("all.joblib")
assert "tests.test_persistence" not in sys.modules
for way, read in (("pickle", by_pickle), ("joblib", by_joblib)):
    np.savez(
        f"{way}.npz",
        pipeline=read["pipeline"].predict_proba(X),
        robust=read["robust"].predict_proba(X),
        depois=read["depois"].score_samples(X, np.arange(90) // 30),
        audit=read["audit"].to_json(),
    )
"""


def test_pickles_are_read_in_another_process(tmp_path):
    X, y = data(False)
    robust = AdversarialTrainingClassifier(
        classifier(n_features=5), n_steps=1, bounds=(-9, 20), random_state=0
    )
    depois = DePoisFilter(max_iter=5, random_state=0)
    everything = {
        "pipeline": defended().fit(X, y),
        "robust": robust.fit(X, y),
        "depois": depois.fit(X, y, trusted=np.arange(90) % 3 == 0),
        "audit": audited(),
    }
    joblib.dump(everything, tmp_path / "all.joblib")
    (tmp_path / "all.pickle").write_bytes(pickle.dumps(everything))
    np.save(tmp_path / "X.npy", X)
    subprocess.run(
        [sys.executable, "-c", READ_IN_ANOTHER_PROCESS], cwd=tmp_path, check=True
    )
    for way in ("pickle", "joblib"):
        with np.load(tmp_path / f"{way}.npz") as read:
            assert_array_equal(
                read["pipeline"], everything["pipeline"].predict_proba(X)
            )
            assert_array_equal(read["robust"], robust.predict_proba(X))
            assert_array_equal(read["depois"], depois.score_samples(X, y))
            assert str(read["audit"]) == everything["audit"].to_json()


def test_nothing_in_the_package_reads_a_pickle():
    reads = re.compile(
        r"(pickle|joblib|dill|marshal|shelve)\.(load|loads|open|Unpickler)\b"
        r"|read_pickle|allow_pickle=True|weights_only=False"
        r"|torch\.load\((?![^\n]*weights_only=True)"
        r"|np\.load\((?![^\n]*allow_pickle=False)"
    )
    root = Path(skpoison.__file__).parent
    found = [
        f"{path.relative_to(root)}: {match.group()}"
        for path in sorted(root.rglob("*.py"))
        for match in reads.finditer(path.read_text())
    ]
    assert not found
