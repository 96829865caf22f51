"""Inventories of other projects for builds without a network.

Sphinx falls back on them where a site cannot be reached. They know the labels alone
that docstrings inherited from scikit-learn refer to; other links are left out without a
word.
"""

import zlib
from pathlib import Path

__all__ = ["offline_inventory"]

# Name, role and page.
SKLEARN = (
    ("accuracy_score", "std:label", "modules/model_evaluation.html#accuracy-score"),
    ("df_output_transform", "std:label", "modules/df_output_transform.html"),
    ("meta-estimator", "std:term", "glossary.html#term-meta-estimator"),
    ("metadata_routing", "std:label", "metadata_routing.html"),
    ("r2_score", "std:label", "modules/model_evaluation.html#r2-score"),
    (
        "sphx_glr_auto_examples_miscellaneous_plot_set_output.py",
        "std:label",
        "auto_examples/miscellaneous/plot_set_output.html",
    ),
)
LABELS = {"sklearn": SKLEARN}


def offline_inventory(project, folder):
    """Write the inventory of a project into a folder, and return its path."""
    lines = [
        f"{name} {role} -1 {page} {name}\n"
        for name, role, page in LABELS.get(project, ())
    ]
    head = f"# Sphinx inventory version 2\n# Project: {project}\n# Version: \n"
    head += "# The remainder of this file is compressed using zlib.\n"
    path = Path(folder) / f"{project}.inv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head.encode() + zlib.compress("".join(lines).encode()))
    return str(path)
