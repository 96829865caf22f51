"""The script of the Deep k-NN tables: what it measures, and that it resumes."""

import importlib

import numpy as np
import pandas as pd
import pytest
import torch

from skpoison import defenses
from skpoison.datasets import fetch_mnist

from .._real_data import real

SMALL = {
    "PAIRS": {"digits": [(3, 8)]},
    "N_SEEDS": {"digits": 1},
    "NETS": {"digits": ["mlp-15"]},
    "RATIOS": [0.1],
}
OPTIONS = ["--data", "digits", "--targets", "4", "--iterations", "60", "--jobs", "1"]
BULLSEYE = ["--parts", "tables", "--attacks", "Bullseye polytope"]


@pytest.fixture
def paper(monkeypatch):
    """Imports of the scripts and of what stands beside them."""
    return lambda name: importlib.import_module(f"skpoison.evaluation._deep_knn.{name}")


@pytest.fixture
def script(paper, monkeypatch):
    """The script, with fewer networks and classes."""
    module = paper("_command")
    for name, value in SMALL.items():
        monkeypatch.setattr(module, name, value)
    return module


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Where all tests find the networks that the first of them trains."""
    return tmp_path_factory.mktemp("results")


def run(script, folder, *options):
    script.main([*OPTIONS, *options, "--results", str(folder)])
    return pd.read_csv(folder / "deep_knn.csv").set_index("defense")


def test_the_defenses_of_a_table(script, results, capsys):
    measured = run(script, results, *BULLSEYE)
    assert list(measured.index) == script.TABLE
    assert (measured.n_poisons_in_all == 20).all()
    nothing, oracle = measured.loc[script.NOTHING], measured.loc[script.ORACLE]
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


def test_neither_networks_nor_cells_are_made_again(script, results, monkeypatch):
    first = run(script, results, *BULLSEYE)
    monkeypatch.setattr(
        importlib.import_module("skpoison.evaluation._deep_knn._networks"),
        "_train",
        None,
    )
    monkeypatch.setattr(script, "measure", dict)
    pd.testing.assert_frame_equal(run(script, results, *BULLSEYE), first)


def test_networks_are_trained_before_they_are_needed(script, setting, tmp_path):
    setting |= {"net": "mlp-1/none", "surrogates": "mlp-1 seed 3 + mlp-1 seed 4"}
    script.train_networks([setting, setting | {"attack": "none"}], tmp_path, 1)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert [name.partition("-90rows")[0] for name in names] == [
        f"digits-mlp-1epochs-seed{seed}" for seed in (10, 3, 4)
    ]


def test_few_votes_are_outvoted_by_many_poisons(script, results):
    measured = run(script, results, "--parts", "many").query("n_poisons == 50")
    assert measured.loc[script.NOTHING].fooled >= 3
    for name in ("k = 50", "k = 75"):
        assert measured.loc[f"Deep k-NN, {name}"].poisons_removed == 0
    for name in ("k = 110", "k = 125", "k = 150"):
        many = measured.loc[f"Deep k-NN, {name}"]
        assert many.poisons_removed >= 0.98 * many.n_poisons_in_all
        assert many.fooled == 0


def test_a_rare_class_keeps_its_rows_when_it_is_replicated(script, results):
    measured = run(script, results, "--parts", "imbalance").query("ratio < 1")
    accuracy = measured.test_accuracy
    replicated = f"{script.OVER_N}2{script.REPLICATED}"
    assert accuracy[replicated] > accuracy[f"{script.OVER_N}2"] + 0.05


def test_figures_of_k_and_of_a_set(script, results):
    run(script, results, "--parts", "k", "imbalance")
    for name in ("space", "ablations"):
        assert (results / f"deep_knn_{name}_digits.png").stat().st_size > 10_000


@pytest.fixture
def setting(script):
    args = script.parse(OPTIONS)
    _, settings, _ = next(iter(script.cells(args, "digits")))
    return settings[0] | {"attack": "Bullseye polytope", "iterations": 2}


def test_poisons_take_the_place_of_their_bases(script, setting, results):
    _, sets, features = script.attacked(setting, results / "networks")
    assert len(features) == len(sets.y) == 300 + 4 * 5
    for members in sets.members:
        assert np.bincount(sets.y[members]).tolist() == [30] * 10
        assert sets.is_poison[members].sum() == 5
    assert sets.members[:, sets.is_poison].sum(axis=0).tolist() == [1] * 20
    assert (sets.y[sets.is_poison] == setting["poison"]).all()


def test_copies_fill_a_rare_class(script, setting, results):
    setting |= {"ratio": 0.4}
    _, sets, _ = script.attacked(setting, results / "networks")
    copies = np.flatnonzero(sets.original != np.arange(len(sets.y)))
    assert len(copies) == 18
    # Twelve rows: all of them once more, and the first six twice.
    assert np.bincount(sets.original[copies]).max() == 2
    assert np.unique(sets.original[copies]).size == 12
    np.testing.assert_array_equal(sets.X[copies], sets.X[sets.original[copies]])
    assert not sets.members[:, copies].any()


def test_who_knows_another_network_does_not_know_the_victims(script):
    known = ["mlp-30 seed 1", "mlp-30 seed 2", "cnn-30 seed 1"]
    assert list(script.surrogates("mlp-30", 1, known)) == [
        "mlp-30 seed 2 + cnn-30 seed 1",
        "cnn-30 seed 1",
    ]
    assert list(script.surrogates("cnn-30", 1, known)) == [
        "mlp-30 seed 1 + mlp-30 seed 2"
    ]
    assert list(script.surrogates("mlp-30", 3, known[:2])) == [
        "mlp-30 seed 1 + mlp-30 seed 2"
    ]
    assert list(script.surrogates("cnn-30/shift", 1, known)) == [
        "cnn-30 seed 1",
        "mlp-30 seed 1 + mlp-30 seed 2",
    ]


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("Deep k-NN, k = 50", {"k": 50, "normalized_k": None}),
        ("Deep k-NN, k / N = 0.2", {"k": None, "normalized_k": 0.2}),
        (
            "Deep k-NN, k / N = 2, replicated",
            {"normalized_k": 2.0, "class_balance": "replicate"},
        ),
    ],
)
def test_the_vote_is_what_its_name_says(script, name, params):
    made = script.make_filter(name, np.zeros(3, dtype=bool)).get_params()
    assert {key: made[key] for key in params} == params


def test_the_parts_of_a_data_set_do_not_overlap(paper):
    setup = paper("_images").Setup("digits", 3)
    parts = [setup.pretraining(90), setup.tuning(30), setup.test()]
    assert [len(y) for _, y in parts] == [900, 300, 597]
    rows = np.concatenate([X for X, _ in parts])
    assert rows.min() == 0
    assert rows.max() == 1
    whole = paper("_images").load_digits().images / 16
    np.testing.assert_array_equal(
        np.sort(rows.reshape(len(rows), -1), axis=0),
        np.sort(whole.reshape(len(whole), -1), axis=0).astype(np.float32),
    )
    fives = setup.held_out(5)
    np.testing.assert_array_equal(fives, parts[2][0][parts[2][1] == 5])


def test_a_network_is_named_after_all_it_depends_on(paper):
    recipe = paper("_networks").Recipe
    first = recipe("digits", "mlp", 30, 0, 90, 0, "float32")
    second = recipe("mnist", "cnn", 3, 1, 100, 2, "bfloat16")
    changed = {first._replace(**{f: getattr(second, f)}).name for f in first._fields}
    assert len(changed | {first.name}) == 1 + len(first._fields)


def test_a_network_comes_from_its_file_alone(paper, tmp_path):
    networks = paper("_networks")
    recipe = networks.Recipe("digits", "mlp", 1, 0, 90, 0, "float32")
    rng = np.random.default_rng(0)
    X = rng.random((40, 1, 8, 8), dtype=np.float32)
    first = networks.trained(recipe, lambda: (X, np.arange(40) % 10), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [f"{recipe.name}.pt"]
    again = networks.trained(recipe, None, tmp_path)
    with torch.no_grad():
        assert torch.equal(first(torch.tensor(X)), again(torch.tensor(X)))
    torch.save({"not": print}, tmp_path / f"{recipe.name}.pt")
    with pytest.raises(Exception, match="[Ww]eights"):
        networks.trained(recipe, None, tmp_path)


@pytest.mark.parametrize("architecture", ["mlp", "cnn", "resnet8", "whitening"])
def test_a_victim_starts_with_the_head_of_its_network(paper, tmp_path, architecture):
    real(fetch_mnist)
    networks, victims = paper("_networks"), paper("_victims")
    recipe = networks.Recipe("mnist", architecture, 1, 0, 4800, 0, "float32")
    rng = np.random.default_rng(0)
    X = rng.random((40, 1, 28, 28), dtype=np.float32)
    module = networks.trained(recipe, lambda: (X, np.arange(40) % 10), tmp_path)
    own = victims.Victim(victims.Net(architecture, 1, None, 0), "mnist", 0, tmp_path)
    logits = own.features(X) @ own.coef.T
    if own.intercept is not None:
        logits += own.intercept
    with torch.no_grad():
        expected = module(torch.tensor(X)).numpy()
    np.testing.assert_allclose(logits, expected, rtol=1e-3, atol=1e-4)


def test_a_robust_network_is_trained_adversarially(paper, tmp_path):
    networks = paper("_networks")
    recipe = networks.Recipe("digits", "robust-mlp", 1, 0, 90, 0, "float32")
    trainer = recipe.trainer()
    assert isinstance(trainer, defenses.AdversarialTrainingClassifier)
    assert (trainer.eps, trainer.n_steps, trainer.random_state) == (0.1, 10, 0)
    fast = recipe._replace(architecture="robust-fast-mlp").trainer()
    assert (fast.eps, fast.n_steps, fast.step_size) == (0.1, 1, 0.125)
    rng = np.random.default_rng(0)
    rows = rng.random((40, 1, 8, 8), dtype=np.float32), np.arange(40) % 10
    robust = networks.trained(recipe, lambda: rows, tmp_path)
    plain = recipe._replace(architecture="mlp")
    usual = networks.trained(plain, lambda: rows, tmp_path)
    assert not torch.equal(robust.head.weight, usual.head.weight)


def test_surrogates_with_dropout_have_it_after_every_stage(paper):
    net = paper("_networks").ARCHITECTURES["dropout-resnet8"]("cifar10", 1)
    module = net.initialize().module_
    names = [type(part).__name__ for part in module.network.body]
    assert names[1::2] == ["Dropout"] * 4
    assert module.eval()(torch.zeros(2, 3, 32, 32)).shape == (2, 10)


def test_an_attacker_may_know_the_adversarial_training(script):
    args = script.parse([*OPTIONS, "--parts", "adversarial"])
    cells = {part: settings for part, settings, _ in script.cells(args, "digits")}
    first, second = cells["adversarial"][:2]
    assert first["net"] == second["net"] == "robust-mlp-30"
    assert first["surrogates"] == "mlp-30 seed 10"
    assert second["surrogates"] == script.VICTIM


def test_known_sets_calibrate_the_vote(paper, script, setting, results):
    _, sets, features = script.attacked(
        setting | {"iterations": 60}, results / "networks"
    )
    filters = [defenses.DeepKNNFilter(k) for k in (5, 30)]
    kept = paper("_poison_sets").keep_calibrated(sets, features, filters, 2)
    assert not kept[:2, sets.is_poison].any()
    assert not (kept & ~sets.members).any()
    usual = paper("_poison_sets").keep(
        sets, features, lambda _: defenses.DeepKNNFilter(30)
    )
    assert kept[:, ~sets.is_poison].sum() > usual[:, ~sets.is_poison].sum()
    left = sets.after(2)
    assert len(left.members) == len(left.X_target) == len(left.right) == 2
