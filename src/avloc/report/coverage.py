"""How much of a data set is available: a line under every table, and a page."""

from avloc.data.coverage import SPLITS, Count, Coverage, total
from avloc.report.cells import DASH
from avloc.report.formats import markdown_text, pipe_table


def coverage_line(coverage: Coverage) -> str:
    """Return the note that every table ends with.

    >>> coverage_line({"train": {"cello": Count(3, 2, {"private": 1})}})
    'Coverage: train 2 of 3 clips of the catalogue are available.'
    """
    parts = [
        f"{split} {_share(total(coverage[split].values()))}"
        for split in SPLITS
        if split in coverage
    ]
    return f"Coverage: {', '.join(parts)} clips of the catalogue are available."


def coverage_page(coverage: Coverage, dataset: str) -> str:
    """Return a Markdown table: how many clips of each class are available, and why others are not.

    Parameters
    ----------
    coverage
        Of the data set.
    dataset
        Its name.
    """
    names = sorted({name for classes in coverage.values() for name in classes})
    splits = [split for split in SPLITS if split in coverage]
    rows = [
        _row(markdown_text(name), [coverage[split].get(name, Count(0, 0, {})) for split in splits])
        for name in names
    ]
    sums = [total(coverage[split].values()) for split in splits]
    rows.append(_row("**all**", sums))
    whole = total(sums)
    notes = ["Available clips, of those in the catalogue."]
    if whole.available == whole.clips:
        notes.append("All are available.")
    else:
        notes.append(
            "missing: why the others are not available. The reason of each silent or unusable clip"
            f" is in data/{dataset}/clips/ledger.csv; of the others, in the ledger of the raw"
            " folder."
        )
    table = pipe_table(["class", *splits, "missing"], rows)
    lines = "\n".join(f"- {markdown_text(note)}" for note in notes)
    return f"### Coverage of {markdown_text(dataset)}\n\n{table}\n\n{lines}\n"


def _row(title: str, counts: list[Count]) -> list[str]:
    missing = sorted(total(counts).missing.items(), key=lambda item: (-item[1], item[0]))
    reasons = ", ".join(f"{reason} {times}" for reason, times in missing)
    return [title, *map(_share, counts), markdown_text(reasons) or DASH]


def _share(count: Count) -> str:
    return f"{count.available} of {count.clips}" if count.clips else DASH
