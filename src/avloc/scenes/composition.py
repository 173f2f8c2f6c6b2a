"""The picture of a scene: where its tiles lie, and which pixels sound."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from avloc.data.annotations import AnnotatedObject, Annotations
from avloc.data.clips import Moment
from avloc.data.masks import box_mask, decode_mask, resize_mask
from avloc.errors import UserError
from avloc.scenes.scene import Layout, Scene, Target

#: Rows of tiles, all with the same number of them.
ROWS: dict[Layout, int] = {"single": 1, "side-by-side": 1, "mosaic": 2}


def tile_side(layout: Layout, size_px: int) -> int:
    """Return the side of a tile in pixels: two rows share the height of one frame."""
    return size_px // ROWS[layout]


def place(tiles: Sequence[NDArray[np.generic]], layout: Layout) -> NDArray[np.generic]:
    """Return the canvas that square tiles of equal side make, row by row, left first (D23)."""
    columns = len(tiles) // ROWS[layout]
    rows = [tiles[first : first + columns] for first in range(0, len(tiles), columns)]
    return np.concatenate([np.concatenate(row, axis=1) for row in rows], axis=0)


def picture(frames: Sequence[NDArray[np.uint8]], layout: Layout) -> NDArray[np.uint8]:
    """Return the image that a network sees.

    Parameters
    ----------
    frames
        (S, S, 3) RGB, one a tile.
    layout
        ``single`` gives (S, S, 3), ``side-by-side`` (S, n S, 3) of n frames and ``mosaic``
        (S, S, 3) of frames at half their size, each pixel the mean of the area it covers.
    """
    side = tile_side(layout, len(frames[0]))
    if side != len(frames[0]):
        frames = [
            np.asarray(cv2.resize(f, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
            for f in frames
        ]
    return np.asarray(place(frames, layout), np.uint8)


def target_masks(scene: Scene, annotations: Annotations, size_px: int) -> NDArray[np.bool_]:
    """Return where each source of a scene is, (K, H, W), on the canvas of `picture`.

    Parameters
    ----------
    scene
        With K targets.
    annotations
        Boxes and masks of its videos.
    size_px
        Side of a frame.

    Raises
    ------
    UserError
        If a target is not in the annotations.
    """
    side = tile_side(scene.layout, size_px)
    silent = np.zeros((side, side), dtype=bool)
    masks = []
    for target in scene.targets:
        tiles = [silent] * len(scene.tiles)
        tiles[target.tile] = source_mask(target, scene.tiles[target.tile], annotations, side)
        masks.append(np.asarray(place(tiles, scene.layout), bool))
    return np.stack(masks)


def source_mask(
    target: Target, shown: Moment, annotations: Annotations, side: int
) -> NDArray[np.bool_]:
    """Return the pixels of a source in its tile, (side, side).

    These are all sounding objects of its category in the annotation nearest in time, or the
    whole tile if the category is not known.
    """
    if not target.category:
        return np.ones((side, side), dtype=bool)
    times = annotations.get(shown.video, ())
    nearest = min(times, key=lambda time: abs(time.time_s - shown.time_s), default=None)
    found = [
        object_mask(item, side)
        for item in (nearest.objects if nearest else ())
        if item.sounding and item.category == target.category
    ]
    if not found:
        raise UserError(
            f"clip {shown.video} has no sounding {target.category!r} at {shown.time_s} s in "
            "annotations.json; plan the scenes again (`dvc repro`)"
        )
    return np.asarray(np.any(found, axis=0))


def object_mask(item: AnnotatedObject, side: int) -> NDArray[np.bool_]:
    """Return an object's pixels: its mask resized, or its box if it has none that is left."""
    if item.mask is not None:
        mask = resize_mask(decode_mask(item.mask), side, side)
        if mask.any():
            return mask
    return box_mask(item.box, side, side)
