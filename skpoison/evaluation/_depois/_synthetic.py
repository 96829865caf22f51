"""Synthetic rows: how close they come to real ones, and what they are good for."""

from functools import cache

import numpy as np
import torch
from scipy.special import softmax

from ...defenses import DePoisFilter
from ...generative import ConditionalGAN
from ...metrics import (
    average_euclidean_distance,
    frechet_distance,
    inception_score,
    wasserstein_distance,
)
from .._detection import detection_report
from ._fitting import fit_quietly
from ._images import features, network
from ._rows import clean_rows, poisoned_rows
from ._settings import IMAGE_ATTACKS, Setting

ALONE, REAL = "trusted rows alone", "real data"
# By the paper's names; the value says whether there is an authenticator.
GENERATORS = {"cGAN": False, "cGAN with authenticator": True}
SOURCES = [ALONE, REAL, *GENERATORS]
# What the mimic model learns to score low, and by which loss: ours, and those of the
# paper's figure 8, where a hinge loss stands for a plain GAN.
OURS = "wrong labels"
MIMICS: dict[str, dict] = {
    OURS: {"loss": "hinge", "negatives": ("mismatch",)},
    "GAN": {"loss": "hinge", "negatives": ("generator",), "per_class": False},
    "cWGAN-GP": {
        "loss": "wasserstein",
        "negatives": ("generator",),
        "per_class": False,
    },
}
# Columns of the file of cells, and their names in tables.
DISTANCES = {
    "wasserstein": "Wasserstein distance",
    "aed": "AED",
    "aed_of_real": "AED (real, real)",
    "frechet": "Frechet distance",
    "inception": "inception score",
}
# Units of the paper's discriminator, and of its generator.
HIDDEN, GENERATOR = (512, 512, 512), (256, 512, 1024)
BATCH_SIZE, LEARNING_RATE = 64, 1e-3


def measure_synthetic(setting, sources):
    """Distances of each source's rows to real ones, and what a mimic of them finds.

    The clean rows beyond the training set are halved: the first half is what the rows
    of a source are compared with, and the second is the source that is real.
    """
    _, (X_other, y_other) = clean_rows(setting)
    n_added = len(y_other) // 2
    X_real = X_other[:n_added]
    for source in sources:
        if source == ALONE:
            X, y = X_other[:0], y_other[:0]
        elif source == REAL:
            X, y = X_other[-n_added:], y_other[-n_added:]
        else:
            y = y_other[:n_added]
            gan = _generator(
                GENERATORS[source],
                setting.attack,
                setting.n_rows,
                setting.width,
                setting.generator_iterations,
                setting.seed,
            )
            X = gan.sample(y, random_state=setting.seed)
        yield {
            **_distances(setting, X_real, X),
            **_verdict(setting, X, y),
        }


@cache
def _generator(authenticator, attack, n_rows, width, iterations, seed):
    """A generator that has learned from the trusted rows of a draw."""
    place = Setting(attack, n_rows, iterations, seed=seed)
    (X, y), _ = clean_rows(place)
    return ConditionalGAN(
        authenticator=authenticator,
        hidden_layer_sizes=[round(width * units) for units in HIDDEN],
        generator_layer_sizes=[round(width * units) for units in GENERATOR],
        max_iter=iterations,
        batch_size=BATCH_SIZE,
        learning_rate=LEARNING_RATE,
        random_state=seed,
    ).fit(X, y)


def _distances(setting, X_real, X):
    distances = dict.fromkeys(DISTANCES, float("nan"))
    if not len(X):
        return distances
    distances |= {
        "wasserstein": wasserstein_distance(X_real, X),
        "aed": average_euclidean_distance(X_real, X),
        "aed_of_real": average_euclidean_distance(X_real, X_real),
    }
    if setting.attack in IMAGE_ATTACKS:
        place = setting.n_rows, setting.seed
        distances |= {
            "frechet": frechet_distance(features(X_real, *place), features(X, *place)),
            "inception": inception_score(_probabilities(X, *place)),
        }
    return distances


def _probabilities(X, n_rows, seed):
    """Class probabilities by the defender's network."""
    head = network(n_rows, seed, seed).module_.head
    with torch.no_grad():
        logits = head(torch.from_numpy(np.float32(features(X, n_rows, seed))))
    return softmax(logits.numpy(), axis=1)


def _verdict(setting, X, y):
    """What a mimic model of the trusted rows and these finds among the others."""
    rows = poisoned_rows(
        Setting(setting.attack, setting.n_rows, setting.iterations, seed=setting.seed)
    )
    if setting.attack in IMAGE_ATTACKS and len(y):
        X = features(np.float32(X), setting.n_rows, setting.seed)
    X = X.reshape(len(y), rows.X.shape[1])
    added = np.ones(len(y), dtype=bool)
    mimic = DePoisFilter(
        # Of all rows that it learns from, as in the paper.
        calibration="train",
        max_iter=setting.iterations,
        random_state=setting.seed,
        **MIMICS[setting.mimic],
    )
    fit_quietly(
        mimic,
        np.concatenate([rows.X, X]),
        np.concatenate([rows.y, y]),
        np.concatenate([rows.trusted, added]),
    )
    judged = np.concatenate([~rows.trusted, ~added])
    return detection_report(mimic, np.concatenate([rows.is_poison, ~added]), judged)
