"""The figures of a run, printed and written."""

from collections.abc import Mapping
from pathlib import Path

from avloc.files import write_json

#: Significant digits; more of them would be noise.
DIGITS = 4


def rounded(value: float) -> float:
    """Return a figure with four significant digits."""
    return float(f"{value:.{DIGITS}g}")


def table(found: Mapping[str, float]) -> str:
    """Return figures as lines of a name and a value."""
    return "\n".join(f"  {name:<28} {rounded(value):g}" for name, value in found.items())


def write(path: Path, header: Mapping[str, str], found: Mapping[str, float]) -> None:
    """Write figures as one flat mapping, atomically.

    Parameters
    ----------
    path
        File to write or to replace.
    header
        What they belong to.
    found
        Name -> figure.
    """
    figures = {name: rounded(value) for name, value in sorted(found.items())}
    write_json(path, {**header, **figures})
