"""The Deep k-NN experiment: what it measures, and that it resumes."""

from dataclasses import replace
from functools import wraps

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

from skpoison import defenses
from skpoison.evaluation._deep_knn import _command, _networks
from skpoison.evaluation._deep_knn._crafting import craft
from skpoison.evaluation._deep_knn._defenses import (
    AS_IT_IS,
    NOTHING,
    ORACLE,
    REPLICATED,
    TABLE,
    DeepKNN,
)
from skpoison.evaluation._deep_knn._images import Setup
from skpoison.evaluation._deep_knn._measure import attacked, train_networks
from skpoison.evaluation._deep_knn._parts import PARTS, PLANS, surrogate_sets
from skpoison.evaluation._deep_knn._poison_sets import keep_calibrated, keep_rows
from skpoison.evaluation._deep_knn._report import COLUMNS, _cells
from skpoison.evaluation._deep_knn._settings import VICTIM, Network, Surrogates

OPTIONS = ["--data", "digits", "--targets", "4", "--iterations", "60", "--jobs", "1"]
BULLSEYE = ["--parts", "tables", "--attacks", "Bullseye polytope"]


@pytest.fixture(autouse=True)
def plan(monkeypatch):
    """A plan with fewer networks and classes."""
    plan = replace(
        PLANS["digits"],
        nets=(Network("mlp", 15),),
        pairs=((3, 8),),
        n_seeds=1,
        ratios=(0.1,),
    )
    monkeypatch.setitem(PLANS, "digits", plan)
    return plan


