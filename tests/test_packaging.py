"""What is in the wheel and in the source distribution."""

import re
import tarfile
import tomllib
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from hatchling import build

ROOT = Path(__file__).parent.parent
METADATA = "skpoison-VERSION.dist-info"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("dist")


@pytest.fixture(scope="module")
def wheel(folder):
    """The size of each file by its name; the folder of metadata without the version."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        name = build.build_wheel(str(folder))
    metadata = "-".join(name.split("-")[:2]) + ".dist-info"
    with zipfile.ZipFile(folder / name) as archive:
        return {
            file.filename.replace(metadata, METADATA): file.file_size
            for file in archive.infolist()
        }


@pytest.fixture(scope="module")
def sdist(folder):
    """The size of each file by its name below the top folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        name = build.build_sdist(str(folder))
    with tarfile.open(folder / name) as archive:
        return {
            str(PurePosixPath(*PurePosixPath(member.name).parts[1:])): member.size
            for member in archive.getmembers()
        }


def package_files():
    """Every file of the package, as the tree has it."""
    return {
        str(path.relative_to(ROOT))
        for path in (ROOT / "skpoison").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_is_the_package_and_its_metadata_alone(wheel):
    metadata = {
        f"{METADATA}/{name}"
        for name in (
            "METADATA",
            "WHEEL",
            "RECORD",
            "entry_points.txt",
            "licenses/LICENSE",
        )
    }
    assert set(wheel) == package_files() | metadata


@pytest.mark.parametrize(
    "file",
    ["py.typed", "__init__.pyi", "defenses/__init__.pyi", "audit/_html/style.css"],
)
def test_the_wheel_has_what_is_no_code(wheel, file):
    assert f"skpoison/{file}" in wheel


def test_the_source_has_what_its_own_wheel_and_tests_need(sdist):
    needed = {
        "pyproject.toml",
        "LICENSE",
        "README.md",
        "CONTRIBUTING.md",
        "PKG-INFO",
        "tests/constraints.txt",
        "tests/test_packaging.py",
        "examples/plot_quickstart.py",
        "doc/_static/quickstart.png",
        "doc/changelog.md",
    }
    assert set(sdist) >= needed | package_files()


def test_the_source_has_nothing_that_was_built(sdist):
    built = ("__pycache__", "_build", "generated", "auto_examples", ".venv", ".ci")
    assert not [file for file in sdist if set(built) & set(PurePosixPath(file).parts)]


@pytest.mark.parametrize("archive", ["wheel", "sdist"])
def test_no_file_is_large(archive, request):
    sizes = request.getfixturevalue(archive)
    assert {file: size for file, size in sizes.items() if size > 300_000} == {}
    assert sum(sizes.values()) < 8_000_000


def least_versions(project):
    """The least version of every package, in each place that names it."""
    extras = project["optional-dependencies"]
    extras = [extras[name] for name in ("plot", "data", "distributed", "test")]
    for requirement in sum(extras, project["dependencies"]):
        if not requirement.startswith("skpoison["):
            yield re.fullmatch(r"([\w-]+)>=([\d.]+)", requirement).groups()


def padded(version):
    return tuple(map(int, (version.split(".") + ["0", "0"])[:3]))


def test_the_least_versions_are_those_that_are_tested():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = (ROOT / "tests/constraints-oldest.txt").read_text().splitlines()
    tested = dict(line.split("==") for line in lines if "==" in line)
    least = dict(least_versions(project))
    del least["torch"], tested["torch"]  # the file says why
    assert {name: padded(v) for name, v in tested.items()} == {
        name: padded(v) for name, v in least.items()
    }
