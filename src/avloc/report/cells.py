"""The cells of a table: what is printed, the numbers behind it, and its marks."""

from dataclasses import dataclass, replace

DASH = "–"
NOT_RUN = "not run"
#: Behind the name of a row that collapsed.
COLLAPSED = "‡"
#: Behind the name of a row whose training began with a warm start.
WARM_STARTED = "§"
#: Behind the name of a row whose image trunk is not that of most rows.
OTHER_TRUNK = "°"


@dataclass(frozen=True)
class Cell:
    """One cell: its text, the numbers behind it in percent or points, and its marks.

    Parameters
    ----------
    text
        As printed, without marks.
    value
        The number itself, None for a dash or a word.
    spread
        Its standard error over seeds, where there are several.
    low, high
        The ends of its bootstrap interval, where it has one.
    star, copied, bold
        Marks: best pairing, copied by the paper, best of its column or clear of zero.
    """

    text: str
    value: float | None = None
    spread: float | None = None
    low: float | None = None
    high: float | None = None
    star: bool = False
    copied: bool = False
    bold: bool = False


def number(
    value: float | None, spread: float | None = None, star: bool = False, decimals: int = 1
) -> Cell:
    """Return a score, by default in percent with one decimal, or a dash where there is none.

    Parameters
    ----------
    value, spread
        The score, and its standard error over seeds.
    star
        Whether it may profit from the best pairing.
    decimals
        How many are printed.
    """
    if value is None:
        return Cell(DASH)
    error = "" if spread is None else f" ± {spread:.{decimals}f}"
    return Cell(f"{value:.{decimals}f}{error}", value, spread, star=star)


def signed(value: float | None, spread: float | None = None) -> Cell:
    """Return a difference with its sign, or a dash where there is none.

    Parameters
    ----------
    value
        In points.
    spread
        Its standard error over seeds, in points; None with one seed.
    """
    if value is None:
        return Cell(DASH)
    error = "" if spread is None else f" ± {spread:.1f}"
    return Cell(with_sign(value) + error, value, spread)


def bounded(value: float, low: float, high: float) -> Cell:
    """Return a difference with its interval, bold where the interval leaves out zero.

    Parameters
    ----------
    value
        In points.
    low, high
        Ends of the interval, in points.

    >>> bounded(7.1, 2.3, 11.8).text
    '+7.1 [+2.3, +11.8]'
    """
    text = f"{with_sign(value)} [{with_sign(low)}, {with_sign(high)}]"
    return Cell(text, value, low=low, high=high, bold=low > 0 or high < 0)


def plain(cell: Cell) -> Cell:
    """Return a cell that is not set in bold."""
    return replace(cell, bold=False)


def with_sign(value: float) -> str:
    """Return a difference with one decimal and its sign.

    >>> with_sign(7.12), with_sign(-0.01)
    ('+7.1', '+0.0')
    """
    # Adding 0.0 turns a rounded -0.0 into 0.0, which would otherwise print as "-0.0".
    return f"{round(value, 1) + 0.0:+.1f}"
