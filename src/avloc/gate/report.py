"""What the gate found, as text for a terminal and for a comment on a pull request."""

from avloc.gate.comparison import Change, Comparison

#: Changed metrics that a report lists: the worse ones, then by share of their tolerance.
LONGEST = 100
#: Letters of a report: a comment on GitHub holds 65,536.
LIMIT = 60_000


def summary(found: Comparison, base: str) -> str:
    """Return the verdict, the complaints, and what is new.

    Parameters
    ----------
    found
        The comparison.
    base
        Name of the revision that the workspace was compared with.
    """
    complaints = found.complaints
    count = len(found.changes)
    lines = [f"  new, not compared: {what}" for what in _new(found)]
    if complaints:
        head = f"gate: worse than {base}, missing or not a number"
        return "\n".join([f"{head} ({len(complaints)}):", *(f"  {c}" for c in complaints), *lines])
    better = sum(change.loss < -change.tolerance for change in found.changes)
    rows = len({change.row for change in found.changes})
    return "\n".join(
        [
            f"gate: none of {count} metrics of {rows} rows is worse than in {base} by more than "
            f"its tolerance; {better} are better by more than it",
            *lines,
        ]
    )


def page(found: Comparison, base: str, tables: str) -> str:
    """Return a report as plain text: the verdict, the changed metrics and the changed tables.

    Parameters
    ----------
    found, base
        As for `summary`.
    tables
        The changed lines of the tables.
    """
    changed = [change for change in found.changes if change.loss]
    changed.sort(
        key=lambda change: (not change.is_worse, -abs(change.loss) / max(change.tolerance, 0.01))
    )
    parts = [summary(found, base), ""]
    if changed:
        parts += [f"{len(changed)} metrics changed, of {len(found.changes)}:", *_lines(changed)]
        if len(changed) > LONGEST:
            parts.append(f"... and {len(changed) - LONGEST} more (dvc metrics diff {base})")
    else:
        parts.append("No metric changed.")
    parts += ["", "Changed tables:", "", tables.strip()] if tables.strip() else []
    text = "\n".join(parts) + "\n"
    return text if len(text) <= LIMIT else text[:LIMIT] + "\n... cut\n"


def _new(found: Comparison) -> list[str]:
    """Return what is new; a metric that many rows have is named once."""
    rows: dict[tuple[str, str], list[str]] = {}
    for row, what in found.new:
        rows.setdefault((row.dataset, what), []).append(row.name)
    return [
        f"{dataset}, {f'{what} of ' if what else ''}row{'s'[: len(names) > 1]} {', '.join(names)}"
        for (dataset, what), names in rows.items()
    ]


def _lines(changed: list[Change]) -> list[str]:
    """Return the longest changes as lines of a table."""
    shown = changed[:LONGEST]
    width = max(len(change.name) for change in shown)
    head = f"  {'metric':{width}}  {'before':>8}  {'now':>8}  {'change':>8}  {'allowed':>8}"
    return [
        head,
        *(
            f"{'!' if change.is_worse else ' '} {change.name:{width}}  {change.old:8.2f}  "
            f"{change.new:8.2f}  {change.new - change.old:+8.2f}  {change.tolerance:8.1f}"
            for change in shown
        ),
    ]
