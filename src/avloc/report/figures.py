"""Figures of localisation maps, in the manner of the paper's Figures 3 to 5.

One line of panels per scene: the image, its sources, then each row's maps. A row with a map per
source has one panel with all its maps and a small one for each; the colour of a map is that of
the source it is paired with.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from matplotlib.figure import Figure

from avloc.errors import UserError
from avloc.report import style
from avloc.report.maps import (
    Floats,
    Image,
    Masks,
    SetMaps,
    precision_shown,
    select_scenes,
    sources_of_maps,
)
from avloc.report.page import CHARACTERS_PER_IN, LINE_IN, MARGIN_IN, Page, header_height, wrapped
from avloc.report.panels import outline, panel, sources_panel, tinted
from avloc.report.settings import Settings

PANEL_IN = 1.25  # height
GAP_IN = 0.05
ROW_GAP_IN = 0.16  # between the panels of two rows of a table
NUMBER_IN = 0.42  # left of the panels, for the scene's number
HEADING_IN = 0.36
SEPARATOR_IN = 0.24

_ORDINALS = ("first", "second", "third", "fourth")

#: Takes maps (M, h, w) and masks (K, H, W); returns the maps in [0, 1] at (H, W) and their
#: average precisions (M, K). The stage hands in the functions that made the scores.
Measure = Callable[[Floats, Masks], tuple[Floats, Floats]]


class Scenes(Protocol):
    """The pictures of a test set."""

    @property
    def images(self) -> Image:
        """(N, H, W, 3) uint8."""

    def masks(self, number: int, /) -> Masks:
        """Return the targets (K, H, W) bool of a scene; an absent one is empty."""


@dataclass(frozen=True)
class _Block:
    """The chosen scenes of one test set.

    The maps of the rows in `named` are in the order of the sources; those of others in none.
    """

    name: str
    scenes: Scenes
    maps: Mapping[str, SetMaps]
    named: frozenset[str]
    chosen: list[int]
    failures: list[int]

    @property
    def panel_width(self) -> float:
        """Inches, from the shape of the images."""
        height, width = self.scenes.images.shape[1:3]
        return PANEL_IN * float(width / height)

    def map_count(self, row: str) -> int:
        """Return how many maps the row has per scene."""
        return int(self.maps[row].maps.shape[1])

    def row_width(self, row: str) -> float:
        """Return the inches of a row's panels; several maps are stacked beside the large one."""
        count = self.map_count(row)
        return self.panel_width * (1 + 1 / count) + GAP_IN if count > 1 else self.panel_width

    def row_starts(self) -> Iterator[tuple[str, float]]:
        """Yield each row and where its panels begin, in inches."""
        x = NUMBER_IN + 2 * self.panel_width + GAP_IN + ROW_GAP_IN
        for row in self.maps:
            yield row, x
            x += self.row_width(row) + ROW_GAP_IN

    @property
    def width(self) -> float:
        """Inches."""
        row, x = list(self.row_starts())[-1]
        return x + self.row_width(row)

    @property
    def height(self) -> float:
        """Inches."""
        lines = len(self.chosen) + len(self.failures)
        return HEADING_IN + lines * (PANEL_IN + GAP_IN) + SEPARATOR_IN * bool(self.failures)


def draw_maps(
    name: str,
    settings: Settings,
    maps: Mapping[str, Mapping[str, SetMaps]],
    scenes: Mapping[str, Scenes],
    measure: Measure,
    dataset: str,
) -> Figure | None:
    """Draw one of the figures described under ``render.figures.maps``.

    Parameters
    ----------
    name
        Key under ``render.figures.maps``.
    settings
        Titles, labels and which scenes to choose.
    maps
        Row -> test set -> maps, of the rows that were run.
    scenes
        Test set -> pictures.
    measure
        See `Measure`.
    dataset
        Name of the data set, for the caption.

    Returns
    -------
    Figure or None
        None if the data set has none of the test sets, or none of the rows was run.

    Raises
    ------
    UserError
        If the row that ranks the scenes was not run, or a row was scored on other scenes.
    """
    layout, about = settings.figures.maps[name], settings.figures
    rows = [row for row in layout.rows if row in maps]
    sets = [test_set for test_set in layout.sets if test_set in scenes]
    if not rows or not sets:
        return None
    if about.ranked_by not in maps:
        raise UserError(
            f"params.yaml: render.figures.ranked_by is {about.ranked_by!r}, which is not among"
            " the rows in runs; name one that is"
        )
    blocks = []
    for test_set in sets:
        for row in {*rows, about.ranked_by}:
            _check_count(maps[row], test_set, scenes[test_set], row)
        score = maps[about.ranked_by][test_set].score
        chosen, failures = select_scenes(score, about.quantiles, about.failures)
        shown = {row: maps[row][test_set] for row in rows}
        named = frozenset(row for row in rows if not settings.rows[row].best_pairing)
        blocks.append(_Block(test_set, scenes[test_set], shown, named, chosen, failures))
    with style.applied():
        width = max(block.width for block in blocks) + MARGIN_IN
        caption = wrapped(_caption(settings, blocks, dataset), width)
        height = header_height(caption) + LINE_IN + sum(block.height for block in blocks)
        page = Page(width, height + MARGIN_IN)
        y = page.header(layout.title, caption)
        _draw_key(page, y + LINE_IN, blocks)
        y += LINE_IN
        for block in blocks:
            _draw_block(page, settings, block, y, measure)
            y += block.height
        return page.figure


