"""Confident learning: the counts and the cuts of its source, without a given share."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits, load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from skpoison.defenses import ConfidentLearningFilter

MODEL = LogisticRegression(C=0.1, max_iter=500)


@pytest.fixture(scope="module")
def digits():
    """Digits, of which every fifth seven or eight is labelled one."""
    X, y = load_digits(return_X_y=True)
    X, y = X[:1000] / 16, y[:1000]
    wrong = np.flatnonzero(np.isin(y, [7, 8]))[::5]
    y[wrong] = 1
    return X, y, wrong


def counts_by_definition(probabilities, y):
    n_classes = probabilities.shape[1]
    thresholds = [probabilities[y == j, j].mean() for j in range(n_classes)]
    counts = np.zeros((n_classes, n_classes))
    for p, label in zip(probabilities, y):
        confident = [j for j in range(n_classes) if p[j] >= thresholds[j]]
        if confident:
            counts[label, max(confident, key=p.__getitem__)] += 1
    for label in range(n_classes):
        counts[label] *= np.sum(y == label) / counts[label].sum()
    return counts


def pruned_by_definition(probabilities, y, counts, prune):
    by_rate, by_class = set(), set()
    for label in range(len(counts)):
        rows = [i for i in range(len(y)) if y[i] == label]
        own = probabilities[:, label]
        for other in range(len(counts)):
            if other != label:
                lead = sorted(rows, key=lambda i: own[i] - probabilities[i, other])
                by_rate |= set(lead[: round(counts[label, other])])
        lowest = sorted(rows, key=lambda i: own[i])
        by_class |= set(lowest[: round(len(rows) - counts[label, label])])
    rows = {"noise rate": by_rate, "class": by_class, "both": by_rate & by_class}[prune]
    return sorted(i for i in rows if probabilities[i].argmax() != y[i])


@pytest.mark.parametrize("prune", ["noise rate", "class", "both"])
def test_the_rows_are_those_of_the_definition(digits, prune):
    X, y, _ = digits
    filter = ConfidentLearningFilter(MODEL, prune=prune, random_state=0).fit(X, y)
    counts = counts_by_definition(filter.probabilities_, y)
    assert_allclose(filter.joint_, counts)
    assert_array_equal(
        np.flatnonzero(~filter.inlier_mask_),
        pruned_by_definition(filter.probabilities_, y, counts, prune),
    )


def test_wrong_labels_go_and_little_else(digits):
    X, y, wrong = digits
    filter = ConfidentLearningFilter(KNeighborsClassifier(10), random_state=0)
    filter.fit(X, y)
    gone = np.flatnonzero(~filter.inlier_mask_)
    assert np.mean(np.isin(gone, wrong)) > 0.9
    assert np.mean(np.isin(wrong, gone)) > 0.7
    assert filter.joint_[1, [7, 8]].sum() == pytest.approx(len(wrong), rel=0.3)


def test_no_row_is_judged_by_a_model_that_learned_it():
    X, y = load_iris(return_X_y=True)
    y[[0, 60, 140]] = [1, 2, 0]
    # A forest knows each row that it was trained on by heart.
    forest = RandomForestClassifier(10, bootstrap=False, random_state=0)
    filter = ConfidentLearningFilter(forest, random_state=0).fit(X, y)
    own = filter.probabilities_[[0, 60, 140], y[[0, 60, 140]]]
    assert (own < 0.5).all()


def test_a_row_whose_label_is_most_probable_stays(digits):
    X, y, _ = digits
    filter = ConfidentLearningFilter(MODEL, prune="class", random_state=0).fit(X, y)
    gone = ~filter.inlier_mask_
    assert (filter.probabilities_[gone].argmax(axis=1) != y[gone]).all()


def test_the_only_row_of_its_class_is_judged_by_models_that_have_seen_it():
    X, y = load_iris(return_X_y=True)
    y[3] = 7
    filter = ConfidentLearningFilter(KNeighborsClassifier(1), random_state=0).fit(X, y)
    assert filter.probabilities_[3].argmax() == 3
    assert filter.inlier_mask_[3]


def test_rows_of_different_classes_alone_are_refused():
    with pytest.raises(ValueError, match="one row alone"):
        ConfidentLearningFilter(MODEL).fit([[0.0], [1.0]], ["ant", "bee"])
