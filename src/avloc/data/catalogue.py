"""The catalogue of a data set: all clips that it names, available or not."""

from dataclasses import dataclass

from avloc.data.clips import Split


@dataclass(frozen=True)
class CatalogueEntry:
    """One clip that a data set names.

    Parameters
    ----------
    id, split, classes
        As in `avloc.data.clips.Clip`.
    missing_reason
        Why it is not available, in one word; empty if it is available.
    """

    id: str
    split: Split
    classes: tuple[str, ...]
    missing_reason: str
