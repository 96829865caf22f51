"""What an audit found: the one model behind the page, the JSON and the CSV."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ._effect import Effect


@dataclass(frozen=True)
class DataSummary:
    """The training set.

    Attributes
    ----------
    task : {"classification", "regression"}
    n_rows, n_features, n_trusted : int
    n_sampled : int
        Rows that the filter and the models learned from.
    sha256 : str
    file, file_sha256 : str or None
        Where the rows came from.
    """

    task: str
    n_rows: int
    n_features: int
    n_trusted: int
    n_sampled: int
    sha256: str
    file: str | None = None
    file_sha256: str | None = None


@dataclass(frozen=True)
class Verdict:
    """What is said of the set as a whole.

    Attributes
    ----------
    poisoned : bool or None
        None without trusted rows: nobody can tell.
    share, share_lower : float or None
        Of poison among the untrusted rows: by estimate, and at least (95 %).
    p_value : float or None
        Of the hypothesis that there is none.
    n_suspects : int
    headline : str
        One sentence.
    claims : list of str
        What this says, and what it does not.
    """

    poisoned: bool | None
    share: float | None
    share_lower: float | None
    p_value: float | None
    n_suspects: int
    headline: str
    claims: list[str]


@dataclass(frozen=True)
class GroupSummary:
    """The rows of a class, or of a group such as one source.

    Attributes
    ----------
    name : scalar
    n_rows, n_trusted, n_suspects : int
    """

    name: Any
    n_rows: int
    n_trusted: int
    n_suspects: int


@dataclass(frozen=True)
class Explanation:
    """Why one row is a suspect.

    Attributes
    ----------
    suggested : scalar or None
        The label or value that a model expects which was not trained on the row.
    accused_by : list of str
        The kinds of evidence that speak against the row.
    n_to_tip : int or None
        How many more rows with its label, beside it, would make its neighbours agree.
    words : str
        The evidence.
    """

    suggested: Any
    accused_by: list[str]
    n_to_tip: int | None
    words: str


@dataclass(frozen=True)
class Histogram:
    """The scores of the rows.

    Attributes
    ----------
    edges : ndarray of shape (n_bins + 1,)
    untrusted, trusted : ndarray of int of shape (n_bins,)
    threshold : float
        Untrusted rows below it are suspects.
    """

    edges: np.ndarray
    untrusted: np.ndarray
    trusted: np.ndarray
    threshold: float


@dataclass(frozen=True)
class AuditReport:
    """All that an audit found.

    Attributes
    ----------
    data : DataSummary
    verdict : Verdict
    effect : Effect or None
        None without trusted rows.
    classes, groups : list of GroupSummary
        Those with the most suspects first.
    histogram : Histogram
    positions : ndarray of int of shape (n_suspects,)
        The suspects, the worst first.
    index : ndarray of shape (n_suspects,)
        Their labels in the index of the data.
    scores, q_values : ndarray of shape (n_suspects,)
        q-values are NaN without trusted rows.
    given : ndarray of shape (n_suspects,)
        Their labels or values.
    explanations : list of Explanation
        Of the first suspects.
    thumbnails : list of bytes
        PNG pictures of the first suspects, where the rows are images.
    notes : list of str
        Warnings.
    """

    data: DataSummary
    verdict: Verdict
    effect: Effect | None
    classes: list[GroupSummary]
    groups: list[GroupSummary]
    histogram: Histogram
    positions: np.ndarray
    index: np.ndarray
    scores: np.ndarray
    q_values: np.ndarray
    given: np.ndarray
    explanations: list[Explanation]
    thumbnails: list[bytes]
    notes: list[str]
