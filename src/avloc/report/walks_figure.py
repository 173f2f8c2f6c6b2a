"""Walks from the nodes of a mixture to its images and back, in the manner of the paper's Figure 2.

One panel per scene: its images at the left and right, the nodes between them, and the transitions
of Eq. 2 as arrows that are as wide as they are likely.
"""

from collections.abc import Mapping
from itertools import product

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyArrowPatch

from avloc.report import style
from avloc.report.examples import Example, MixedScenes, choose
from avloc.report.labels import Labels
from avloc.report.maps import Floats, SetMaps, select_scenes
from avloc.report.random_walk import Walk, peaks_by_image, similarities
from avloc.report.results import Results
from avloc.report.settings import FigureSettings

IMAGES = 2  # side by side in one picture

# Within a panel, in inches: x from its middle, y from its middle upwards.
IMAGE_IN = 1.5
INNER_IN = 1.6  # the inner edge of an image
NODE_IN = 0.2  # radius
LANES_IN = 1.3  # from the first to the last node
PORTS_IN = 0.84  # the same where their arrows reach an image
APART_IN = 0.11  # of an arrow from the middle of the two between a node and an image
OUTER_IN = INNER_IN + IMAGE_IN
NUMBERS_IN = 0.7  # left of the images
HIGH_IN = 2.1
AROUND_IN = 1.45  # title, legend and caption
RINGS_IN = (0.11, 0.065)  # around a cell, in turn, so that two on one cell are seen
#: Along an arrow, where its number stands.
NUMBER_AT = 0.42

THIN_POINTS, WIDE_POINTS = 0.5, 4.5  # arrows of probability 0 and 1
BACK: style.Colour = style.CONTROLS

_CAPTION = (
    "Walks of {row} (temperature {temperature:g}) on {shown} of {count} {set} scenes of the data"
    " set {dataset}: at the quantile {quantile:g} of the CAP of {ranked_by}, as in Figure 1; and,"
    " by Eq. 4 of the scene, the median and the highest. Rings: the cell of each image that is most"
    " similar to a node (Eq. 1). On arrows: the probabilities of Eq. 2, a softmax over images on"
    " the way out and over nodes on the way back. In a node: how likely its walk is to return (the"
    " diagonal in Eq. 4); over all nodes and scenes it is {median:.2f} in the median. A node has"
    " the colour of the source that its map is paired with. Here the images are one picture and"
    " both steps hear the same sound; training sees them apart and shifts the sound of one step."
)


def draw_walks(
    labels: Labels,
    settings: FigureSettings,
    results: Results,
    maps: Mapping[str, Mapping[str, SetMaps]],
    scenes: Mapping[str, MixedScenes],
) -> Figure | None:
    """Draw ``figure2`` as labels.yaml describes it.

    Parameters
    ----------
    labels, settings
        Titles and names; how the first scene is chosen. The others have the median and the highest
        Eq. 4.
    results
        Of the data set; they have the temperature of the row.
    maps
        Row -> test set -> maps, which are cosines for a row with a map per node.
    scenes
        Test set of two images side by side -> pictures.

    Returns
    -------
    Figure or None
        None if the data set lacks the test set, or the row was not run with a map per node and a
        temperature.

    Raises
    ------
    UserError
        As `avloc.report.examples.choose`.
    """
    layout = labels.examples
    first = choose(layout, settings, maps, scenes)
    temperature = results.temperatures.get(layout.row)
    if first is None or temperature is None or not results.has_map_per_node(layout.row):
        return None
    own, test_set = maps[layout.row][layout.set], scenes[layout.set]
    walks = Walk.of(similarities(own.maps, IMAGES), temperature)
    median, worst = select_scenes(-walks.loss, [0.5], failures=1)
    # A scene that is chosen twice keeps its place, and the last of its names.
    lines = dict.fromkeys([first], "as in\nFigure 1") | dict.fromkeys(median, "median\nof Eq. 4")
    lines |= dict.fromkeys(worst, "failure")
    caption = _CAPTION.format(
        row=labels.rows[layout.row].label,
        temperature=temperature,
        shown=len(lines),
        count=len(own.maps),
        set=layout.set,
        dataset=results.dataset,
        quantile=layout.quantile,
        ranked_by=labels.rows[settings.ranked_by].label,
        median=np.median(walks.returns),
    )
    with style.applied():
        width = NUMBERS_IN + 2 * OUTER_IN + 0.2
        figure = style.figure(width, len(lines) * HIGH_IN + AROUND_IN, "", caption)
        _add_legend(figure, layout.titles["figure2"])
        grid = figure.subplots(len(lines), 1, squeeze=False)[:, 0]
        for axes, (number, why) in zip(grid, lines.items(), strict=True):
            walk = Walk(walks.to_image[number], walks.to_node[number])
            _draw_walk(axes, Example.of(number, test_set, own), walk)
            axes.text(
                -OUTER_IN - 0.1, 0, f"#{number}\n{why}", ha="right", va="center", color=style.QUIET
            )
        return figure


