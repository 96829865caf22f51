"""The experiment on De-Pois, on small data that needs no download."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.utils import Bunch

from skpoison.datasets import make_fourclass
from skpoison.evaluation._depois import _command, _images, _times
from skpoison.evaluation._depois._defenses import DEFENSES
from skpoison.evaluation._depois._rows import poisoned_rows
from skpoison.evaluation._depois._settings import Setting, SyntheticSetting
from skpoison.evaluation._depois._synthetic import measure_synthetic
from skpoison.evaluation._fourclass import _case


def digits(split):
    X, y = load_digits(return_X_y=True)
    return Bunch(images=np.round(X * 255 / 16).reshape(-1, 8, 8), target=y)


@pytest.fixture(autouse=True, scope="module")
def small_data():
    """Digits of 8 x 8 pixels, and points that look like Fourclass."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_images, "fetch_mnist", digits)
        points = make_fourclass(random_state=0)
        patch.setattr(_case, "fetch_fourclass", lambda return_X_y: points)
        yield
    for cached in (_images.mnist, _images.draw, _images.network, _images.poison_images):
        cached.cache_clear()


def run(folder, *options):
    common = ["--jobs", "1", "--seeds", "1", "--rows", "300", "--iterations", "20"]
    folder.mkdir(exist_ok=True)
    return _command.main(_command.parse([*common, "--out", str(folder), *options]))


def only(monkeypatch, *names):
    """Measure these defenses alone."""
    lines = {name: DEFENSES["TCL"][name] for name in names}
    monkeypatch.setattr(_command, "DEFENSES", dict.fromkeys(DEFENSES, lines))


def test_table_three_stands_beside_the_paper(tmp_path, capsys):
    options = ["--parts", "shares", "--attacks", "TCL", "--shares", "0.2"]
    measured = run(tmp_path, *options)["TCL"].set_index("defense")
    assert list(measured.index) == list(DEFENSES["TCL"])
    nothing = measured.loc["flag nothing"]
    assert nothing.accuracy == pytest.approx(1 / 1.2)
    assert nothing.f1_poison == 0
    printed = capsys.readouterr().out
    assert f"| trusted SVC | {measured.accuracy['trusted SVC']:.3f} |" in printed
    assert "| *De-Pois, the paper* | 0.869 ± 0.03 |" in printed
    assert (tmp_path / "depois_shares.png").stat().st_size > 10_000


def test_the_same_seed_gives_the_same_table(tmp_path):
    options = ["--parts", "rates", "--attacks", "GP", "--rates", "0.2"]
    frames = []
    for name in ("first", "second"):
        frames.append(run(tmp_path / name, *options)["GP"])
        _images.poison_images.cache_clear()
    pd.testing.assert_frame_equal(*frames)


def test_a_refusal_is_written_down(tmp_path, capsys, monkeypatch):
    only(monkeypatch, "flag nothing", "CD")
    measured = run(tmp_path, "--parts", "classes")["TCL"]
    measured = measured.set_index(["n_known", "defense"])
    assert np.isnan(measured.accuracy[5, "CD"])
    assert "trusted rows of each class" in measured.refusal[5, "CD"]
    assert measured.refusal.ne("").sum() == 2
    assert "CD refuses 1 of 1 sets at n_known 5: " in capsys.readouterr().out


@pytest.mark.parametrize("attack", ["TCL", "pGAN", "GP"])
def test_poison_is_what_the_rate_says_and_never_trusted(attack):
    rows = poisoned_rows(Setting(attack, 300, 20, rate=0.1, share=0.3))
    assert rows.trusted.sum() == 90
    assert rows.is_poison.sum() == 21
    assert not (rows.trusted & rows.is_poison).any()


@pytest.mark.parametrize("attack", ["TCL", "LF"])
def test_poison_takes_the_place_of_trusted_rows(attack):
    clean = poisoned_rows(Setting(attack, 300, 20))
    mixed = poisoned_rows(Setting(attack, 300, 20, mixed=0.25))
    n_trusted = clean.trusted.sum()
    assert mixed.trusted.sum() == n_trusted
    spoilt = mixed.trusted & mixed.is_poison
    assert spoilt.sum() == round(0.25 * n_trusted)


def test_classes_without_trusted_rows():
    rows = poisoned_rows(Setting("TCL", 300, 20, n_known=4))
    assert len(np.unique(rows.y[rows.trusted])) == 4
    assert rows.trusted.sum() == 60


def test_synthetic_rows_stand_beside_real_ones(tmp_path, capsys):
    options = ["--parts", "synthetic", "--attacks", "LF", "--mimics", "wrong labels"]
    (measured,) = run(tmp_path, *options, "--generator-iterations", "100").values()
    measured = measured.set_index("defense")
    real, made = measured.loc["real data"], measured.loc["cGAN with authenticator"]
    assert real.wasserstein < made.wasserstein
    assert abs(real.aed - real.aed_of_real) < 0.1
    assert np.isnan(measured.aed["trusted rows alone"])
    assert measured.f1_clean.between(0, 1).all()
    printed = capsys.readouterr().out
    assert "| *cGAN, the paper* | 0.89 | 91.65 |" in printed


def test_images_have_an_inception_score():
    setting = SyntheticSetting("TCL", 300, 0.1, 5, 5, "wrong labels", seed=10)
    (real,) = measure_synthetic(setting, ["real data"])
    assert 5 < real["inception"] <= 10
    assert real["frechet"] < 50


def test_run_times_stand_beside_those_of_the_paper(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(_times, "NETWORKS", {})
    only(monkeypatch, "CD")
    monkeypatch.setattr(_times, "DEFENSES", {"LF": {"CD": DEFENSES["LF"]["CD"]}})
    measured = run(tmp_path, "--parts", "times", "--attacks", "LF")["LF"]
    printed = capsys.readouterr().out
    assert "| *De-Pois, the paper* |  | 0.306 |" in printed
    assert measured.fit_seconds.between(0, 5).all()


def test_the_scores_of_a_set_are_drawn(tmp_path):
    scores = run(tmp_path, "--parts", "scores", "--attacks", "TCL")["TCL"]
    assert set(scores.verdict) == {-1, 1}
    assert scores.is_poison.sum() == 48
    assert (tmp_path / "depois_scores.png").stat().st_size > 5_000
