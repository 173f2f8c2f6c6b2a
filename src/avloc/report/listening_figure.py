"""Bar figure of the listening scores: which rows use the sound, and how much they gain by it."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from avloc.report import style
from avloc.report.labels import CONTROL, EXTENSION, LABELLED, Labels, SectionName
from avloc.report.results import Results

CHANCE_PERCENT = 50.0
PANEL_IN = 2.4
LABEL_IN = 2.2
LINE_IN = 0.24

_COLOURS: dict[SectionName, style.Colour] = {
    LABELLED: style.LABELLED,
    EXTENSION: style.EXTENSION,
    CONTROL: style.CONTROLS,
}

_CAPTION = (
    "Data set {dataset}. Left: how often one sound alone puts the peak of the map on its own of"
    " two images side by side; the line is chance. The others: CAP with the scene's own sound minus"
    " CAP with the sound of another scene, in points. Blue: trained rows, purple: trained with"
    " class labels, green: not in the paper; grey: controls."
)


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
    half = [results.value(row, "pair", "half") for row in rows]
    gains = {name: [results.gain(row, name) for row in rows] for name in labels.gains}
    panels = {"half, pair (%)": half}
    panels |= {f"gain, {name} (points)": values for name, values in gains.items()}
    panels = {
        title: values for title, values in panels.items() if any(v is not None for v in values)
    }
    if not panels:
        return None
    known = [value for values in gains.values() for value in values if value is not None]
    span = (min([0.0, *known]) * 1.35, max([1.0, *known]) * 1.35)
    colours = [_COLOURS.get(labels.rows[row].section, style.TRAINED) for row in rows]
    with style.applied():
        figure = style.figure(
            LABEL_IN + PANEL_IN * len(panels),
            LINE_IN * len(rows) + 1.2,
            "Does the row listen?",
            _CAPTION.format(dataset=results.dataset),
        )
        grid = figure.subplots(1, len(panels), sharey=True, squeeze=False)
        for axes, (title, values) in zip(grid.flat, panels.items(), strict=True):
            _draw_bars(axes, values, colours)
            axes.set_title(title)
            if values is half:
                axes.set_xlim(0, 115)
                axes.axvline(CHANCE_PERCENT, color=style.CHANCE, linewidth=1.0, linestyle="--")
            else:
                axes.set_xlim(span)
                axes.axvline(0, color=style.QUIET, linewidth=1.0)
        grid[0, 0].set_yticks(range(len(rows)), [labels.rows[row].label for row in rows])
        grid[0, 0].set_ylim(len(rows) - 0.4, -0.6)
        return figure


def _draw_bars(axes: Axes, values: Sequence[float | None], colours: Sequence[style.Colour]) -> None:
    bars = [(p, value) for p, value in enumerate(values) if value is not None]
    for place, length in bars:
        axes.barh(place, length, height=0.62, color=colours[place])
        axes.annotate(
            # Adding 0.0 keeps a rounded -0.0 from printing its sign.
            f"{round(length, 1) + 0.0:.1f}",
            (max(length, 0), place),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            size=style.SMALL_POINTS,
            bbox={"facecolor": style.PAPER, "linewidth": 0, "pad": 0.4},
        )
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
