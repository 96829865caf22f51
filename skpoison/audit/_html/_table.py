"""Tables that can be sorted."""

from html import escape

from .._words import cell, number, shown


def table(columns, rows):
    """A table of which each head is a button that sorts it.

    Parameters
    ----------
    columns : dict of str to {"number", "words", ""}
        What each column holds, by its name.
    rows : iterable of sequences
        Values; of class `Markup` what is written as it is.

    Returns
    -------
    str
    """
    heads = "".join(
        f'<th scope="col" class="{kind}"><button>{escape(name)}</button></th>'
        for name, kind in columns.items()
    )
    body = "".join(
        "<tr>"
        + "".join(_cell(value, kind) for value, kind in zip(row, columns.values()))
        + "</tr>\n"
        for row in rows
    )
    return (
        f'<div class="scroll"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>\n{body}</tbody></table></div>"
    )


class Markup(str):
    """Text that is a part of the page already."""


def _cell(value, kind):
    if isinstance(value, Markup):
        return f"<td>{value}</td>"
    if kind == "number":
        value = cell(value)
        if value is None or isinstance(value, str):
            return f'<td class="number">{escape(value or "")}</td>'
        return f'<td class="number" data-value="{value!r}">{number(value)}</td>'
    if value is None:
        return f'<td class="{kind}"></td>'
    text = value if kind == "words" else shown(value)
    return f'<td class="{kind}">{escape(text)}</td>'
