"""The documentation knows every public name, and leads to files that exist."""

import re
from pathlib import Path

import pytest

import skpoison
from skpoison import attacks, defenses

ROOT = Path(__file__).parent.parent


def public_names():
    for module in skpoison.__all__:
        for name in getattr(skpoison, module).__all__:
            yield module, name


@pytest.mark.parametrize(("module", "name"), list(public_names()))
def test_the_api_reference_lists(module, name):
    assert f"skpoison.{module}.{name}\n" in (ROOT / "doc/api.md").read_text()


def what_breaks(name):
    """The paragraph about it, of the page of a defense."""
    return getattr(defenses, name).__doc__.split("What breaks it: ")[1].split("\n\n")[0]


@pytest.mark.parametrize("name", defenses.__all__)
def test_the_page_of_a_defense_says_how_much_what_breaks_it_breaks(name):
    paragraph = what_breaks(name)
    pages = re.findall(r"doc/results/\w+\.md", paragraph)
    assert pages
    assert all((ROOT / page).exists() for page in pages)
    assert re.search(r"[ .(]\d", paragraph)


@pytest.mark.parametrize("name", defenses.__all__)
def test_the_limits_say_what_breaks_a_defense_by_a_figure(name):
    limits = (ROOT / "doc/user_guide/limits.md").read_text()
    rows = [row for row in limits.splitlines() if row.startswith("| {class}")]
    (row,) = (row for row in rows if f".{name}`" in row.split("|")[1])
    assert any(character.isdigit() for character in row.split("|")[3])


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_the_files_that_a_page_outside_of_the_site_links_to_exist(page):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / page).read_text())
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("name", [*defenses.__all__, *attacks.__all__])
def test_the_readme_lists(name):
    assert f"`{name}`" in (ROOT / "README.md").read_text()
