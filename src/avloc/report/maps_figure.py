"""Figures of localisation maps, in the manner of the paper's Figures 3 to 5.

One line of panels per scene: the image, its sources, then each row's maps. A row with a map per
source has one panel with all its maps and, beside it, each map by itself; the colour of a map is
that of the source it is paired with.
"""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from avloc.evaluation.average_precision import precision_matrix
from avloc.evaluation.maps import min_max, upsample
from avloc.evaluation.pairing import best_pairs
from avloc.report import style
from avloc.report.labels import Labels
from avloc.report.maps import Image, Masks, SetMaps, checked_maps, ranking, select_scenes
from avloc.report.panels import outline, show, show_sources, stacked, tinted
from avloc.report.results import Results
from avloc.report.settings import FigureSettings

GAP_IN = 0.06
ABOVE_IN, BELOW_IN, LEFT_IN = 0.5, 0.85, 0.5  # title and legend, caption, numbers of scenes
HEADING_IN = 0.3
HEADING_POINTS, HEADING_CHARACTERS = 7.5, 14

#: If the sources of a test set cover more of their pictures, in the mean, the caption says so.
LOOSE_SHARE = 0.4

_ORDINALS = ("first", "second", "third", "fourth")


class Scenes(Protocol):
    """The pictures of a test set."""

    @property
    def images(self) -> Image:
        """(N, H, W, 3) uint8."""

    def masks(self, number: int, /) -> Masks:
        """Return the targets (K, H, W) bool of a scene; an absent one is empty."""


@dataclass(frozen=True)
class _Block:
    """The chosen scenes of one test set, and the maps of the rows that are shown."""

    name: str
    scenes: Scenes
    maps: Mapping[str, SetMaps]
    chosen: list[int]
    failures: list[int]

    def map_count(self, row: str) -> int:
        """Return how many maps the row has per scene."""
        return int(self.maps[row].maps.shape[1])


def draw_maps(
    name: str,
    labels: Labels,
    settings: FigureSettings,
    results: Results,
    maps: Mapping[str, Mapping[str, SetMaps]],
    scenes: Mapping[str, Scenes],
) -> Figure | None:
    """Draw one of the figures described under ``figures`` in labels.yaml.

    Parameters
    ----------
    name
        Key under ``figures``.
    labels, settings
        Titles and names; which scenes to choose.
    results
        Of the data set; they tell which rows have a map per node.
    maps
        Row -> test set -> maps, of the rows that were run.
    scenes
        Test set -> pictures.

    Returns
    -------
    Figure or None
        None if the data set has none of the test sets, or none of the rows was run.

    Raises
    ------
    UserError
        If the row that ranks the scenes was not run, or a row was scored on other scenes.
    """
    layout = labels.figures[name]
    rows = [row for row in layout.rows if row in maps]
    sets = [test_set for test_set in layout.sets if test_set in scenes]
    if not rows or not sets:
        return None
    ranked = ranking(settings, maps)
    blocks = []
    for test_set in sets:
        for row in {*rows, settings.ranked_by}:
            checked_maps(maps[row], row, test_set, len(scenes[test_set].images))
        score = ranked[test_set].score
        chosen, failures = select_scenes(score, settings.quantiles, settings.failures)
        shown = {row: maps[row][test_set] for row in rows}
        blocks.append(_Block(test_set, scenes[test_set], shown, chosen, failures))
    height, width = blocks[0].scenes.images.shape[1:3]
    columns = {row: max(block.map_count(row) for block in blocks) for row in rows}
    # Several maps of a row are stacked beside the panel with all of them, at its height.
    ratios = [1.0, 1.0]
    ratios += [ratio for count in columns.values() for ratio in [1.0, 1 / count][: 1 + (count > 1)]]
    lines = [
        (block, number, place, place >= len(block.chosen))
        for block in blocks
        for place, number in enumerate([*block.chosen, *block.failures])
    ]
    # As high as a page is wide or high enough for.
    around = HEADING_IN * len(blocks) + ABOVE_IN + BELOW_IN
    panel = min(
        ((style.PAGE_IN - LEFT_IN) / sum(ratios) - GAP_IN) * height / width,
        (style.PAGE_HIGH_IN - around) / len(lines) - GAP_IN,
    )
    with style.applied():
        figure = style.figure(
            (panel * width / height + GAP_IN) * sum(ratios) + LEFT_IN,
            (panel + GAP_IN) * len(lines) + around,
            "",
            _caption(labels, settings, blocks, results.dataset),
        )
        figure.set_layout_engine(
            "compressed", w_pad=GAP_IN / 2, h_pad=GAP_IN / 2, wspace=0, hspace=0
        )
        _add_legend(figure, layout.title, blocks)
        grid = figure.subplots(len(lines), len(ratios), squeeze=False, width_ratios=ratios)
        for own, (block, number, place, fails) in zip(grid, lines, strict=True):
            panels = _by_row(own[2:], columns)
            if place == 0:
                _add_headings(own[:2], panels, block.name, labels, settings.ranked_by)
            text = f"failure\n#{number}" if fails else f"#{number}"
            own[0].set_ylabel(
                text, rotation=0, ha="right", va="center", color=style.QUIET, labelpad=4
            )
            _draw_scene(own[:2], panels, block, number, results)
        return figure