def _check_count(maps: Mapping[str, SetMaps], test_set: str, scenes: Scenes, row: str) -> None:
    found = len(maps[test_set].maps) if test_set in maps else 0
    if found != len(scenes.images):
        raise UserError(
            f"row {row!r} has maps for {found} of the {len(scenes.images)} {test_set} scenes; run"
            " its evaluate stage again (`dvc repro`)"
        )


def _caption(settings: Settings, blocks: Sequence[_Block], dataset: str) -> str:
    about = settings.figures
    ranking = settings.rows[about.ranked_by].label
    quantiles = ", ".join(f"{quantile:g}" for quantile in about.quantiles)
    counts = " and ".join(f"{len(b.scenes.images)} {b.name} scenes" for b in blocks)
    return (
        f"From {counts} of the data set {dataset}: per test set the scenes at the quantiles"
        f" {quantiles} of the CAP of {ranking}, and as failure cases the {about.failures} with its"
        " lowest CAP. Each map is scaled to its own range; its outline is what counts as found at"
        " the row's threshold. The number in a panel is the CAP of the scene in percent, with the"
        " best pairing where there are several maps. Maps stacked at the right are those of the"
        " large panel one by one."
    )


def _draw_key(page: Page, y: float, blocks: Sequence[_Block]) -> None:
    """Explain the colours on one line."""
    counts = {block.map_count(row) for block in blocks for row in block.maps}
    sources = max(
        len(block.scenes.masks(number))
        for block in blocks
        for number in (*block.chosen, *block.failures)
    )
    entries = [
        (colour, f"{name} source" + (" and the map paired with it" if max(counts) > 1 else ""))
        for colour, name in zip(style.SOURCES, _ORDINALS[: max(sources, *counts, 1)], strict=False)
    ]
    if 1 in counts:
        entries.append((style.SHARED, "one map for all sources"))
    x = MARGIN_IN
    for colour, text in entries:
        page.swatch(x, y, colour)
        page.text(x + 0.13, y, text)
        x += 0.36 + len(text) / CHARACTERS_PER_IN


def _draw_block(
    page: Page, settings: Settings, block: _Block, top: float, measure: Measure
) -> None:
    baseline = top + HEADING_IN - 0.06
    x = NUMBER_IN
    page.text(x, baseline, f"{block.name}: image", size=style.HEADING_POINTS)
    page.text(x + block.panel_width + GAP_IN, baseline, "sources", size=style.HEADING_POINTS)
    for row, x in block.row_starts():
        label, best = settings.rows[row].label, row == settings.figures.ranked_by
        page.text(x, baseline, label, size=style.HEADING_POINTS, bold=best)
    y = top + HEADING_IN
    for number in block.chosen:
        _draw_scene(page, block, number, y, measure)
        y += PANEL_IN + GAP_IN
    if block.failures:
        middle = y + SEPARATOR_IN / 2
        page.text(NUMBER_IN, middle + 0.03, "failure cases")
        page.rule(NUMBER_IN + 0.8, block.width, middle)
        y += SEPARATOR_IN
    for number in block.failures:
        _draw_scene(page, block, number, y, measure)
        y += PANEL_IN + GAP_IN


def _draw_scene(page: Page, block: _Block, number: int, y: float, measure: Measure) -> None:
    image = np.asarray(block.scenes.images[number])
    masks = np.asarray(block.scenes.masks(number))
    masks = masks[masks.any(axis=(1, 2))]
    wide = block.panel_width
    page.text(MARGIN_IN, y + PANEL_IN / 2, f"#{number}", colour=style.QUIET)
    panel(page, NUMBER_IN, y, wide, PANEL_IN, image)
    sources_panel(page, NUMBER_IN + wide + GAP_IN, y, wide, PANEL_IN, image, masks)
    for row, x in block.row_starts():
        stored = block.maps[row]
        scene = stored.maps[number].astype(np.float32)
        several = len(scene) > 1
        named = several and row in block.named
        maps, precisions = measure(scene[: len(masks)] if named else scene, masks)
        sources = [*range(len(maps))] if named else sources_of_maps(precisions)
        colours = [style.SOURCES[s % len(style.SOURCES)] for s in sources]
        if not several:
            colours = [style.SHARED]
        axes = panel(page, x, y, wide, PANEL_IN, tinted(image, maps, colours))
        outline(axes, maps, colours, float(stored.thresholds[number]), style.THIN)
        axes.text(
            0.03,
            0.04,
            f"{precision_shown(precisions, sources if several else None):.0f}",
            transform=axes.transAxes,
            size=style.SMALL_POINTS,
            bbox={"facecolor": style.PAPER, "alpha": 0.8, "linewidth": 0, "pad": 1.2},
        )
        if not several:
            continue
        # In the order of the sources, so that the colours stand in the same order in every line.
        order = np.argsort(sources)
        step = (PANEL_IN - GAP_IN / 2 * (len(scene) - 1)) / len(scene)
        for place, m in enumerate(order):
            panel(
                page,
                x + wide + GAP_IN,
                y + place * (step + GAP_IN / 2),
                wide * step / PANEL_IN,
                step,
                tinted(image, maps[m : m + 1], colours[m : m + 1]),
            )
