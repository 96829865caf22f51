"""Without an optional package everything says which extra brings it."""

import sys

import numpy as np
import pandas as pd
import pytest

from skpoison import audit, datasets, evaluation, inspection
from skpoison.audit.command_line import main
from skpoison.datasets._bunch import table

FRAME = pd.DataFrame(
    {
        "dataset": "iris",
        "attack": "flips",
        "rate": [0.1, 0.2],
        "defense": "Deep k-NN",
        "score_undefended": 0.8,
        "score_random": 0.8,
        "score_defended": 0.9,
        "score_perfect": 1.0,
    }
)
ROWS = np.arange(12.0).reshape(6, 2) % 5
LABELS = np.array([0, 0, 0, 1, 1, 1])


def image_folder(path):
    for label in "ab":
        (path / label).mkdir()
        (path / label / "0.png").touch()
    return path


def fetch(fetcher):
    return lambda path: fetcher(data_home=path)


def frame_of(path):
    return table(
        *(ROWS, LABELS),
        feature_names=["a", "b"],
        target_name="label",
        DESCR="",
        return_X_y=False,
        as_frame=True,
    )


NEEDS = {
    ("PIL.Image", "data"): {
        "audit of images": lambda path: audit.PoisonAudit().fit(image_folder(path)),
    },
    ("pandas", "data"): {
        "suspects": lambda path: audit.PoisonAudit().suspects_,
        "data set as a frame": frame_of,
        "houses": fetch(datasets.fetch_house_prices),
        "warfarin": fetch(datasets.fetch_warfarin),
        "download of MNIST": fetch(datasets.fetch_mnist),
        "download of CIFAR-10": fetch(datasets.fetch_cifar10),
        "bench": lambda path: evaluation.evaluate_defenses({}, {}, {}, estimators={}),
        "experiment": lambda path: evaluation.run_experiment(len, {}, [], path / "x"),
        "summary": lambda path: evaluation.summarize(FRAME, "rate"),
        "comparison": lambda path: evaluation.compare_defenses(FRAME, "a", "b"),
        "table of means": lambda path: evaluation.mean_and_interval(
            FRAME, "rate", "attack", "defense"
        ),
    },
    ("matplotlib.pyplot", "plot"): {
        "matrix": lambda path: inspection.DefenseMatrixDisplay.from_frame(FRAME),
        "rates": lambda path: inspection.RateCurveDisplay.from_frame(FRAME),
        "margins": lambda path: inspection.VoteMarginDisplay.from_predictions([1, 2]),
        "plane": lambda path: inspection.FeatureSpaceDisplay.from_predictions(
            ROWS, LABELS, LABELS == 0, target_class=0, poison_class=1
        ),
        "choice of k": lambda path: inspection.NormalizedKDisplay(
            *np.full((4, 2), 0.5)
        ).plot(),
    },
}


@pytest.mark.parametrize(
    ("module", "extra", "call"),
    [
        pytest.param(*needed, call, id=f"{needed[0]}-{name}")
        for needed, calls in NEEDS.items()
        for name, call in calls.items()
    ],
)
def test_the_extra_is_named(module, extra, call, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, module, None)
    package = module.split(".")[0]
    sentence = f'This needs {package}: pip install "skpoison[{extra}]".'
    with pytest.raises(ImportError) as error:
        call(tmp_path)
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    ("package", "file"), [("pandas", "rows.csv"), ("pyarrow", "rows.parquet")]
)
@pytest.mark.parametrize("command", ["audit", "clean"])
def test_the_command_line_names_the_extra(
    package, file, command, monkeypatch, tmp_path, capsys
):
    (tmp_path / file).write_text("a,label,checked\n1,x,1\n")
    monkeypatch.setitem(sys.modules, package, None)
    options = ["--target", "label", "--trusted", "checked"]
    if command == "clean":
        options += ["-o", str(tmp_path / f"kept-{file}")]
    assert main([command, str(tmp_path / file), *options]) == 2
    said = capsys.readouterr().err
    assert said == f'skpoison: This needs {package}: pip install "skpoison[data]".\n'