def _caption(
    labels: Labels, settings: FigureSettings, blocks: Sequence[_Block], dataset: str
) -> str:
    quantiles = ", ".join(f"{quantile:g}" for quantile in settings.quantiles)
    counts = " and ".join(f"{len(b.scenes.images)} {b.name} scenes" for b in blocks)
    return (
        f"From {counts} of the data set {dataset}: per test set the scenes at the quantiles"
        f" {quantiles} of the CAP of {labels.rows[settings.ranked_by].label}, and as failure cases"
        f" the {settings.failures} with its lowest CAP. Each map is scaled to its own range; its"
        " outline is what counts as found at the row's threshold. The number in a panel is the CAP"
        " of the scene in percent, with the best pairing where there are several maps. Maps stacked"
        " at the right are those of the large panel one by one; where they overlap there, the"
        f" stronger one has its colour.{covered(blocks[0].name, blocks[0].scenes)}"
    )


def covered(name: str, scenes: Scenes) -> str:
    """Return a warning for the caption if the sources fill their pictures, or nothing.

    Parameters
    ----------
    name, scenes
        Of the test set.
    """
    shares = [
        float(np.asarray(scenes.masks(number)).any(axis=0).mean())
        for number in range(len(scenes.images))
    ]
    mean = float(np.mean(shares))
    if mean <= LOOSE_SHARE:
        return ""
    return (
        f" The sources, or their boxes, cover {100 * mean:.0f}% of the pictures of {name} in the"
        " mean, so a high CAP says little: look at the controls."
    )


def _add_legend(figure: Figure, title: str, blocks: Sequence[_Block]) -> None:
    """Write the title and, below it on one line, what the colours mean."""
    counts = {block.map_count(row) for block in blocks for row in block.maps}
    sources = max(
        len(block.scenes.masks(number))
        for block in blocks
        for number in (*block.chosen, *block.failures)
    )
    paired = " and its map" if max(counts) > 1 else ""
    entries = [
        Patch(color=colour, label=f"{name} source{paired}")
        for colour, name in zip(style.SOURCES, _ORDINALS[: max(sources, *counts, 1)], strict=False)
    ]
    if 1 in counts:
        entries.append(Patch(color=style.SHARED, label="one map for all"))
    figure.legend(
        handles=entries,
        loc="outside upper left",
        ncols=len(entries),
        title=title,
        title_fontproperties={"weight": "bold", "size": style.TITLE_POINTS},
        alignment="left",
        handlelength=1,
        handleheight=1,
    )


def _by_row(axes: Sequence[Axes], counts: Mapping[str, int]) -> dict[str, list[Axes]]:
    """Return the axes of each row: one, and a second one if it has several maps."""
    left = iter(axes)
    return {row: [next(left) for _ in range(1 + (count > 1))] for row, count in counts.items()}


def _add_headings(
    first: Sequence[Axes],
    panels: Mapping[str, list[Axes]],
    name: str,
    labels: Labels,
    emphasised: str,
) -> None:
    for axes, title in zip(first, (f"{name}:\nimage", "sources"), strict=True):
        axes.set_title(title, size=HEADING_POINTS)
    for row, (axes, *_) in panels.items():
        weight = "bold" if row == emphasised else "normal"
        title = labels.rows[row].label.removesuffix(" (not in the paper)")
        text = "\n".join(textwrap.wrap(title, HEADING_CHARACTERS))
        axes.set_title(text, weight=weight, size=HEADING_POINTS)


def _draw_scene(
    first: Sequence[Axes],
    panels: Mapping[str, list[Axes]],
    block: _Block,
    number: int,
    results: Results,
) -> None:
    image = np.asarray(block.scenes.images[number])
    masks = np.asarray(block.scenes.masks(number))
    masks = masks[masks.any(axis=(1, 2))]
    show(first[0], image)
    show_sources(first[1], image, masks)
    for row, (large, *small) in panels.items():
        stored = block.maps[row]
        scene = stored.maps[number].astype(np.float32)
        several, per_node = len(scene) > 1, results.has_map_per_node(row)
        if several and not per_node:  # in the order of the sources
            scene = scene[: len(masks)]
        canvas = upsample(scene, *masks.shape[1:])
        precisions, maps = precision_matrix(canvas, masks), min_max(canvas)
        sources = best_pairs(precisions) if per_node else [*range(len(maps))]
        colours = [style.SOURCES[s % len(style.SOURCES)] for s in sources]
        if not several:
            colours = [style.SHARED]
        show(large, tinted(image, maps, colours))
        outline(large, maps, colours, float(stored.thresholds[number]), style.THIN)
        # Eq. 5: a map that serves all sources is scored against each of them.
        pairs = [(m, s) for m, s in enumerate(sources) if s < len(masks)]
        cap = np.mean([precisions[pair] for pair in pairs] if several else precisions)
        large.text(
            0.03,
            0.04,
            f"{100 * cap:.0f}",
            transform=large.transAxes,
            size=style.SMALL_POINTS,
            bbox={"facecolor": style.PAPER, "alpha": 0.8, "linewidth": 0, "pad": 1.2},
        )
        if small and several:
            # In the order of the sources, so that colours stand in the same order in every line.
            order = np.argsort(sources)
            show(small[0], stacked([tinted(image, maps[[m]], [colours[m]]) for m in order]))
        elif small:
            small[0].remove()
