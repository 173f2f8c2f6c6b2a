"""Figures 1 and 2: which scenes they show, and whose name, colour and numbers stand where."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.patches import FancyArrowPatch

from avloc.errors import UserError
from avloc.report import style
from avloc.report.examples import Example
from avloc.report.labels import Labels
from avloc.report.maps import SetMaps
from avloc.report.results import Results
from avloc.report.separation_figure import draw_separation
from avloc.report.settings import Settings
from avloc.report.walks_figure import draw_walks

MakeMaps = Callable[[int], SetMaps]
Draw = Callable[..., Any]

RESULTS = Results("synthetic", {"ours": {"pair": {"assigned": 90.0}}}, temperatures={"ours": 0.5})


@pytest.fixture(params=[draw_separation, draw_walks])
def draw(request: pytest.FixtureRequest, labels: Labels, settings: Settings) -> Draw:
    def made(maps: Any, scenes: Any, results: Results = RESULTS, figure: Any = None) -> Any:
        return (figure or request.param)(labels, settings.figures, results, maps, scenes)

    return made


def texts(axes: Any) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_an_example_names_and_colours_a_map_by_its_source(scenes: Any, set_maps: MakeMaps) -> None:
    """The first map is that of the right, second source: the names stood crosswise otherwise."""
    example = Example.of(3, scenes, set_maps(2))
    assert example.sources == (1, 0)
    assert [example.name_of(node) for node in (0, 1)] == ["reed box", "bell"]
    assert example.colours == [style.SOURCES[1], style.SOURCES[0]]
    assert example.score == pytest.approx(3 / 8)


def test_a_class_that_is_not_known_is_a_number(scenes: Any, set_maps: MakeMaps) -> None:
    unknown = replace(scenes, classes=[("", "")] * 8)
    example = Example.of(3, unknown, set_maps(2))
    assert example.classes == ("first source", "second source")


def test_a_map_without_a_source_says_so(scenes: Any, set_maps: MakeMaps) -> None:
    """The last scene has one source; the other node must not take its name."""
    example = Example.of(7, scenes, set_maps(2))
    assert [example.name_of(node) for node in (0, 1)] == ["no source", "bell"]


def test_figure1_shows_the_scene_at_the_quantile(draw: Draw, scenes: Any, set_maps: Any) -> None:
    figure = draw({"ours": {"pair": set_maps(2)}}, {"pair": scenes}, figure=draw_separation)
    caption = " ".join(figure.get_supxlabel().split())
    assert "scene #5 of 8 pair scenes" in caption
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    # Beside the picture, from the top, the maps stand in the order of the sources.
    assert titles[1] == "out: map of node 2 (bell)"
    assert titles[3] == "out: map of node 1 (reed box)"
    assert texts(figure.axes[0]) == ["bell", "reed box"]


def test_figure1_has_a_panel_for_each_of_three_nodes(
    draw: Draw, scenes: Any, set_maps: MakeMaps
) -> None:
    two = set_maps(2)
    three = replace(two, maps=np.concatenate([two.maps, two.maps[:, :1] / 2], axis=1))
    figure = draw({"ours": {"pair": three}}, {"pair": scenes}, figure=draw_separation)
    assert [axes.get_title(loc="left")[:3] for axes in figure.axes].count("out") == 3
    assert draw({"ours": {"pair": three}}, {"pair": scenes}, figure=draw_walks) is not None


def test_figure2_prints_the_transitions_and_the_returns(
    draw: Draw, scenes: Any, set_maps: MakeMaps
) -> None:
    """Scene 5: each node has a cosine of 1 with one image and 0 with the other."""
    maps = set_maps(2)
    maps.maps[2] = maps.maps[2, :1]  # both nodes are one vector
    maps.maps[4, 1] *= 0.5
    figure = draw({"ours": {"pair": maps}}, {"pair": scenes}, figure=draw_walks)
    good, _, bad = figure.axes
    near, far = 1 / (1 + np.exp(-1 / 0.5)), 1 / (1 + np.exp(1 / 0.5))
    assert texts(good).count(f"{near:.2f}") == 4
    assert texts(good).count(f"{far:.2f}") == 4
    assert texts(good).count(f"{near**2 + far**2:.2f}") == 2
    assert texts(good)[-1] == "#5\nas in\nFigure 1"
    # Equal nodes: every way back is a matter of chance, and so is every return.
    assert texts(bad).count("0.50") == 4 + 2
    assert texts(bad)[-1] == "#2\nfailure"


def test_arrows_are_as_wide_as_they_are_likely(draw: Draw, scenes: Any, set_maps: MakeMaps) -> None:
    figure = draw({"ours": {"pair": set_maps(2)}}, {"pair": scenes}, figure=draw_walks)
    arrows = [patch for patch in figure.axes[0].patches if isinstance(patch, FancyArrowPatch)]
    widths = sorted(arrow.get_linewidth() for arrow in arrows)
    near, far = 0.5 + 4 / (1 + np.exp(-2)), 0.5 + 4 / (1 + np.exp(2))
    assert widths == pytest.approx([far] * 4 + [near] * 4)


def test_nothing_to_draw_is_no_figure(draw: Draw, scenes: Any, set_maps: MakeMaps) -> None:
    maps = {"ours": {"pair": set_maps(2)}}
    assert draw(maps, {}) is None
    assert draw({"ots": {"pair": set_maps(1)}}, {"pair": scenes}) is None
    by_class = Results("synthetic", {"ours": {"pair": {}}}, temperatures={"ours": 0.5})
    assert draw(maps, {"pair": scenes}, by_class) is None, "no map per node"


def test_a_row_without_a_temperature_makes_no_walk(
    draw: Draw, scenes: Any, set_maps: MakeMaps
) -> None:
    """Its maps need not be cosines."""
    results = replace(RESULTS, temperatures={})
    maps = {"ours": {"pair": set_maps(2)}}
    assert draw(maps, {"pair": scenes}, results, figure=draw_walks) is None


def test_maps_of_other_scenes_are_refused(draw: Draw, scenes: Any, set_maps: MakeMaps) -> None:
    fewer = replace(scenes, images=scenes.images[:5])
    with pytest.raises(UserError, match="'ours' has maps for 8 of the 5 pair scenes"):
        draw({"ours": {"pair": set_maps(2)}}, {"pair": fewer})


def test_equal_input_is_equal_bytes(
    tmp_path: Path, draw: Draw, scenes: Any, set_maps: MakeMaps
) -> None:
    for name in ("first", "second"):
        figure = draw({"ours": {"pair": set_maps(2)}}, {"pair": scenes})
        style.save(figure, tmp_path / f"{name}.png", dots_per_inch=50)
    assert (tmp_path / "first.png").read_bytes() == (tmp_path / "second.png").read_bytes()
