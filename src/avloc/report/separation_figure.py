"""What goes into a network and what comes out, in the manner of the paper's Figure 1.

At the left a picture and the mixture of its sounds, at the right a map for each node.
"""

from collections.abc import Iterable, Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from avloc.report import style
from avloc.report.examples import Example, MixedScenes, choose
from avloc.report.labels import Labels
from avloc.report.maps import SetMaps
from avloc.report.maps_figure import covered
from avloc.report.panels import outline, show, tinted
from avloc.report.results import Results
from avloc.report.settings import FigureSettings

PANEL_IN = 1.55  # height
BETWEEN_IN = 0.28  # titles of panels
AROUND_IN = 1.0  # title and caption
GAP_IN = 0.06

_CAPTION = (
    "{row} on scene #{number} of {count} {set} scenes of the data set {dataset}: the one at the"
    " quantile {quantile:g} of the CAP of {ranked_by}. The network is not told the outlines and"
    " names of the sources. Each map is that of one node, scaled to its own range and in the colour"
    " of the source that it is paired with; its outline is what counts as found at the row's"
    " threshold. CAP of the scene: {score:.0f}%.{covered}"
)


def draw_separation(
    labels: Labels,
    settings: FigureSettings,
    results: Results,
    maps: Mapping[str, Mapping[str, SetMaps]],
    scenes: Mapping[str, MixedScenes],
) -> Figure | None:
    """Draw ``figure1`` as labels.yaml describes it.

    Parameters
    ----------
    labels, settings
        Titles and names; how the scene is chosen.
    results
        Of the data set; they tell whether the row has a map per node.
    maps
        Row -> test set -> maps.
    scenes
        Test set -> pictures and mixtures.

    Returns
    -------
    Figure or None
        None if the data set lacks the test set, or the row was not run with a map per node.

    Raises
    ------
    UserError
        As `avloc.report.examples.choose`.
    """
    layout = labels.examples
    number = choose(layout, settings, maps, scenes)
    if number is None or not results.has_map_per_node(layout.row):
        return None
    example = Example.of(number, scenes[layout.set], maps[layout.row][layout.set])
    caption = _CAPTION.format(
        row=labels.rows[layout.row].label,
        number=number,
        count=len(scenes[layout.set].images),
        set=layout.set,
        dataset=results.dataset,
        quantile=layout.quantile,
        ranked_by=labels.rows[settings.ranked_by].label,
        score=100 * example.score,
        covered=covered(layout.set, scenes[layout.set]),
    )
    nodes = len(example.maps)
    height, width = example.image.shape[:2]
    lines = max(2, nodes)
    with style.applied():
        figure = style.figure(
            2 * (PANEL_IN * width / height + 2 * GAP_IN),
            lines * (PANEL_IN + BETWEEN_IN) + AROUND_IN,
            layout.titles["figure1"],
            caption,
        )
        figure.set_layout_engine("constrained", w_pad=GAP_IN, h_pad=GAP_IN / 2, wspace=0, hspace=0)
        grid = figure.subplots(lines, 2)
        _draw_inputs(grid[0, 0], grid[1, 0], example)
        _draw_maps(grid[:nodes, 1], example)
        for unused in (*grid[2:, 0], *grid[nodes:, 1]):
            unused.remove()
        return figure


def _draw_inputs(picture: Axes, sound: Axes, example: Example) -> None:
    show(picture, example.image)
    outline(picture, example.masks.astype(np.float32), style.SOURCES, 0.5, style.THICK)
    picture.set_title("in: picture")
    height, width = example.image.shape[:2]
    for source, mask in enumerate(example.masks):
        picture.annotate(
            example.classes[source],
            (np.nonzero(mask)[1].mean() / width, 0),
            xycoords="axes fraction",
            xytext=(0, -3),
            textcoords="offset points",
            ha="center",
            va="top",
            color=style.SOURCES[source % len(style.SOURCES)],
            weight="bold",
        )
    # Stretched to the shape of the picture: its axes are time and frequency, not pixels.
    sound.imshow(
        example.mixture.T,
        origin="lower",
        cmap="gray_r",
        extent=(0, width, 0, height),
    )
    sound.set(xticks=[], yticks=[])
    sound.grid(visible=False)
    sound.spines[:].set(visible=True, color=style.FAINT, linewidth=0.5)
    sound.set_title("in: mixture of the sounds (log-mel)")
    sound.set_xlabel("time", labelpad=2, color=style.QUIET)
    sound.set_ylabel("frequency", labelpad=2, color=style.QUIET)


def _draw_maps(panels: Iterable[Axes], example: Example) -> None:
    """Draw the maps in the order of the sources, so that the first stands beside the picture."""
    scaled, colours = example.scaled, example.colours
    for axes, node in zip(panels, np.argsort(example.sources), strict=True):
        own = scaled[[node]], [colours[node]]
        show(axes, tinted(example.image, *own))
        outline(axes, *own, example.threshold, style.THICK)
        axes.set_title(
            f"out: map of node {node + 1} ({example.name_of(node)})", color=colours[node]
        )
