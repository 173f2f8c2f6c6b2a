"""Which scenes are drawn, whose colour a map has, and that equal input is equal bytes."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from avloc.errors import UserError
from avloc.report import style
from avloc.report.figures import Measure, draw_maps
from avloc.report.maps import SetMaps, precision_shown, read_maps, select_scenes, sources_of_maps
from avloc.report.panels import tinted
from avloc.report.settings import Settings

MakeMaps = Callable[[int], SetMaps]


def test_scenes_stand_at_the_quantiles_and_failures_at_the_bottom() -> None:
    score = np.array([0.9, 0.1, 0.5, 0.3, 0.7, 0.2])
    # Ascending: 1, 5, 3, 2, 4, 0.
    assert select_scenes(score, [1.0, 0.6], failures=2) == ([0, 2], [5, 1])


def test_equal_scores_are_ranked_by_number() -> None:
    assert select_scenes(np.zeros(5), [1.0, 0.5], failures=1) == ([4, 2], [0])


def test_no_scene_is_shown_twice() -> None:
    assert select_scenes(np.array([0.2, 0.1]), [0.95, 0.9, 0.5, 0.0], failures=1) == ([0], [1])
    assert select_scenes(np.array([0.2]), [0.95, 0.5], failures=2) == ([], [0])


def test_maps_get_the_source_of_the_best_pairing() -> None:
    # Both maps prefer source 0; together they do better crossed: 0.6 + 0.8 > 0.7 + 0.1.
    assert sources_of_maps(np.array([[0.7, 0.6], [0.8, 0.1]])) == [1, 0]
    assert sources_of_maps(np.array([[0.2], [0.9]])) == [1, 0]  # one source: the other is left
    crossed = np.array([[0.7, 0.6], [0.8, 0.1]])
    assert precision_shown(crossed, [1, 0]) == pytest.approx(70.0)
    assert precision_shown(crossed, [0, 1]) == pytest.approx(40.0)  # maps that know their source
    assert precision_shown(np.array([[0.2], [0.9]]), [1, 0]) == pytest.approx(90.0)
    assert precision_shown(np.array([[0.4, 0.2]]), None) == pytest.approx(30.0)  # one for both


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


def draw(settings: Settings, maps: Any, scenes: Any, measure: Measure) -> Any:
    return draw_maps("figure3", settings, maps, scenes, measure, "synthetic")


def test_equal_input_is_equal_bytes(
    tmp_path: Path,
    settings: Settings,
    scenes: Any,
    set_maps: MakeMaps,
    measure: Measure,
) -> None:
    maps = {"ots": {"pair": set_maps(1)}, "ours": {"pair": set_maps(2)}}
    for name in ("first", "second"):
        figure = draw(settings, maps, {"pair": scenes}, measure)
        style.save(figure, tmp_path / f"{name}.png", dots_per_inch=50)
    written = (tmp_path / "first.png").read_bytes()
    assert written == (tmp_path / "second.png").read_bytes()
    assert written.startswith(b"\x89PNG")
    assert b"Software" not in written
    assert b"matplotlib" not in written


def test_the_caption_states_how_scenes_were_chosen(
    settings: Settings, scenes: Any, set_maps: MakeMaps, measure: Measure
) -> None:
    figure = draw(settings, {"ours": {"pair": set_maps(2)}}, {"pair": scenes}, measure)
    texts = " ".join(text.get_text() for text in figure.texts)
    assert "at the quantiles 0.95, 0.75, 0.5 of the CAP of Ours" in texts
    assert "failure cases" in texts
    shown = {text.get_text() for text in figure.texts if text.get_text().startswith("#")}
    assert shown == {"#7", "#5", "#4", "#1", "#0"}


def test_a_row_with_two_maps_has_three_panels(
    settings: Settings, scenes: Any, set_maps: MakeMaps, measure: Measure
) -> None:
    one = draw(settings, {"ours": {"pair": set_maps(1)}}, {"pair": scenes}, measure)
    two = draw(settings, {"ours": {"pair": set_maps(2)}}, {"pair": scenes}, measure)
    assert len(one.axes) == 5 * 3  # image, sources, map
    assert len(two.axes) == 5 * 5  # image, sources, both maps, each map


def test_maps_by_class_keep_the_source_of_their_class(
    settings: Settings, scenes: Any, set_maps: MakeMaps, measure: Measure
) -> None:
    layout = settings.figures.maps["figure3"].model_copy(update={"rows": ("dsol",)})
    shown = settings.figures.model_copy(update={"maps": {"figure3": layout}})
    settings = settings.model_copy(update={"figures": shown})
    maps = {"dsol": {"pair": set_maps(2)}, "ours": {"pair": set_maps(2)}}
    figure = draw(settings, maps, {"pair": scenes}, measure)
    # The maps stand crosswise: under the best pairing they would be right, by class they are not.
    numbers = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert numbers == ["0"] * 5
    assert len(figure.axes) == 4 * 5 + 4  # in scene 7 only the left source is there


def test_nothing_to_draw_is_no_figure(
    settings: Settings, scenes: Any, set_maps: MakeMaps, measure: Measure
) -> None:
    assert draw(settings, {"ours": {"pair": set_maps(2)}}, {}, measure) is None
    assert draw(settings, {"isi": {"pair": set_maps(2)}}, {"pair": scenes}, measure) is None


def test_without_the_ranking_row_scenes_cannot_be_chosen(
    settings: Settings, scenes: Any, set_maps: MakeMaps, measure: Measure
) -> None:
    with pytest.raises(UserError, match="ranked_by is 'ours', which is not among the rows"):
        draw(settings, {"ots": {"pair": set_maps(1)}}, {"pair": scenes}, measure)


def test_maps_of_other_scenes_are_refused(
    settings: Settings, scenes: Any, set_maps: MakeMaps, measure: Measure
) -> None:
    fewer = replace(scenes, images=scenes.images[:5])
    with pytest.raises(UserError, match="'ours' has maps for 8 of the 5 pair scenes"):
        draw(settings, {"ours": {"pair": set_maps(2)}}, {"pair": fewer}, measure)


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
