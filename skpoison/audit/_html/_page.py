"""The page."""

from base64 import b64encode
from hashlib import sha256
from html import escape
from importlib.resources import files

from .._words import number, percent, shown
from ._histogram import histogram_as_svg
from ._table import Markup, table

# Rows of a table: a page of more would be slow to open.
_SUSPECTS, _GROUPS = 1000, 100


def report_as_html(report):
    """The report as a page.

    Its security policy allows the browser nothing but the page's own style, its one
    script and its pictures.

    Parameters
    ----------
    report : AuditReport

    Returns
    -------
    str
    """
    style, script = _part("style.css"), _part("sort.js")
    digest = b64encode(sha256(script.encode()).digest()).decode()
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
        f"script-src 'sha256-{digest}'"
    )
    sections = [
        _verdict(report.verdict),
        _data(report.data),
        _effect(report.effect, len(report.positions)),
        _scores(report),
        _groups("Classes", report.classes),
        _groups("Groups", report.groups),
        _suspects(report),
        _notes(report.notes),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="data:,">'
        f"<title>Poison audit</title><style>{style}</style></head><body>\n"
        + "\n".join(filter(None, sections))
        + f"\n<script>{script}</script></body></html>\n"
    )


def _part(name):
    return (files(__package__) / name).read_text(encoding="utf-8")


def _verdict(verdict):
    kind = "yes" if verdict.poisoned else "open"
    if verdict.poisoned is False and not verdict.n_suspects:
        kind = "no"
    claims = "".join(f"<li>{escape(claim)}</li>" for claim in verdict.claims)
    return (
        f'<h1>Poison audit</h1><p class="verdict {kind}">{escape(verdict.headline)}</p>'
        f"<ul>{claims}</ul>"
    )


def _data(data):
    facts = {
        "rows": f"{data.n_rows:,}",
        "features": f"{data.n_features:,}",
        "trusted rows": f"{data.n_trusted:,}",
        "task": data.task,
        "sha256 of the data": data.sha256,
    }
    if data.file is not None:
        facts = {"file": data.file, "sha256 of the file": data.file_sha256, **facts}
    if data.n_sampled < data.n_rows:
        facts["learned from"] = f"a random sample of {data.n_sampled:,} rows"
    listed = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(fact)}</dd>"
        for name, fact in facts.items()
    )
    return f"<h2>Data</h2><dl>{listed}</dl>"


def _effect(effect, n_suspects):
    if effect is None:
        return ""
    show = percent if effect.metric == "accuracy" else number
    if n_suspects == 0:
        words = f"The {effect.metric} of the model is {show(effect.before)}."
    else:
        change, low, high = (
            f"{100 * value:+.1f} points"
            if effect.metric == "accuracy"
            else f"{value:+.4g}"
            for value in (effect.change, effect.low, effect.high)
        )
        words = (
            f"Without the suspects the {effect.metric} of the model goes from "
            f"{show(effect.before)} to {show(effect.after)}: a change of {change}, "
            f"95 % interval {low} to {high}."
        )
    return (
        f"<h2>What removal changes</h2><p>{escape(words)} Measured on {effect.n_rows:,}"
        " trusted rows that the model was not trained on.</p>"
    )


def _scores(report):
    calibrated = report.verdict.poisoned is not None
    means = (
        "score: share of the trusted rows that look as bad"
        if calibrated
        else "score of the filter; lower is more suspect"
    )
    legend = "Filled: untrusted rows"
    legend += ", outlined: trusted rows," if calibrated else ","
    return (
        f"<h2>Scores</h2>{histogram_as_svg(report.histogram, escape(means))}"
        f"<p>{legend} each as shares of their number. Untrusted rows below the "
        "threshold are suspects.</p>"
    )


def _groups(title, groups):
    if not groups:
        return ""
    columns = {
        title.lower(): "",
        "rows": "number",
        "trusted": "number",
        "suspects": "number",
        "suspects, %": "number",
    }
    rows = [
        (
            g.name,
            g.n_rows,
            g.n_trusted,
            g.n_suspects,
            100 * g.n_suspects / max(g.n_rows, 1),
        )
        for g in groups[:_GROUPS]
    ]
    rest = _only_the_first(_GROUPS, len(groups), title.lower())
    return f"<h2>{title}</h2>{table(columns, rows)}{rest}"


def _suspects(report):
    if not len(report.positions):
        return "<h2>Suspects</h2><p>None.</p>"
    columns = {
        "position": "number",
        "index": "",
        "score": "number",
        "q-value": "number",
        "given": "",
        "suggested": "",
        "accused by": "",
        "rows to tip": "number",
        "evidence": "words",
    }
    if report.thumbnails:
        columns = {"image": "", **columns}
    shown_rows = report.explanations[:_SUSPECTS]
    rows = []
    for i, told in enumerate(shown_rows):
        row = (
            report.positions[i],
            report.index[i],
            report.scores[i],
            report.q_values[i],
            report.given[i],
            told.suggested,
            ", ".join(told.accused_by),
            told.n_to_tip,
            told.words,
        )
        if report.thumbnails:
            row = (_picture(report.thumbnails, i), *row)
        rows.append(row)
    rest = _only_the_first(len(shown_rows), len(report.positions), "suspects")
    explanation = (
        "<p>Positions count from 0. “Rows to tip” is how many more rows with the given "
        "label, beside the suspect, would make its nearest rows agree with it.</p>"
    )
    return f"<h2>Suspects</h2>{explanation}{table(columns, rows)}{rest}"


def _picture(thumbnails, i):
    if i >= len(thumbnails) or not thumbnails[i]:
        return Markup("")
    code = b64encode(thumbnails[i]).decode()
    return Markup(f'<img alt="" src="data:image/png;base64,{code}">')


def _only_the_first(n_shown, n, what):
    if n <= n_shown:
        return ""
    return f"<p>The first {n_shown:,} of {n:,} {what}.</p>"


def _notes(notes):
    if not notes:
        return ""
    listed = "".join(f"<li>{escape(shown(note, 1000))}</li>" for note in notes)
    return f"<h2>Warnings</h2><ul>{listed}</ul>"
