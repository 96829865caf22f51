"""What is mutated, and which tests should notice: fast ones that reach every line."""

from pathlib import Path


def _modules(folder):
    return sorted(map(str, Path(folder).rglob("*.py")))


# The files, and what pytest is told.
TARGETS = {
    "base": (
        ["skpoison/base.py"],
        [
            "skpoison/base.py",
            "tests/test_base.py",
            "tests/test_common.py",
            "tests/defenses/test_stored_rows.py",
            "-k=test_base or L2Centroid or KNNShapley or RandomEviction",
        ],
    ),
    "pipeline": (
        ["skpoison/pipeline.py"],
        ["skpoison/pipeline.py", "tests/test_pipeline.py"],
    ),
    "neighbors": (
        _modules("skpoison/neighbors"),
        [
            "tests/neighbors",
            "-k=not cluster and not interruption and not memory and not large",
        ],
    ),
    "calibrated": (
        _modules("skpoison/defenses/_calibrated"),
        ["skpoison/defenses/_calibrated", "tests/defenses/test_calibrated.py"],
    ),
}
