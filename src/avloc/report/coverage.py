"""What a data set's lists name and what of it is there: a line for every table, and a page."""

from avloc.data.coverage import SPLITS, Count, Coverage, total
from avloc.report.cells import DASH
from avloc.report.markup import aligned, markdown_text


def coverage_line(coverage: Coverage) -> str:
    """Return the note that every table ends with.

    >>> coverage_line({"train": {"cello": Count(3, 2, {"private": 1})}})
    'Coverage: train 2 of 3 clips that the lists name.'
    """
    parts = [
        f"{split} {_share(total(coverage[split].values()))}"
        for split in SPLITS
        if split in coverage
    ]
    return f"Coverage: {', '.join(parts)} clips that the lists name."


def coverage_page(coverage: Coverage, dataset: str) -> str:
    """Return a Markdown table of each class's clips: had of listed by split, and why not.

    Parameters
    ----------
    coverage
        Of the data set.
    dataset
        Its name.
    """
    names = sorted({name for classes in coverage.values() for name in classes})
    splits = [split for split in SPLITS if split in coverage]
    rows = [["class", *splits, "missing"]]
    for name in names:
        counts = [coverage[split].get(name, Count(0, 0, {})) for split in splits]
        rows.append(_row(markdown_text(name), counts))
    everything = [total(coverage[split].values()) for split in splits]
    rows.append(_row("**all**", everything))
    whole = total(everything)
    notes = ["Clips that are there, of those that the lists name."]
    if whole.available == whole.clips:
        notes.append("All are there.")
    else:
        notes.append(
            "missing: why the others are not there. For unusable, the reason of each is in "
            f"data/{dataset}/clips/ledger.csv; for the rest, in the ledger of the raw folder."
        )
    table = "\n".join(aligned(rows))
    listed = "\n".join(f"- {markdown_text(note)}" for note in notes)
    return f"### Coverage of {markdown_text(dataset)}\n\n{table}\n\n{listed}\n"


def _row(title: str, counts: list[Count]) -> list[str]:
    missing = sorted(total(counts).missing.items(), key=lambda item: (-item[1], item[0]))
    reasons = ", ".join(f"{reason} {times}" for reason, times in missing)
    return [title, *map(_share, counts), markdown_text(reasons) or DASH]


def _share(count: Count) -> str:
    return f"{count.available} of {count.clips}" if count.clips else DASH
