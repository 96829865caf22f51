"""Sphinx configuration: `sphinx-build -W doc doc/_build`."""

import re
import sys
from pathlib import Path

import skpoison

HERE = Path(__file__).parent
sys.path.append(str(HERE / "_ext"))

from offline_inventories import offline_inventory  # noqa: E402

project = "skpoison"
author = "The skpoison developers"
copyright = "2026, The skpoison developers"
version = release = skpoison.__version__

# References that lead nowhere are errors, but for those to other projects, whose
# inventories cannot be had without a network.
nitpicky = True
nitpick_ignore_regex = [(r"py:\w+", r"(numpy|pandas|scipy|sklearn|skorch|torch)\..*")]

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "_ext"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
autosummary_generate = True
numpydoc_show_class_members = False
# What every torch module has is documented by torch.
# The sections of the docstrings say more.
autodoc_typehints = "none"
maximum_signature_line_length = 68
autodoc_default_options = {"members": True, "inherited-members": "Module"}
SITES = {
    "python": "https://docs.python.org/3",
    "numpy": "https://numpy.org/doc/stable",
    "sklearn": "https://scikit-learn.org/stable",
    "skorch": "https://skorch.readthedocs.io/en/stable",
}
intersphinx_mapping = {
    project: (site, (None, offline_inventory(project, HERE / "_build/inventories")))
    for project, site in SITES.items()
}
intersphinx_timeout = 5
# With `-t fast` these examples alone are run, some seconds each; the others show their
# code and the picture that they name as their thumbnail.
FAST = (
    "backdoor",
    "calibrated_removal",
    "certified",
    "larger_than_memory",
    "normalized_k",
    "regression",
)
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": f"/plot_({'|'.join(FAST)})"
    if tags.has("fast")  # noqa: F821, sphinx defines it
    else "/plot_",
    "remove_config_comments": True,
}
templates_path = ["_templates"]
toc_object_entries_show_parents = "hide"
html_theme = "pydata_sphinx_theme"
html_title = f"skpoison {version}"
html_static_path = ["_static"]
html_css_files = ["custom.css"]
html_theme_options = {
    "logo": {"text": html_title},
    "header_links_before_dropdown": 5,
    "show_toc_level": 2,
}
html_sidebars = {
    page: [] for page in ("index", "choosing", "changelog", "contributing", "security")
}


def link_results(app, what, name, obj, options, lines):
    """Make links of the pages of results that a docstring names by their files."""
    lines[:] = [re.sub(r"doc/(results/\w+)\.md", r":doc:`/\1`", line) for line in lines]


def setup(app):
    app.connect("autodoc-process-docstring", link_results)
