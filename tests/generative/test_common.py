"""What every conditional network must do."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import DataConversionWarning

import skpoison.generative

from ._instances import NETWORKS, name_of

every_network = pytest.mark.parametrize(
    "network", [pytest.param(n, id=name_of(n)) for n in NETWORKS]
)
X, Y = load_iris(return_X_y=True)
TARGETS = X @ [1.0, -2.0, 0.5, 0.25]


def outcome(network, X=X, y=Y):
    """What a fitted network says of rows, whatever it can say."""
    parts = []
    if hasattr(network, "score_samples"):
        parts.append(network.score_samples(X, y))
    if hasattr(network, "sample"):
        parts.append(network.sample(y, random_state=0).ravel())
    return np.concatenate(parts)


def test_every_public_network_is_in_the_table():
    assert {type(n).__name__ for n in NETWORKS} == set(skpoison.generative.__all__)


@every_network
def test_repetition_changes_nothing_and_another_seed_does(network):
    first = outcome(clone(network).fit(X, Y))
    assert_array_equal(outcome(clone(network).fit(X, Y)), first)
    other = clone(network).set_params(random_state=1).fit(X, Y)
    assert np.abs(outcome(other) - first).max() > 1e-3


@every_network
def test_the_order_of_the_rows_changes_nothing(network):
    order = np.random.default_rng(0).permutation(len(Y))
    shuffled = clone(network).fit(X[order], Y[order])
    assert_array_equal(outcome(shuffled), outcome(clone(network).fit(X, Y)))


@every_network
def test_the_order_of_new_rows_changes_nothing(network):
    fitted = clone(network).fit(X, Y)
    if not hasattr(fitted, "score_samples"):
        pytest.skip("scores no rows")
    order = np.random.default_rng(0).permutation(len(Y))[:40]
    assert_allclose(
        fitted.score_samples(X[order], Y[order]),
        fitted.score_samples(X, Y)[order],
        rtol=1e-4,
        atol=1e-5,
    )


@every_network
def test_the_input_is_not_modified_and_may_be_read_only(network):
    rows, labels = X.copy(), Y.copy()
    rows.flags.writeable = labels.flags.writeable = False
    outcome(clone(network).fit(rows, labels), rows, labels)
    assert_array_equal(rows, X)
    assert_array_equal(labels, Y)


@every_network
def test_memory_layout_changes_nothing(network):
    expected = outcome(clone(network).fit(X, Y))
    assert_array_equal(outcome(clone(network).fit(np.asfortranarray(X), Y)), expected)


@every_network
def test_float32_and_float64_agree(network):
    rows = X.astype(np.float32)
    assert_array_equal(
        outcome(clone(network).fit(rows, Y), rows),
        outcome(clone(network).fit(rows.astype(np.float64), Y), rows),
    )


@every_network
def test_a_large_offset_of_the_features_changes_little(network):
    # Powers of two, so that the offset rounds nothing off.
    rows = np.round(X * 64) / 64
    expected = outcome(clone(network).fit(rows, Y), rows)
    moved = clone(network).fit(rows + 2.0**20, Y)
    if hasattr(moved, "score_samples"):
        n = len(Y)
        scores = moved.score_samples(rows + 2.0**20, Y)
        assert_allclose(scores, expected[:n], atol=0.05 * np.abs(expected[:n]).max())
    if hasattr(moved, "sample"):
        made = moved.sample(Y, random_state=0).ravel() - 2.0**20
        assert_allclose(made, expected[-made.size :], atol=0.05 * np.ptp(rows))


@every_network
def test_the_number_of_threads_changes_nothing_and_is_restored(network):
    expected = outcome(clone(network).fit(X, Y))
    n_threads = torch.get_num_threads()
    torch.set_num_threads(n_threads + 1)
    try:
        assert_array_equal(outcome(clone(network).fit(X, Y)), expected)
        assert torch.get_num_threads() == n_threads + 1
    finally:
        torch.set_num_threads(n_threads)


@every_network
def test_global_random_numbers_of_torch_are_left_alone(network):
    before = torch.random.get_rng_state()
    outcome(clone(network).fit(X, Y))
    assert torch.equal(torch.random.get_rng_state(), before)


@every_network
def test_pickled_networks_are_the_same(network):
    fitted = clone(network).fit(X, Y)
    again = pickle.loads(pickle.dumps(fitted))
    assert_array_equal(outcome(again), outcome(fitted))


@every_network
def test_pandas_and_words_are_welcome(network):
    words = np.array(["ant", "bee", "cat"])[Y]
    frame = pd.DataFrame(X, columns=list("abcd"))
    fitted = clone(network).fit(frame, words)
    assert list(fitted.feature_names_in_) == list("abcd")
    assert list(fitted.classes_) == ["ant", "bee", "cat"]
    assert_array_equal(outcome(fitted, frame, words), outcome(clone(network).fit(X, Y)))


@every_network
def test_columns_of_other_names_are_refused(network):
    frame = pd.DataFrame(X, columns=list("abcd"))
    fitted = clone(network).fit(frame, Y)
    if not hasattr(fitted, "score_samples"):
        pytest.skip("takes no new rows")
    with pytest.raises(ValueError, match="feature names"):
        fitted.score_samples(frame[["b", "a", "c", "d"]], Y)


@every_network
def test_a_column_of_labels_is_taken_with_a_warning(network):
    with pytest.warns(DataConversionWarning):
        fitted = clone(network).fit(X, Y[:, None])
    assert_array_equal(outcome(fitted), outcome(clone(network).fit(X, Y)))


@every_network
def test_rows_that_are_all_equal_do_no_harm(network):
    fitted = clone(network).fit(np.ones_like(X), Y)
    assert np.isfinite(outcome(fitted, np.ones_like(X))).all()


@every_network
def test_a_class_of_one_row_does_no_harm(network):
    labels = np.append(Y[:-1], 3)
    fitted = clone(network).fit(X, labels)
    assert list(fitted.classes_) == [0, 1, 2, 3]
    assert np.isfinite(outcome(fitted, X, labels)).all()


@every_network
def test_targets_of_a_regression_are_conditions_too(network):
    fitted = clone(network).fit(X, TARGETS)
    assert not hasattr(fitted, "classes_")
    assert np.isfinite(outcome(fitted, X, TARGETS)).all()
    whole = clone(network).set_params(task="regression").fit(X, Y)
    assert np.isfinite(outcome(whole, X, Y + 0.5)).all()


@every_network
def test_invalid_input_is_refused(network):
    with pytest.raises(ValueError, match="one class"):
        clone(network).fit(X, np.zeros(len(Y)))
    with pytest.raises(ValueError, match="NaN"):
        clone(network).fit(np.where(X > 7, np.nan, X), Y)
    with pytest.raises(ValueError, match="infinity"):
        clone(network).fit(np.where(X > 7, np.inf, X), Y)
    with pytest.raises(ValueError, match="word"):
        clone(network).fit(np.where(X > 7, "word", X.astype(object)), Y)
    with pytest.raises(TypeError, match=r"[Ss]parse"):
        clone(network).fit(csr_array(X), Y)
    with pytest.raises(ValueError, match="inconsistent"):
        clone(network).fit(X, Y[:-1])
    with pytest.raises(ValueError, match="y contains NaN"):
        clone(network).fit(X, np.where(Y == 2, np.nan, Y))
    with pytest.raises(ValueError, match="no device of torch"):
        clone(network).set_params(device="abacus").fit(X, Y)
    with pytest.raises(ValueError, match="batch_size"):
        clone(network).set_params(batch_size=1).fit(X, Y)
    fitted = clone(network).fit(X, Y)
    with pytest.raises(ValueError, match=r"not seen.*7"):
        outcome(fitted, X[:2], [0, 7])


@every_network
def test_a_loss_that_is_not_finite_is_an_error(network):
    wild = clone(network).set_params(learning_rate=1e30)
    with pytest.raises(ValueError, match=r"not finite.*learning rate"):
        wild.fit(X, Y)


class Recorder:
    """A callback that counts iterations, and may end them."""

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.iterations = 0
        self.tasks = []

    def setup(self, estimator, context):
        self.tasks.append((context.task_name, context.max_subtasks))

    def teardown(self, estimator, context):
        self.tasks.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        self.iterations += context.task_name == "iteration"
        return self.iterations == self.stop_after


@every_network
def test_callbacks_see_every_iteration_and_can_end_them(network):
    recorder = Recorder()
    fitted = clone(network).set_callbacks(recorder).fit(X, Y)
    assert recorder.iterations == fitted.n_iter_ == network.max_iter
    assert recorder.tasks == [("fit", network.max_iter), "teardown"]
    assert len(fitted.loss_curve_) == fitted.n_iter_
    assert clone(network).set_callbacks(Recorder(3)).fit(X, Y).n_iter_ == 3


class Interrupt(Recorder):
    """A callback that presses Ctrl-C at the third iteration."""

    def on_fit_task_end(self, estimator, context):
        if super().on_fit_task_end(estimator, context):
            raise KeyboardInterrupt


@every_network
def test_an_interrupted_fit_leaves_nothing_fitted(network):
    fitted = clone(network).fit(X, Y).set_callbacks(Interrupt(3))
    with pytest.raises(KeyboardInterrupt):
        fitted.fit(X, Y)
    assert not [name for name in vars(fitted) if name.endswith("_")]
