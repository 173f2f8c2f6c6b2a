"""The scenes that the page shows: pictures, sources, sounds, and the maps of every row."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from avloc.evaluation.average_precision import precision_matrix
from avloc.evaluation.maps import upsample
from avloc.evaluation.pairing import best_pairs
from avloc.report.contents import Content
from avloc.report.examples import MixedScenes
from avloc.report.labels import PROPOSED
from avloc.report.maps import Floats, Masks, SetMaps, checked_maps
from avloc.report.page.packing import ArrayPool, packed_masks, packed_sound, picture_url
from avloc.report.page.scene_choice import ranking_row, spread
from avloc.report.page.walk_numbers import walk_numbers
from avloc.scenes.scene import Scene

#: The score of test sets in which one map is scored against all that sounds.
SOLO = "ap"
#: Test set -> scenes as they were planned, in the order of the cached ones.
Plans = Mapping[str, Sequence[Scene]]
#: Test set -> maps of a row.
RowMaps = Mapping[str, SetMaps]


@dataclass(frozen=True)
class Sources:
    """Where the page takes from what the tables and figures do not need.

    Parameters
    ----------
    plans
        Test set -> its scenes as they were planned.
    maps_of
        Row -> its maps by test set. Called for one row at a time: the maps of all rows together
        may not fit into memory.
    sounds_of
        Scene -> the waveforms of its sounds, each (samples,) in [-1, 1].
    sample_rate_hz
        Of these.
    """

    plans: Plans
    maps_of: Callable[[str], RowMaps]
    sounds_of: Callable[[Scene], Sequence[Floats]]
    sample_rate_hz: int


def gallery(content: Content, sources: Sources, rows: Sequence[str]) -> dict[str, Any]:
    """Return what the gallery shows, as values that JSON can hold.

    Parameters
    ----------
    content
        All that tables and figures are made from.
    sources
        Scenes, maps and sounds.
    rows
        Those that are shown, in the order of the tables.

    Raises
    ------
    UserError
        If a row was scored on other scenes than there are now.
    """
    arrays, waves = ArrayPool(), dict[str, int]()
    sets, chosen = {}, {}
    for name in content.scenes:
        ranked_by = ranking_row(rows, content.settings.figures.ranked_by, name, content.samples)
        if ranked_by is None:
            continue
        scores = content.samples[ranked_by][name].scenes
        score = scores[_main(scores)][0]  # of the seed whose maps are saved
        chosen[name] = spread(score, content.settings.page.scenes)
        sets[name] = _described(content, sources, name, ranked_by, chosen[name], waves)
    for row in rows:
        found = sources.maps_of(row)
        for name in (name for name in sets if name in found):
            maps = checked_maps(found, row, name, len(content.scenes[name].images))
            for place, number in enumerate(chosen[name]):
                entry = _row_in_scene(content, row, name, number, maps, arrays)
                sets[name]["scenes"][place]["rows"][row] = entry
    return {
        "rows": {row: _row(content, row) for row in rows},
        "sets": sets,
        "arrays": arrays.entries,
        "waves": list(waves),
        "sampleRate": sources.sample_rate_hz,
    }


def _row(content: Content, row: str) -> dict[str, Any]:
    label = content.labels.rows[row]
    return {
        "label": label.label,
        "section": content.labels.sections[label.section],
        "proposed": label.section == PROPOSED,
        "perNode": content.results.has_map_per_node(row),
        "temperature": content.results.temperatures.get(row),
    }


def _described(
    content: Content,
    sources: Sources,
    name: str,
    ranked_by: str,
    chosen: Sequence[int],
    waves: dict[str, int],
) -> dict[str, Any]:
    """Return a test set with the chosen scenes, still without any row."""
    arrays, scores = content.scenes[name], content.samples[ranked_by][name].scenes
    height, width = arrays.images.shape[1:3]
    return {
        "kind": "solo" if _main(scores) == SOLO else "multi",
        "height": height,
        "width": width,
        "count": len(arrays.images),
        "rankedBy": ranked_by,
        "images": _images(arrays),
        "scenes": [
            {
                "number": number,
                "picture": picture_url(np.asarray(arrays.images[number])),
                "masks": packed_masks(_present(arrays.masks(number))),
                "classes": [text.replace("_", " ") for text in arrays.classes[number]],
                "sounds": _sounds(sources.plans[name][number], sources, waves),
                "rows": {},
            }
            for number in chosen
        ],
    }


def _sounds(scene: Scene, sources: Sources, waves: dict[str, int]) -> list[dict[str, Any]]:
    """Return the sounds of a scene: numbers among the waves, and what makes each."""
    alone = len(scene.sounds) == len(scene.targets)
    found = []
    for place, samples in enumerate(sources.sounds_of(scene)):
        wave = waves.setdefault(packed_sound(samples), len(waves))
        name = scene.targets[place].category if alone else ""
        found.append({"wave": wave, "name": name.replace("_", " ")})
    return found


def _row_in_scene(
    content: Content, row: str, name: str, number: int, maps: SetMaps, arrays: ArrayPool
) -> dict[str, Any]:
    scene, masks = maps.maps[number], _present(content.scenes[name].masks(number))
    per_node = content.results.has_map_per_node(row)
    if len(scene) > 1 and not per_node:
        # One map for each source, in order; a scene with fewer sources is filled up.
        scene = scene[: len(masks)]
    entry: dict[str, Any] = {
        "maps": arrays.number_of(scene),
        "score": _rounded(maps.score[number]),
        "threshold": _rounded(maps.thresholds[number]),
        "paired": _paired(scene, masks, per_node),
    }
    images, temperature = _images(content.scenes[name]), content.results.temperatures.get(row)
    if images and per_node and temperature is not None:
        entry["walk"] = walk_numbers(scene, images, temperature)
    return entry


def _main(scores: Mapping[str, object]) -> str:
    """Return the name of the score that ranks the scenes of a test set."""
    return SOLO if SOLO in scores else "cap"


def _images(scenes: MixedScenes) -> int:
    """Return how many images stand side by side in a scene, each square; 0 in other test sets."""
    height, width = scenes.images.shape[1:3]
    return width // height if width > height else 0


def _paired(scene: Floats, masks: Masks, per_node: bool) -> list[int]:
    """Return the source whose colour each map has: by the best pairing of AP, as in the figures."""
    if not per_node or len(scene) == 1:
        return list(range(len(scene)))
    upsampled = upsample(scene.astype(np.float32), *masks.shape[1:])
    return best_pairs(precision_matrix(upsampled, masks))


def _present(masks: Masks) -> Masks:
    masks = np.asarray(masks)
    return masks[masks.any(axis=(1, 2))]


def _rounded(value: float) -> float:
    return round(float(value), 4)
