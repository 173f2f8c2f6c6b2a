"""What a data set's lists name, had or not."""

from dataclasses import dataclass

from avloc.data.clips import Split


@dataclass(frozen=True)
class CatalogueEntry:
    """One clip that a data set's lists name.

    Parameters
    ----------
    id, split, classes
        As in `avloc.data.clips.Clip`.
    missing
        Why it is not there, or empty if it is.
    """

    id: str
    split: Split
    classes: tuple[str, ...]
    missing: str
