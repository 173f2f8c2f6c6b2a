"""Coverage: how much of a data set's catalogue is available, by split and class.

A clip with several classes counts once, under all of them together (``cello + guitar``), so that
the numbers of the classes add up to those of the split.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from avloc.data.catalogue import CatalogueEntry
from avloc.data.clips import Clip, Split
from avloc.errors import UserError
from avloc.files import read_json, write_json

SPLITS: tuple[Split, ...] = get_args(Split)

#: Class of clips without one.
NO_CLASS = "(no class)"


@dataclass(frozen=True)
class Count:
    """Clips of one class or of several, in one split.

    Parameters
    ----------
    clips
        In the catalogue.
    available
        Those that are available.
    missing
        Reason -> clips missing for it; adds up to `clips` - `available`.
    """

    clips: int
    available: int
    missing: dict[str, int]


#: Split -> class -> its clips; splits and classes without a clip have no entry.
Coverage = Mapping[Split, Mapping[str, Count]]


def count(catalogue: Iterable[CatalogueEntry]) -> Coverage:
    """Count the clips of a catalogue."""
    reasons = defaultdict[Split, defaultdict[str, Counter[str]]](lambda: defaultdict(Counter))
    for entry in catalogue:
        reasons[entry.split][_class(entry.classes)][entry.missing_reason] += 1
    return {
        split: {name: _count(by_reason) for name, by_reason in sorted(reasons[split].items())}
        for split in SPLITS
        if split in reasons
    }


def without(coverage: Coverage, lost: Iterable[tuple[Clip, str]]) -> Coverage:
    """Return a coverage that counts some available clips as missing.

    Parameters
    ----------
    coverage
        What is available.
    lost
        Available clips that the extract stage left out, each with the reason: its status in the
        stage's ledger.
    """
    losses = defaultdict[tuple[str, str], Counter[str]](Counter)
    for clip, reason in lost:
        losses[clip.split, _class(clip.classes)][reason] += 1
    return {
        split: {name: _less(known, losses[split, name]) for name, known in classes.items()}
        for split, classes in coverage.items()
    }


def total(counts: Iterable[Count]) -> Count:
    """Return the sum of some counts."""
    counts = list(counts)
    missing = Counter[str]()
    for part in counts:
        missing.update(part.missing)
    available = sum(part.available for part in counts)
    return Count(sum(part.clips for part in counts), available, dict(missing))


def write_coverage(path: Path, coverage: Coverage) -> None:
    """Write a coverage as JSON.

    Parameters
    ----------
    path
        The file.
    coverage
        What to write.
    """
    write_json(
        path,
        {
            split: {
                name: {"clips": part.clips, "available": part.available, "missing": part.missing}
                for name, part in classes.items()
            }
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
            split: {
                name: Count(part["clips"], part["available"], part["missing"])
                for name, part in content[split].items()
            }
            for split in SPLITS
            if split in content
        }
    except (KeyError, TypeError, AttributeError):
        raise UserError(f"{path} holds no coverage; run the download stage again") from None


def _class(classes: tuple[str, ...]) -> str:
    return " + ".join(classes) or NO_CLASS


def _count(reasons: Counter[str]) -> Count:
    missing = {reason: times for reason, times in sorted(reasons.items()) if reason}
    return Count(reasons.total(), reasons[""], missing)


def _less(known: Count, lost: Counter[str]) -> Count:
    missing = {**known.missing, **dict(sorted(lost.items()))}
    return Count(known.clips, known.available - lost.total(), missing)
