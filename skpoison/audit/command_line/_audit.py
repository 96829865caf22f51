"""``skpoison audit``."""

from .._words import percent, shown
from ._ask import audit_of
from ._outputs import refuse_to_overwrite
from ._tables import read_table
from ._unusable import UnusableInput

_ABOVE_THE_LIMIT = 3
_PRINTED = 10


def run_audit(options):
    """Audit a table, print the verdict, and write the reports.

    Parameters
    ----------
    options : namespace

    Returns
    -------
    int
        The exit code.
    """
    page, machine, suspects = (
        (options.out / name for name in ("audit.html", "audit.json", "suspects.csv"))
        if options.out
        else (None, None, None)
    )
    if options.out:
        refuse_to_overwrite(options, (page, machine, suspects))
    table = read_table(options)
    if options.fail_above is not None and table.trusted is None:
        raise UnusableInput(
            "--fail-above needs trusted rows, without which no share is sure: pass "
            "--trusted or --trusted-file."
        )
    audit = audit_of(table, options.task)
    _print(audit.report_)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        audit.to_html(page)
        audit.to_json(machine)
        audit.to_csv(suspects)
        print(f"Written to {shown(options.out)}: audit.html, audit.json, suspects.csv.")
    lower = audit.poison_share_lower_
    if lower is not None and lower > (options.fail_above or 0):
        return _ABOVE_THE_LIMIT
    return 0


def _print(report):
    print(report.verdict.headline)
    for claim in report.verdict.claims:
        print(f"- {claim}")
    effect = report.effect
    if effect is not None and len(report.positions):
        print(
            f"- Without the suspects the {effect.metric} on {effect.n_rows} trusted "
            f"rows changes by {effect.change:+.4f} ({effect.low:+.4f} to "
            f"{effect.high:+.4f})."
        )
    for position, told in zip(report.positions[:_PRINTED], report.explanations):
        print(f"row {position}: {told.words}")
    for group in report.groups[:_PRINTED]:
        share = percent(group.n_suspects / group.n_rows)
        print(f"group {shown(group.name)}: {group.n_suspects} suspects, {share}")
