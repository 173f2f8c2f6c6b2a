"""Bar figure of the listening scores: which rows hear, and how much it gains them."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from avloc.report import style
from avloc.report.page import MARGIN_IN, Page, header_height, wrapped
from avloc.report.scores import Results
from avloc.report.settings import CONTROL, EXTENSION, LABELLED, SectionName, Settings

CHANCE_PERCENT = 50.0
GAIN_SETS = ("pair", "duet", "mosaic")

PANEL_IN = 2.1
GAP_IN = 0.25
LABEL_IN = 2.0
LINE_IN = 0.24
BELOW_IN = 0.32

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


def draw_listening(settings: Settings, results: Results) -> Figure | None:
    """Draw half and the gain of each test set as bars, one per row that was run.

    Returns
    -------
    Figure or None
        None if no row has any of these scores, as on a data set without multi-source scenes.
    """
    rows = [row for row in settings.rows if row in results.scores]
    panels = [("half, pair (%)", [results.score(row, "pair", "half") for row in rows])]
    panels += [
        (f"gain, {test_set} (points)", [results.gain(row, test_set) for row in rows])
        for test_set in GAIN_SETS
    ]
    panels = [(title, values) for title, values in panels if any(v is not None for v in values)]
    if not panels:
        return None
    sections = [settings.rows[row].section for row in rows]
    colours = [_COLOURS.get(name, style.TRAINED) for name in sections]
    gains = [v for title, values in panels for v in values if v is not None and "gain" in title]
    span = (min([0.0, *gains]) * 1.35, max([1.0, *gains]) * 1.35)
    width = MARGIN_IN + LABEL_IN + (PANEL_IN + GAP_IN) * len(panels)
    with style.applied():
        caption = wrapped(_CAPTION.format(dataset=results.dataset), width)
        top = header_height(caption) + 0.3
        tall = LINE_IN * len(rows)
        page = Page(width, top + tall + BELOW_IN)
        page.header("Does the row listen?", caption)
        for place, (title, values) in enumerate(panels):
            x = MARGIN_IN + LABEL_IN + (PANEL_IN + GAP_IN) * place
            axes = page.axes(x, top, PANEL_IN, tall)
            _draw_bars(axes, values, colours)
            axes.set_title(title)
            is_half = title.startswith("half")
            axes.set_xlim((0, 115) if is_half else span)
            axes.axvline(
                CHANCE_PERCENT if is_half else 0,
                color=style.CHANCE if is_half else style.QUIET,
                linewidth=1.0,
                linestyle="--" if is_half else "-",
            )
            labels = [settings.rows[row].label for row in rows] if place == 0 else []
            axes.set_yticks(range(len(rows)), labels or [""] * len(rows))
        return page.figure


def _draw_bars(axes: Axes, values: Sequence[float | None], colours: Sequence[style.Colour]) -> None:
    places = [place for place, value in enumerate(values) if value is not None]
    lengths = [value for value in values if value is not None]
    axes.barh(places, lengths, height=0.62, color=[colours[place] for place in places])
    for place, length in zip(places, lengths, strict=True):
        # Adding 0.0 keeps a rounded -0.0 from printing its sign.
        axes.annotate(
            f"{round(length, 1) + 0.0:.1f}",
            (max(length, 0), place),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            size=style.SMALL_POINTS,
            bbox={"facecolor": style.PAPER, "linewidth": 0, "pad": 0.4},
        )
    axes.set_ylim(len(values) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
