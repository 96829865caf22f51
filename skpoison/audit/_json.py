"""A report for machines."""

import json
from dataclasses import asdict
from importlib.metadata import version

import numpy as np

from ._words import cell

SCHEMA_VERSION = 1


def report_as_json(report):
    """The report as JSON text, of ASCII characters alone.

    Parameters
    ----------
    report : AuditReport

    Returns
    -------
    str
    """
    effect = report.effect
    content = {
        "schema": "skpoison-audit",
        "schema_version": SCHEMA_VERSION,
        "skpoison_version": version("skpoison"),
        "data": {**_cells(asdict(report.data)), "file": report.data.file},
        "verdict": {
            **_cells(asdict(report.verdict)),
            "claims": report.verdict.claims,
        },
        "effect": None if effect is None else _cells(asdict(effect)),
        "classes": [_cells(asdict(group)) for group in report.classes],
        "groups": [_cells(asdict(group)) for group in report.groups],
        "histogram": {
            "edges": report.histogram.edges.tolist(),
            "untrusted": report.histogram.untrusted.tolist(),
            "trusted": report.histogram.trusted.tolist(),
            "threshold": cell(report.histogram.threshold),
        },
        "suspects": [_suspect(report, i) for i in range(len(report.explanations))],
        "suspect_positions": report.positions.tolist(),
        "notes": report.notes,
    }
    return json.dumps(content, allow_nan=False, indent=1)


def _suspect(report, i):
    explanation = report.explanations[i]
    return {
        **_cells(
            {
                "position": report.positions[i],
                "index": report.index[i],
                "score": report.scores[i],
                "q_value": report.q_values[i],
                "given": report.given[i],
                "suggested": explanation.suggested,
                "n_to_tip": explanation.n_to_tip,
            }
        ),
        "accused_by": explanation.accused_by,
        "evidence": explanation.words,
    }


def _cells(values):
    return {
        name: cell(value)
        for name, value in values.items()
        if not isinstance(value, list | np.ndarray)
    }
