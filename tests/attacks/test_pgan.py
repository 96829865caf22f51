"""The attack by a generator, a discriminator and a classifier."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import NearestNeighbors

from skpoison.attacks import PGANAttack
from skpoison.exceptions import CollapsedGeneratorWarning

from ._callbacks import EndsAfter


@pytest.fixture(scope="module")
def digits():
    """Nines and eights, as words, to show that these will do."""
    X, y = load_digits(return_X_y=True)
    X, y = X[y > 7] / 16, y[y > 7]
    return X, np.array(["eight", "nine"])[y - 8]


def attack(**params):
    options = {"alpha": 0.0, "rate": 0.25, "poison_class": "eight", "random_state": 0}
    return PGANAttack(device="cpu", **{**options, **params})


def quick(**params):
    return attack(max_iter=5, n_judge_steps=1, batch_size=16, **params)


def detectability(X_poison, X_clean, X_new):
    """ROC AUC of the distance to the five nearest clean rows, against new ones."""
    neighbors = NearestNeighbors(n_neighbors=5).fit(X_clean)
    distances = [
        neighbors.kneighbors(rows)[0].mean(axis=1) for rows in (X_poison, X_new)
    ]
    is_poison = np.repeat([1, 0], [len(X_poison), len(X_new)])
    return roc_auc_score(is_poison, np.concatenate(distances))


def harm_and_detectability(digits, seed, *, share, alpha):
    """Test error of a victim trained from scratch, and how far the poison is."""
    X, X_test, y, y_test = train_test_split(
        *digits, test_size=0.3, random_state=seed, stratify=digits[1]
    )
    rate = share / (1 - share)
    fitted = attack(alpha=alpha, rate=rate, random_state=seed)
    victim = LogisticRegression(max_iter=1000)
    poisoned = fitted.fit_poison(X, y)
    error = 1 - victim.fit(poisoned.X, poisoned.y).score(X_test, y_test)
    eights = X[y == "eight"], X_test[y_test == "eight"]
    return error, detectability(fitted.X_poison_, *eights)


@pytest.mark.slow
def test_alpha_trades_harm_for_stealth(digits):
    """Averages of two seeds; the benchmark has ten, and more values of alpha."""
    runs = [
        [
            harm_and_detectability(digits, seed, share=0.4, alpha=alpha)
            for alpha in (0.0, 0.3, 1.0)
        ]
        for seed in range(2)
    ]
    errors, found = np.mean(runs, axis=0).T
    assert errors[0] > 0.25
    assert (np.diff(errors) < 0).all()
    assert (np.diff(found) < 0).all()


@pytest.mark.slow
def test_a_fifth_of_the_rows_does_harm(digits):
    """Without poison the error is .02; ten seeds are in the benchmark."""
    runs = [
        harm_and_detectability(digits, seed, share=0.2, alpha=0.0) for seed in range(2)
    ]
    assert np.mean(runs, axis=0)[0] > 0.05


def test_rows_are_added_with_the_label_and_within_the_range(digits):
    X, y = digits
    fitted = quick()
    poisoned = fitted.fit_poison(X, y)
    n = round(0.25 * len(y))
    assert np.array_equal(poisoned.X[: len(y)], X)
    assert np.array_equal(np.flatnonzero(poisoned.is_poison), len(y) + np.arange(n))
    assert set(fitted.y_poison_) == {"eight"}
    assert (fitted.X_poison_ >= X.min(axis=0)).all()
    assert (fitted.X_poison_ <= X.max(axis=0)).all()
    constant = X.min(axis=0) == X.max(axis=0)
    assert constant.any()
    assert (fitted.X_poison_[:, constant] == X[0, constant]).all()
    assert fitted.loss_curve_.shape == (fitted.n_iter_, 2) == (5, 2)


@pytest.mark.parametrize("balance", ["gradient", "none"])
def test_the_seed_alone_decides(digits, balance):
    X, y = digits

    def poison(seed, order=slice(None)):
        fitted = quick(alpha=0.5, balance=balance, random_state=seed)
        fitted.fit_poison(X[order], y[order])
        return fitted.X_poison_

    assert np.array_equal(poison(0), poison(0))
    assert np.array_equal(poison(0), poison(0, slice(None, None, -1)))
    assert not np.array_equal(poison(0), poison(1))


def test_the_balance_changes_the_game_between_the_ends_alone(digits):
    def poison(alpha, balance):
        fitted = quick(alpha=alpha, balance=balance)
        return fitted.fit_poison(*digits).X[-1]

    assert not np.allclose(poison(0.5, "gradient"), poison(0.5, "none"))
    # Adam takes no notice of a factor, but for the one that it divides by.
    assert np.allclose(poison(1.0, "gradient"), poison(1.0, "none"), atol=0.05)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 7, 5)])
def test_images_come_back_in_their_shape(shape):
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(40, *shape)).astype(np.float32)
    y = np.arange(40) % 2
    fitted = attack(poison_class=1, max_iter=30, batch_size=16)
    poisoned = fitted.fit_poison(X, y)
    assert poisoned.X.shape == (50, *shape)
    assert poisoned.X.dtype == np.float32
    assert 0.1 < fitted.spread_ < 2


def test_data_frames_come_back_as_such(digits):
    X, y = digits
    frame = pd.DataFrame(X, columns=[f"pixel {i}" for i in range(64)])
    poisoned = quick().fit_poison(frame, pd.Series(y))
    assert list(poisoned.X.columns) == list(frame.columns)
    assert np.array_equal(poisoned.X, quick().fit_poison(X, y).X)


def test_the_target_class_draws_the_poison():
    rng = np.random.default_rng(0)
    centers = np.array([[0.2, 0.2], [0.8, 0.2], [0.5, 0.8]])
    y = np.arange(300) % 3
    X = centers[y] + rng.normal(scale=0.05, size=(300, 2))
    for target in (1, 2):
        fitted = attack(poison_class=0, target_class=target, max_iter=100)
        fitted.fit_poison(X, y)
        distances = np.linalg.norm(fitted.X_poison_[:, None] - centers, axis=2)
        assert np.mean(distances.argmin(axis=1) == target) > 0.8


def test_classes_that_are_not_there(digits):
    with pytest.raises(ValueError, match=r"poison_class='ten' is not among the labels"):
        quick(poison_class="ten").fit_poison(*digits)
    with pytest.raises(ValueError, match=r"target_class=3 is not among the labels"):
        quick(target_class=3).fit_poison(*digits)
    with pytest.raises(ValueError, match="are both 'eight'"):
        quick(target_class="eight").fit_poison(*digits)
    X, y = digits
    with pytest.raises(ValueError, match="only one class: 'eight'"):
        quick().fit_poison(X[y == "eight"], y[y == "eight"])


def test_rows_that_are_neither_vectors_nor_images(digits):
    X, y = digits
    with pytest.raises(ValueError, match=r"X has the shape \(354, 8, 8\)"):
        quick().fit_poison(X.reshape(-1, 8, 8), y)


def test_losses_that_are_not_finite_are_an_error(digits):
    wild = quick(learning_rate=1e30)
    with pytest.raises(ValueError, match="not finite from iteration .* lower"):
        wild.fit_poison(*digits)
    assert not [name for name in vars(wild) if name.endswith("_")]


def test_a_collapse_is_warned_of():
    """A convolutional generator that has hardly learned makes one and the same row."""
    X = np.random.default_rng(0).uniform(size=(40, 1, 8, 8))
    collapsed = quick(poison_class=1)
    with pytest.warns(CollapsedGeneratorWarning, match="has collapsed: its 10 rows"):
        collapsed.fit_poison(X, np.arange(40) % 2)
    assert collapsed.spread_ < 0.1


def test_an_interrupted_attack_is_not_fitted(digits):
    interrupted = quick().set_callbacks(EndsAfter(2, by_error=True))
    with pytest.raises(KeyboardInterrupt):
        interrupted.fit_poison(*digits)
    assert not [name for name in vars(interrupted) if name.endswith("_")]


def test_a_callback_can_end_the_game(digits):
    ended = quick().set_callbacks(EndsAfter(3))
    ended.fit_poison(*digits)
    assert ended.n_iter_ == 3


def test_torch_is_left_as_it_was(digits):
    before = torch.random.get_rng_state(), torch.get_num_threads()
    quick().fit_poison(*digits)
    assert torch.equal(torch.random.get_rng_state(), before[0])
    assert torch.get_num_threads() == before[1]
