"""The house: who may import whom, and what is left private across packages."""

import ast
from pathlib import Path

import pytest

import skpoison

ROOT = Path(skpoison.__file__).parent
GROUND = {"_utils", "exceptions"}
ROOMS = GROUND | {"_torch", "base", "neighbors", "metrics", "datasets"}
MAY_IMPORT = {
    "exceptions": set(),
    "_utils": {"exceptions"},
    "_torch": GROUND,
    "base": GROUND,
    "neighbors": GROUND | {"_torch"},
    "metrics": GROUND,
    "datasets": GROUND,
    "embedding": GROUND | {"_torch"},
    "generative": GROUND | {"_torch"},
    "defenses": ROOMS | {"embedding", "generative"},
    "attacks": ROOMS | {"embedding", "generative"},
    "pipeline": GROUND | {"base"},
    "meta": GROUND | {"base"},
    "model_selection": GROUND | {"base"},
    "inspection": GROUND | {"base", "metrics"},
    "__main__": {"audit"},
    "audit": {path.stem for path in ROOT.iterdir()}
    - {"__main__", "audit", "evaluation"},
    "evaluation": {path.stem for path in ROOT.iterdir()},
}


def imports(path):
    """Modules and names that a file imports from the package, as dotted names."""
    here = path.relative_to(ROOT.parent).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = here[: len(here) - node.level] if node.level else ()
            module = ".".join([*above, *filter(None, [node.module])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def crossings():
    """Each import from one room into another: the file, its room, and the name."""
    for path in sorted(ROOT.rglob("*.py*")):
        if path.suffix not in (".py", ".pyi"):
            continue
        room = path.relative_to(ROOT).parts[0].split(".")[0]
        for name in imports(path):
            package, _, rest = name.partition(".")
            if package == "skpoison" and rest.split(".")[0] != room:
                yield path.relative_to(ROOT), room, rest


CROSSINGS = [(f, room, n) for f, room, n in crossings() if room != "__init__"]


def test_every_room_has_a_place_in_the_house():
    rooms = {path.stem for path in ROOT.iterdir() if path.suffix in ("", ".py")}
    assert rooms - {"__init__", "__pycache__"} == set(MAY_IMPORT)


def test_no_arrow_leads_back_up():
    up = [
        f"{file} imports {name}"
        for file, room, name in CROSSINGS
        if name.split(".")[0] not in MAY_IMPORT[room]
    ]
    assert not up


def test_packages_import_public_names_of_each_other_alone():
    private = [
        f"{file} imports {name}"
        for file, _, name in CROSSINGS
        if any(part.startswith("_") for part in name.split(".")[1:])
        and name.split(".")[0] not in ("_utils", "_torch")
    ]
    assert not private


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_the_rules_have_no_cycle(room):
    reached, todo = set(), list(MAY_IMPORT[room])
    while todo:
        other = todo.pop()
        if other not in reached:
            reached.add(other)
            todo += MAY_IMPORT.get(other, ())
    assert room not in reached - {"evaluation"}
