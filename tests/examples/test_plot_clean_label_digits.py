"""The example of the clean-label attacks shows what it says."""

import runpy
from pathlib import Path

import matplotlib
import numpy as np
import pytest

pytestmark = pytest.mark.slow

EXAMPLE = (
    Path(__file__).parent.parent.parent / "examples" / "plot_clean_label_digits.py"
)


@pytest.fixture(scope="module")
def example():
    matplotlib.use("Agg")
    names = runpy.run_path(str(EXAMPLE))
    matplotlib.pyplot.close("all")
    return names


def test_every_attack_fools_the_undefended_victims(example):
    assert np.mean(example["clean"] == 3) == 1
    for models in example["undefended"].values():
        predicted = np.diagonal(models.predict(example["F_targets"]))
        assert np.sum(predicted == 8) >= 8


def test_poison_stays_near_its_bases(example):
    bases = example["X_new"][example["attacks"]["Bullseye Polytope"].base_indices_]
    for name in ("convex polytope", "Bullseye Polytope"):
        change = np.abs(example["poisons"][name] - bases)
        assert change.max() <= 0.3 + 1e-6


def test_the_defense_works_beyond_twice_the_number_of_poisons(example):
    k = example["normalized_k"]
    for name in ("feature collision", "Bullseye Polytope"):
        curve = example["curves"][name]
        beyond = k > curve.critical_k
        assert curve.success[beyond].min() >= 0.8
        assert curve.success[k <= 0.06].max() <= 0.4
        assert curve.mcc[beyond].max() >= 0.4
        # Too many neighbors cost clean rows.
        assert curve.mcc[-1] <= 0.25
        assert curve.accuracy[-1] < curve.accuracy[beyond].max() - 0.02


def test_colliding_poison_is_removed_beyond_twice_its_number_alone(example):
    for n_poisons, (ks, removed) in example["removed"].items():
        removed = np.array(removed)
        assert (removed[ks <= 1.5 * n_poisons] == 0).all()
        assert removed[ks > 2.4 * n_poisons].min() >= 0.8
