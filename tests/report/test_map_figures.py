"""Which scenes are drawn, whose colour a map has, and that equal input is equal bytes."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from avloc.errors import UserError
from avloc.report import style
from avloc.report.labels import Labels
from avloc.report.maps import SetMaps, read_maps, select_scenes
from avloc.report.maps_figure import draw_maps
from avloc.report.panels import stacked, tinted
from avloc.report.results import Results
from avloc.report.settings import Settings

MakeMaps = Callable[[int], SetMaps]
Draw = Callable[..., Any]

#: Rows with a map per node are those that have "assigned".
RESULTS = Results("synthetic", {row: {"pair": {"assigned": 90.0}} for row in ("ours", "isi")})


def numbers(figure: Any) -> list[str]:
    """Return the numbers in the panels."""
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_scenes_stand_at_the_quantiles_and_failures_at_the_bottom() -> None:
    score = np.array([0.9, 0.1, 0.5, 0.3, 0.7, 0.2])
    # Ascending: 1, 5, 3, 2, 4, 0.
    assert select_scenes(score, [1.0, 0.6], failures=2) == ([0, 2], [5, 1])


def test_equal_scores_are_ranked_by_number() -> None:
    assert select_scenes(np.zeros(5), [1.0, 0.5], failures=1) == ([4, 2], [0])


def test_no_scene_is_shown_twice() -> None:
    assert select_scenes(np.array([0.2, 0.1]), [0.95, 0.9, 0.5, 0.0], failures=1) == ([0], [1])
    assert select_scenes(np.array([0.2]), [0.95, 0.5], failures=2) == ([], [0])


def test_tint_is_the_maps_colour_where_it_is_high_and_grey_where_it_is_low() -> None:
    image = np.full((1, 2, 3), 100, dtype=np.uint8)
    blue, red = (0.0, 0.0, 1.0), (1.0, 0.0, 0.0)
    high, low = tinted(image, np.array([[[1.0, 0.0]]]), [blue])[0]
    assert high[2] > 0.9
    assert high[0] < 0.1
    assert low[0] == low[1] == low[2] == pytest.approx(100 / 255 * 0.65 + 0.35)
    both = tinted(image, np.array([[[1.0, 0.0]], [[1.0, 0.0]]]), [blue, red])[0, 0]
    assert both[0] == pytest.approx(both[2])  # neither hides the other
    assert both[1] < 0.02
    stronger = tinted(image, np.array([[[1.0, 0.0]], [[0.7, 0.0]]]), [blue, red])[0, 0]
    assert stronger[2] > 0.9 and stronger[0] < 0.1, "no mixture of colours, which means nothing"


def test_stacked_pictures_stand_below_one_another_with_white_between() -> None:
    black, grey = np.zeros((24, 2, 3)), np.full((24, 2, 3), 0.5)
    assert stacked([black, grey])[:, 0, 0].tolist() == [0.0] * 24 + [1.0] + [0.5] * 24


@pytest.fixture
def draw(labels: Labels, settings: Settings) -> Draw:
    def made(maps: Any, scenes: Any, labels: Labels = labels) -> Any:
        return draw_maps("figure3", labels, settings.figures, RESULTS, maps, scenes)

    return made


def test_equal_input_is_equal_bytes(
    tmp_path: Path,
    draw: Draw,
    scenes: Any,
    set_maps: MakeMaps,
) -> None:
    maps = {"ots": {"pair": set_maps(1)}, "ours": {"pair": set_maps(2)}}
    for name in ("first", "second"):
        figure = draw(maps, {"pair": scenes})
        style.save(figure, tmp_path / f"{name}.png", dots_per_inch=50)
    written = (tmp_path / "first.png").read_bytes()
    assert written == (tmp_path / "second.png").read_bytes()
    assert written.startswith(b"\x89PNG")
    assert b"Software" not in written
    assert b"matplotlib" not in written


def test_the_caption_states_how_scenes_were_chosen(
    draw: Draw, scenes: Any, set_maps: MakeMaps
) -> None:
    figure = draw({"ours": {"pair": set_maps(2)}}, {"pair": scenes})
    caption = " ".join(figure.get_supxlabel().split())
    assert "at the quantiles 0.95, 0.75, 0.5 of the CAP of Ours" in caption
    shown = [axes.get_ylabel() for axes in figure.axes if axes.get_ylabel()]
    assert shown == ["#7", "#5", "#4", "failure\n#1", "failure\n#0"]


def test_a_row_with_two_maps_shows_them_one_by_one_too(
    draw: Draw, scenes: Any, set_maps: MakeMaps
) -> None:
    one = draw({"ours": {"pair": set_maps(1)}}, {"pair": scenes})
    two = draw({"ours": {"pair": set_maps(2)}}, {"pair": scenes})
    assert len(one.axes) == 5 * 3  # image, sources, map
    assert len(two.axes) == 5 * 4  # image, sources, both maps, each map


def test_maps_have_the_number_and_the_colours_of_their_best_pairing(
    draw: Draw, scenes: Any, set_maps: MakeMaps
) -> None:
    """The maps stand crosswise: without the pairing the number would be near 0."""
    figure = draw({"ours": {"pair": set_maps(2)}}, {"pair": scenes})
    assert [int(text) > 70 for text in numbers(figure)] == [True] * 5, numbers(figure)


def test_maps_by_class_keep_the_source_of_their_class(
    draw: Draw, labels: Labels, scenes: Any, set_maps: MakeMaps
) -> None:
    """A row with labels must not profit from a best pairing that its maps do not need."""
    layout = labels.figures["figure3"].model_copy(update={"rows": ("dsol",)})
    own = labels.model_copy(update={"figures": {"figure3": layout}})
    maps = {"dsol": {"pair": set_maps(2)}, "ours": {"pair": set_maps(2)}}
    figure = draw(maps, {"pair": scenes}, own)
    assert all(int(text) < 20 for text in numbers(figure))


def test_nothing_to_draw_is_no_figure(draw: Draw, scenes: Any, set_maps: MakeMaps) -> None:
    assert draw({"ours": {"pair": set_maps(2)}}, {}) is None
    assert draw({"isi": {"pair": set_maps(2)}}, {"pair": scenes}) is None


def test_without_the_ranking_row_scenes_cannot_be_chosen(
    draw: Draw, scenes: Any, set_maps: MakeMaps
) -> None:
    with pytest.raises(UserError, match="ranked_by is 'ours', which is not among the rows"):
        draw({"ots": {"pair": set_maps(1)}}, {"pair": scenes})


def test_maps_of_other_scenes_are_refused(draw: Draw, scenes: Any, set_maps: MakeMaps) -> None:
    fewer = replace(scenes, images=scenes.images[:5])
    with pytest.raises(UserError, match="'ours' has maps for 8 of the 5 pair scenes"):
        draw({"ours": {"pair": set_maps(2)}}, {"pair": fewer})


def archive(path: Path, **arrays: Any) -> Path:
    np.savez(path, **{name.replace("_", "."): array for name, array in arrays.items()})
    return path


def test_saved_maps_are_read_per_test_set(tmp_path: Path) -> None:
    maps = np.ones((3, 2, 4, 4), np.float16)
    path = archive(
        tmp_path / "ours.npz", duet_maps=maps, duet_score=np.ones(3), duet_thresholds=[0.25] * 3
    )
    read = read_maps(path, "ours")
    assert list(read) == ["duet"]
    assert read["duet"].maps.shape == (3, 2, 4, 4)
    assert read["duet"].thresholds.tolist() == [0.25] * 3


def test_missing_broken_and_infinite_maps_name_the_stage(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is missing: run the evaluate stage of row 'ours'"):
        read_maps(tmp_path / "none.npz", "ours")
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(UserError, match="cannot be read"):
        read_maps(tmp_path / "broken.npz", "ours")
    maps = np.full((1, 1, 2, 2), np.inf, np.float16)
    path = archive(tmp_path / "inf.npz", duet_maps=maps, duet_score=[1.0], duet_thresholds=[0.4])
    with pytest.raises(UserError, match="not finite"):
        read_maps(path, "ours")
    path = archive(tmp_path / "part.npz", duet_maps=maps, duet_score=[1.0])
    with pytest.raises(UserError, match=r"lacks 'duet.thresholds'"):
        read_maps(path, "ours")
