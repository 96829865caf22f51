"""What `import skpoison` costs."""

import subprocess
import sys

import pytest

HEAVY = {"torch", "skorch", "numba", "pynndescent", "pandas", "matplotlib"}


def run(code):
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def heavy_imports(statement):
    return run(f"import sys; {statement}; print(*sorted({HEAVY} & set(sys.modules)))")


def test_importing_the_package_imports_nothing_heavy():
    assert heavy_imports("import skpoison") == ""


@pytest.mark.parametrize(
    "statement",
    [
        "from skpoison.pipeline import Pipeline",
        "from skpoison.meta import DefendedClassifier",
        "from skpoison.defenses import DeepKNNFilter, L2CentroidFilter",
        "from skpoison.audit import PoisonAudit",
        "from skpoison.evaluation import OracleFilter, run_experiment",
        "from skpoison.attacks import LabelFlipAttack",
        "from skpoison.inspection import FeatureSpaceDisplay, NormalizedKDisplay",
        "from skpoison.metrics import filter_report",
        "from skpoison.neighbors import neighbor_votes",
    ],
)
def test_names_that_need_no_network_import_none(statement):
    # scikit-learn itself imports pandas where it is installed.
    assert heavy_imports(statement) == heavy_imports("import sklearn.pipeline")


def test_importing_costs_little_more_than_scikit_learn():
    # The modules are counted: seconds vary by more than the fifth that is allowed.
    code = "import sys; import {}; print(len(sys.modules))"
    ours, theirs = (int(run(code.format(name))) for name in ("skpoison", "sklearn"))
    assert ours <= 1.2 * theirs


def test_every_module_and_name_is_reachable():
    import skpoison

    for module in skpoison.__all__:
        package = getattr(skpoison, module)
        for name in getattr(package, "__all__", ()):
            assert getattr(package, name).__doc__, f"{module}.{name} is undocumented"