def _add_legend(figure: Figure, title: str) -> None:
    out = tuple(Line2D([], [], color=colour, linewidth=3) for colour in style.SOURCES[:IMAGES])
    figure.legend(
        handles=[out, Line2D([], [], color=BACK, linewidth=3)],
        labels=["from a node to an image, $A_{SI}$", "from an image back to a node, $A_{IS}$"],
        handler_map={tuple: HandlerTuple(ndivide=None, pad=0)},
        loc="outside upper left",
        ncols=2,
        title=title,
        title_fontproperties={"weight": "bold", "size": style.TITLE_POINTS},
        alignment="left",
    )


def _draw_walk(axes: Axes, example: Example, walk: Walk) -> None:
    nodes = len(example.maps)
    axes.set_axis_off()
    _draw_images(axes, example)
    lanes = np.linspace(0.5, -0.5, nodes)
    for node, image in product(range(nodes), range(IMAGES)):
        side = 2 * image - 1
        centre = np.array([0.0, LANES_IN * lanes[node]])
        port = np.array([side * INNER_IN, PORTS_IN * lanes[node]])
        along = (port - centre) / np.linalg.norm(port - centre)
        # To the left of the direction of travel, so that the two arrows pass each other.
        aside = APART_IN * np.array([-along[1], along[0]])
        start = centre + 1.15 * NODE_IN * along
        colour = example.colours[node]
        _draw_arrow(axes, start + aside, port + aside, walk.to_image[node, image], colour)
        _draw_arrow(axes, port - aside, start - aside, walk.to_node[image, node], BACK)
    for node, lane in enumerate(lanes):
        _draw_node(axes, (0.0, LANES_IN * lane), node, example, walk.returns[node])


def _draw_images(axes: Axes, example: Example) -> None:
    """Draw the two images apart, each with the cells that its similarities come from."""
    half = example.image.shape[1] // IMAGES
    middles = np.array([np.nonzero(mask)[1].mean() for mask in example.masks])
    peaks = peaks_by_image(example.maps, IMAGES)
    for image in range(IMAGES):
        left = -INNER_IN - IMAGE_IN if image == 0 else INNER_IN
        low, high = -IMAGE_IN / 2, IMAGE_IN / 2
        axes.imshow(
            example.image[:, image * half : (image + 1) * half],
            extent=(left, left + IMAGE_IN, low, high),
            interpolation="antialiased",
        )
        for source in np.nonzero(middles // half == image)[0]:
            axes.text(
                left + IMAGE_IN / 2, high + 0.06, example.classes[source],
                ha="center", va="bottom", color=style.SOURCES[source], weight="bold",
            )  # fmt: skip
        for node, (x, y) in enumerate(peaks[:, image]):
            centre = (left + IMAGE_IN * (x * IMAGES - image), high - IMAGE_IN * y)
            radius, colour = RINGS_IN[node % len(RINGS_IN)], example.colours[node]
            axes.add_patch(Circle(centre, radius, fill=False, color=style.PAPER, linewidth=3.4))
            axes.add_patch(
                Circle(centre, radius, fill=False, color=colour, linewidth=1.8, zorder=2)
            )
    # Showing a picture has set the limits to its own.
    axes.set(
        xlim=(-OUTER_IN - NUMBERS_IN, OUTER_IN), ylim=(-HIGH_IN / 2, HIGH_IN / 2), aspect="equal"
    )


def _draw_arrow(
    axes: Axes, start: Floats, end: Floats, probability: float, colour: style.Colour
) -> None:
    width = THIN_POINTS + (WIDE_POINTS - THIN_POINTS) * probability
    axes.add_patch(
        FancyArrowPatch(
            tuple(start),
            tuple(end),
            arrowstyle="-|>",
            mutation_scale=6 + 5 * probability,
            linewidth=width,
            color=colour,
            shrinkA=0,
            shrinkB=0,
            joinstyle="miter",
            capstyle="butt",
        )
    )
    x, y = start + NUMBER_AT * (end - start)
    axes.text(
        x, y, f"{probability:.2f}", ha="center", va="center", zorder=3,
        bbox={"facecolor": style.PAPER, "linewidth": 0, "pad": 1.0},
    )  # fmt: skip


def _draw_node(
    axes: Axes, centre: tuple[float, float], node: int, example: Example, returns: float
) -> None:
    axes.add_patch(Circle(centre, NODE_IN, color=example.colours[node], zorder=4))
    axes.text(
        *centre, f"{returns:.2f}", ha="center", va="center", color=style.PAPER, weight="bold",
        zorder=5,
    )  # fmt: skip
    x, y = centre
    above = y > 0
    axes.text(
        x, y + (NODE_IN + 0.06) * (1 if above else -1), f"node {node + 1}",
        ha="center", va="bottom" if above else "top", color=example.colours[node], weight="bold",
    )  # fmt: skip