@pytest.fixture
def setting(plan):
    base = replace(plan.base, n_targets=4)
    return replace(base, attack="Bullseye polytope", iterations=2)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Where all tests find the networks that the first of them trains."""
    return tmp_path_factory.mktemp("results")


def run(folder, *options):
    folder.mkdir(exist_ok=True)
    args = _command.parse([*OPTIONS, *options, "--out", str(folder)])
    return _command.main(args)[""].set_index("defense")


def test_the_defenses_of_a_table(results, capsys):
    measured = run(results, *BULLSEYE)
    assert list(measured.index) == list(map(str, TABLE))
    assert (measured.n_poisons_in_all == 20).all()
    nothing, oracle = measured.loc[str(NOTHING)], measured.loc[str(ORACLE)]
    assert nothing.succeeded >= 3
    assert nothing.fooled == nothing.succeeded
    assert (nothing.poisons_removed, nothing.success_rate, nothing.mcc) == (0, 0, 0)
    assert (oracle.poisons_removed, oracle.fooled, oracle.mcc) == (20, 0, 1)
    vote = measured.loc["Deep k-NN, k / N = 1"]
    assert (vote.poisons_removed, vote.fooled, vote.success_rate) == (20, 0, 1)
    assert vote.clean_removed < 10
    assert (measured.test_accuracy > 0.8).all()
    printed = capsys.readouterr().out
    assert "| flag nothing | 0/20 | 0.00 % |" in printed
    assert (results / "deep_knn_networks_digits.png").stat().st_size > 10_000


def test_neither_networks_nor_cells_are_made_again(results, monkeypatch):
    first = run(results, *BULLSEYE)
    nothing = wraps(_command.measure)(lambda setting, defenses, folder: [])
    monkeypatch.setattr(_networks, "_train", None)
    monkeypatch.setattr(_command, "measure", nothing)
    pd.testing.assert_frame_equal(run(results, *BULLSEYE), first)


def test_networks_are_trained_before_they_are_needed(setting, tmp_path):
    known = tuple(Network("mlp", 1, seed=seed) for seed in (3, 4))
    setting = replace(
        setting, net=Network("mlp", 1, "none"), surrogates=Surrogates(known)
    )
    train_networks([setting, replace(setting, attack="none")], tmp_path, 1)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert [name.partition("-90rows")[0] for name in names] == [
        f"digits-mlp-1epochs-seed{seed}" for seed in (10, 3, 4)
    ]


def test_few_votes_are_outvoted_by_many_poisons(results):
    measured = run(results, "--parts", "many").query("n_poisons == 50")
    assert measured.loc[str(NOTHING)].fooled >= 3
    for name in ("k = 50", "k = 75"):
        assert measured.loc[f"Deep k-NN, {name}"].poisons_removed == 0
    for name in ("k = 110", "k = 125", "k = 150"):
        many = measured.loc[f"Deep k-NN, {name}"]
        assert many.poisons_removed >= 0.98 * many.n_poisons_in_all
        assert many.fooled == 0


def test_a_rare_class_keeps_its_rows_when_it_is_replicated(results):
    measured = run(results, "--parts", "imbalance").query("ratio < 1")
    accuracy = measured.test_accuracy
    assert accuracy[str(REPLICATED)] > accuracy[str(AS_IT_IS)] + 0.05


def test_figures_of_k_and_of_a_set(results):
    run(results, "--parts", "k", "imbalance")
    for name in ("space", "ablations"):
        assert (results / f"deep_knn_{name}_digits.png").stat().st_size > 10_000


def test_poisons_take_the_place_of_their_bases(setting, results):
    _, sets, features = attacked(setting, results / "networks")
    assert len(features) == len(sets.y) == 300 + 4 * 5
    for members in sets.members:
        assert np.bincount(sets.y[members]).tolist() == [30] * 10
        assert sets.is_poison[members].sum() == 5
    assert sets.members[:, sets.is_poison].sum(axis=0).tolist() == [1] * 20
    assert (sets.y[sets.is_poison] == setting.poison).all()


def test_a_victim_that_reads_no_target_rightly_is_told(setting):
    class Blind:
        def features(self, X):
            return X

        def train(self, features, y, keep_masks):
            return self

        def predict(self, features):
            return np.full((1, len(features)), -1)

    with pytest.raises(ValueError, match="reads none of .* of class 3 .* rightly"):
        craft(Blind(), [], setting)


def test_copies_fill_a_rare_class(setting, results):
    _, sets, _ = attacked(replace(setting, ratio=0.4), results / "networks")
    copies = np.flatnonzero(sets.original != np.arange(len(sets.y)))
    assert len(copies) == 18
    # Twelve rows: all of them once more, and the first six twice.
    assert np.bincount(sets.original[copies]).max() == 2
    assert np.unique(sets.original[copies]).size == 12
    np.testing.assert_array_equal(sets.X[copies], sets.X[sets.original[copies]])
    assert not sets.members[:, copies].any()


def test_who_knows_another_network_does_not_know_the_victims():
    first, second = Network("mlp", 30, seed=1), Network("mlp", 30, seed=2)
    cnn = Network("cnn", 30, seed=1)
    known = first, second, cnn
    assert list(surrogate_sets(first, known)) == [(second, cnn), (cnn,)]
    assert list(surrogate_sets(cnn, known)) == [(first, second)]
    third = Network("mlp", 30, seed=3)
    assert list(surrogate_sets(third, known[:2])) == [(first, second)]
    shifted = replace(cnn, views="shift")
    assert list(surrogate_sets(shifted, known)) == [(cnn,), (first, second)]


@pytest.mark.parametrize(
    ("defense", "name", "params"),
    [
        (DeepKNN(50), "Deep k-NN, k = 50", {"k": 50, "normalized_k": None}),
        (
            DeepKNN(normalized_k=0.2),
            "Deep k-NN, k / N = 0.2",
            {"k": None, "normalized_k": 0.2},
        ),
        (
            DeepKNN(normalized_k=2.0, replicates=True),
            "Deep k-NN, k / N = 2, replicated",
            {"normalized_k": 2.0, "class_balance": "replicate"},
        ),
    ],
)
def test_the_vote_is_what_its_name_says(defense, name, params):
    assert str(defense) == name
    made = defense.make_filter(np.zeros(3, dtype=bool)).get_params()
    assert {key: made[key] for key in params} == params


def test_the_parts_of_a_data_set_do_not_overlap():
    setup = Setup("digits", 3)
    parts = [setup.pretraining(90), setup.tuning(30), setup.test()]
    assert [len(y) for _, y in parts] == [900, 300, 597]
    rows = np.concatenate([X for X, _ in parts])
    assert rows.min() == 0
    assert rows.max() == 1
    whole = load_digits().images / 16
    np.testing.assert_array_equal(
        np.sort(rows.reshape(len(rows), -1), axis=0),
        np.sort(whole.reshape(len(whole), -1), axis=0).astype(np.float32),
    )
    fives = setup.held_out(5)
    np.testing.assert_array_equal(fives, parts[2][0][parts[2][1] == 5])


def test_an_attacker_may_know_the_adversarial_training(plan):
    settings, _ = PARTS["adversarial"].cells(plan)
    first, second = settings[:2]
    assert str(first.net) == str(second.net) == "robust-mlp-30"
    assert str(first.surrogates) == "mlp-30 seed 10"
    assert second.surrogates == VICTIM


def test_options_replace_the_defaults_of_a_plan(plan):
    assert _command.plan_of(_command.parse([]), "digits") == plan
    options = ["--nets", "cnn-2/shift", "--surrogates", "mlp-1", "cnn-1 seed 4"]
    options += ["--robust", "fast-mlp-3", "--attacks", "convex polytope"]
    args = _command.parse([*options, "--iterations", "7", "--seeds", "2"])
    known = Network("mlp", 1, seed=0), Network("cnn", 1, seed=4)
    assert _command.plan_of(args, "digits") == replace(
        plan,
        nets=(Network("cnn", 2, "shift"),),
        surrogates=known,
        robust_surrogates=known,
        robust_nets=(Network("mlp", 3, training="robust-fast"),),
        attacks=("convex polytope",),
        iterations=7,
        n_seeds=2,
    )


def test_known_sets_calibrate_the_vote(setting, results):
    _, sets, features = attacked(replace(setting, iterations=60), results / "networks")
    filters = [defenses.DeepKNNFilter(k) for k in (5, 30)]
    kept = keep_calibrated(sets, features, filters, 2)
    assert not kept[:2, sets.is_poison].any()
    assert not (kept & ~sets.members).any()
    usual = keep_rows(sets, features, lambda _: defenses.DeepKNNFilter(30))
    assert kept[:, ~sets.is_poison].sum() > usual[:, ~sets.is_poison].sum()
    left = sets.after(2)
    assert len(left.members) == len(left.X_target) == len(left.right) == 2


def test_a_mean_has_as_many_repetitions_as_draws():
    rows = pd.DataFrame(
        {
            "seed": [10, 10, 11, 11],
            "clean_removed": [1.0, 3.0, 3.0, 5.0],
            "test_accuracy": [0.8, 1.0, 0.8, 1.0],
            "mcc": [0.5, 0.5, 0.5, 0.5],
            "seconds": 0.0,
            "success_rate": 1.0,
        }
    ).assign(poisons_removed=5, n_poisons_in_all=5, fooled=0, n_right=1, succeeded=1)
    cells = dict(zip(COLUMNS, _cells(rows)))
    # Student's t of one degree of freedom has its .975 quantile at 12.71.
    assert cells["clean removed"] == "3.00 ± 12.71 %"
    assert cells["test accuracy"] == "0.900 ± 0.000"
