"""Bar figure of the listening scores: which rows use the sound, and how much they gain by it."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from avloc.report import style
from avloc.report.labels import PROPOSED, Labels
from avloc.report.results import Results
from avloc.report.row_lines import COLOURS, IN_WORDS

CHANCE_PERCENT = 50.0
LINE_IN = 0.2
AROUND_IN = 1.15  # title and caption

_CAPTION = (
    "Data set {dataset}. Left: how often one sound alone puts the peak of the map on its own of"
    " two images side by side; the line is chance. The others: CAP with the scene's own sound minus"
    " CAP with the sound of another scene, in points.{seeds} {colours}"
)
_SEEDS = " Bars are means over training seeds, with their standard error where there are several."

#: A score of a row and its standard error over seeds, where they are known.
Score = tuple[float | None, float | None]


def draw_listening(labels: Labels, results: Results) -> Figure | None:
    """Draw half and the gain of each test set as bars, one per row that was run.

    Parameters
    ----------
    labels
        Names of the rows, and the test sets whose gain is shown.
    results
        Their metrics.

    Returns
    -------
    Figure or None
        None if no row has any of these scores, as on a data set without multi-source scenes.
    """
    rows = [row for row in labels.rows if row in results.metrics]
    half = [(results.value(r, "pair", "half"), results.value(r, "pair", "half_se")) for r in rows]
    gains = {
        name: [(results.gain(row, name), results.value(row, name, "gain_se")) for row in rows]
        for name in labels.gains
    }
    panels = {"half, pair": half}
    panels |= {f"gain, {name}": values for name, values in gains.items()}
    panels = {
        title: values for title, values in panels.items() if any(v is not None for v, _ in values)
    }
    if not panels:
        return None
    ends = [
        value + sign * (error or 0.0)
        for values in gains.values()
        for value, error in values
        if value is not None
        for sign in (-1, 1)
    ]
    span = (min([0.0, *ends]) * 1.35, max([1.0, *ends]) * 1.45)
    colours = [COLOURS[labels.rows[row].section] for row in rows]
    several = any(error is not None for values in panels.values() for _, error in values)
    caption = _CAPTION.format(
        dataset=results.dataset, seeds=_SEEDS if several else "", colours=IN_WORDS
    )
    with style.applied():
        figure = style.figure(
            style.PAGE_IN, LINE_IN * len(rows) + AROUND_IN, "Does the row listen?", caption
        )
        grid = figure.subplots(1, len(panels), sharey=True, squeeze=False)
        for axes, (title, values) in zip(grid.flat, panels.items(), strict=True):
            _draw_bars(axes, values, colours)
            axes.set_title(title)
            if values is half:
                axes.set(xlim=(0, 125), xlabel="percent")
                axes.set_xticks([0, 50, 100])
                axes.axvline(CHANCE_PERCENT, color=style.QUIET, linewidth=1.0, linestyle="--")
            else:
                axes.set(xlim=span, xlabel="points")
                axes.locator_params(axis="x", nbins=4)
                axes.axvline(0, color=style.QUIET, linewidth=1.0)
        grid[0, 0].set_yticks(range(len(rows)), [labels.rows[row].label for row in rows])
        grid[0, 0].set_ylim(len(rows) - 0.4, -0.6)
        for row, text in zip(rows, grid[0, 0].get_yticklabels(), strict=True):
            if labels.rows[row].section == PROPOSED:
                text.set_fontweight("bold")
        return figure


def _draw_bars(axes: Axes, values: Sequence[Score], colours: Sequence[style.Colour]) -> None:
    for place, (length, error) in enumerate(values):
        if length is None:
            continue
        axes.barh(place, length, height=0.62, color=colours[place])
        if error is not None:
            axes.errorbar(length, place, xerr=error, color=style.QUIET, linewidth=0.9, capsize=1.8)
        axes.annotate(
            # Adding 0.0 keeps a rounded -0.0 from printing its sign.
            f"{round(length, 1) + 0.0:.1f}",
            (max(length + (error or 0.0), 0), place),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            size=style.SMALL_POINTS,
            bbox={"facecolor": style.PAPER, "linewidth": 0, "pad": 0.4},
        )
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
