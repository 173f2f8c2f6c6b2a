"""The page as a whole: which scenes, maps and sounds it holds, and that it needs nothing else."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from avloc.errors import UserError
from avloc.report.labels import Labels
from avloc.report.page.assemble import page
from avloc.report.page.gallery import gallery
from avloc.report.settings import PageSettings, Settings
from tests.report.pages import MAPS, SCENES, data_of, maps_in, small_content

ROWS = ["dsol", "ots", "ours"]


@pytest.fixture(scope="module")
def made(labels: Labels, settings: Settings) -> Any:
    content, sources = small_content(labels, settings)
    return content, gallery(content, sources, ROWS)


def test_every_row_is_shown_in_every_scene(made: Any) -> None:
    _, found = made
    for test_set in found["sets"].values():
        assert len(test_set["scenes"]) == SCENES
        assert all(list(scene["rows"]) == ROWS for scene in test_set["scenes"])


def test_maps_and_scores_are_those_of_their_scene(made: Any) -> None:
    """A reader would see the maps of another scene over the picture."""
    content, found = made
    for name, test_set in found["sets"].items():
        for scene in test_set["scenes"]:
            for row, own in scene["rows"].items():
                stored, number = content.maps[row][name], scene["number"]
                kept = maps_in(found["arrays"][own["maps"]])
                np.testing.assert_array_equal(kept, stored.maps[number][: len(kept)])
                assert own["score"] == pytest.approx(float(stored.score[number]), abs=1e-4)
                assert own["threshold"] == 0.55


def test_scenes_go_from_the_lowest_to_the_highest_score(made: Any) -> None:
    """Failures must be as easy to find as successes."""
    for test_set in made[1]["sets"].values():
        assert test_set["rankedBy"] == "ours"
        scores = [scene["rows"]["ours"]["score"] for scene in test_set["scenes"]]
        assert scores == sorted(scores)


def test_a_row_in_order_has_as_many_maps_as_the_scene_has_sources(made: Any) -> None:
    """The page would pair a map that only fills a scene up."""
    scenes = {scene["number"]: scene for scene in made[1]["sets"]["pair"]["scenes"]}
    one = scenes[SCENES - 1]
    assert made[1]["arrays"][one["rows"]["dsol"]["maps"]]["shape"][0] == 1
    assert made[1]["arrays"][one["rows"]["ours"]["maps"]]["shape"][0] == 2
    assert one["classes"] == ["bell"]


def test_a_sound_of_several_scenes_is_kept_once(made: Any) -> None:
    assert len(made[1]["waves"]) == SCENES


def test_only_rows_with_nodes_and_a_temperature_walk_and_only_between_images(made: Any) -> None:
    for name, test_set in made[1]["sets"].items():
        for scene in test_set["scenes"]:
            walking = [row for row, own in scene["rows"].items() if "walk" in own]
            assert walking == (["ours"] if name == "pair" else [])


def test_fewer_scenes_keep_both_ends_of_the_ranking(labels: Labels, settings: Settings) -> None:
    few = settings.model_copy(update={"page": PageSettings(scenes=3)})
    content, sources = small_content(labels, few)
    score = content.maps["ours"]["pair"].score
    scenes = gallery(content, sources, ROWS)["sets"]["pair"]["scenes"]
    numbers = [scene["number"] for scene in scenes]
    assert numbers[0] == int(np.argmin(score))
    assert numbers[-1] == int(np.argmax(score))
    assert len(numbers) == 3


def test_maps_of_other_scenes_are_one_sentence(labels: Labels, settings: Settings) -> None:
    content, sources = small_content(labels, settings)
    pair = content.maps["ots"]["pair"]
    short = {"pair": replace(pair, maps=pair.maps[:2])}
    wrong = replace(sources, maps_of=lambda row: short if row == "ots" else sources.maps_of(row))
    with pytest.raises(UserError, match="row 'ots' has maps for 2 of the 6 pair scenes"):
        gallery(content, wrong, ROWS)


def test_the_page_is_one_file_and_equal_for_equal_inputs(
    labels: Labels, settings: Settings
) -> None:
    """It is committed, and opened from disk where there may be no network."""
    content, sources = small_content(labels, settings)
    text = page(content, [], sources, {})
    assert text == page(content, [], sources, {})
    for address in re.findall(r"""(?:src|href)=["']([^"']*)""", text):
        assert address.startswith(("data:", "#")), address
    assert not re.search(r"url\((?!data:)|@import|fetch\(|XMLHttpRequest", text)
    assert "<!-- " not in text
    assert "5 of 6 clips of the catalogue" in text
    assert set(data_of(text)["gallery"]["rows"]) == set(MAPS)


def test_a_name_cannot_end_the_data_of_the_page(labels: Labels, settings: Settings) -> None:
    """A label with a tag in it would break the page."""
    row = labels.rows["ours"].model_copy(update={"label": "</script><b>"})
    other = labels.model_copy(update={"rows": {**labels.rows, "ours": row}})
    content, sources = small_content(other, settings)
    text = page(content, [], sources, {})
    assert text.count("</script>") == 2
    assert data_of(text)["gallery"]["rows"]["ours"]["label"] == "</script><b>"
