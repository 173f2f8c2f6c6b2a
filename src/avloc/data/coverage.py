"""How much of what a data set's lists name was had, by split and class.

A clip with several classes counts once, under all of them together (``cello + guitar``), so that
the numbers of the classes add up to those of the split.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import get_args

from avloc.data.catalogue import CatalogueEntry
from avloc.data.clips import Clip, Split
from avloc.errors import UserError
from avloc.files import read_json, write_json

SPLITS: tuple[Split, ...] = get_args(Split)

#: Class of clips without one.
NO_CLASS = "(no class)"

#: Reason for a clip that was had, but of which the extract stage could make nothing.
UNUSABLE = "unusable"


@dataclass(frozen=True)
class Count:
    """Clips of one class or of several, in one split.

    Parameters
    ----------
    listed
        That the lists name.
    had
        That are there.
    missing
        Reason -> how many are not there for it; sums up to `listed` - `had`.
    """

    listed: int
    had: int
    missing: dict[str, int]


#: Split -> class -> its clips; splits and classes without a clip have no entry.
Coverage = Mapping[Split, Mapping[str, Count]]


def count(listed: Iterable[CatalogueEntry]) -> Coverage:
    """Count the clips that the lists name."""
    reasons = defaultdict[Split, defaultdict[str, Counter[str]]](lambda: defaultdict(Counter))
    for clip in listed:
        reasons[clip.split][_class(clip.classes)][clip.missing] += 1
    return {
        split: {name: _count(found) for name, found in sorted(reasons[split].items())}
        for split in SPLITS
        if split in reasons
    }


def without(coverage: Coverage, lost: Iterable[Clip]) -> Coverage:
    """Return the coverage with clips taken out that were had but cannot be used."""
    losses = Counter((clip.split, _class(clip.classes)) for clip in lost)
    return {
        split: {name: _less(found, losses[split, name]) for name, found in classes.items()}
        for split, classes in coverage.items()
    }


def total(counts: Iterable[Count]) -> Count:
    """Return the sum of some counts."""
    counts = list(counts)
    missing = Counter[str]()
    for found in counts:
        missing.update(found.missing)
    had = sum(found.had for found in counts)
    return Count(sum(found.listed for found in counts), had, dict(missing))


def write_coverage(path: Path, coverage: Coverage) -> None:
    """Write a coverage as JSON."""
    write_json(
        path,
        {
            split: {name: asdict(found) for name, found in classes.items()}
            for split, classes in coverage.items()
        },
    )


def read_coverage(path: Path) -> Coverage:
    """Read what `write_coverage` wrote.

    Raises
    ------
    UserError
        If the file is missing or holds something else.
    """
    content = read_json(path)
    try:
        return {
            split: {name: Count(**found) for name, found in content[split].items()}
            for split in SPLITS
            if split in content
        }
    except (TypeError, AttributeError):
        raise UserError(f"{path} holds no coverage; run the download stage again") from None


def _class(classes: tuple[str, ...]) -> str:
    return " + ".join(classes) or NO_CLASS


def _count(reasons: Counter[str]) -> Count:
    missing = {reason: times for reason, times in sorted(reasons.items()) if reason}
    return Count(reasons.total(), reasons[""], missing)


def _less(found: Count, lost: int) -> Count:
    if not lost:
        return found
    return Count(found.listed, found.had - lost, {**found.missing, UNUSABLE: lost})
