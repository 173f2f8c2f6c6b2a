"""The image of a scene: how its tiles are arranged, and which pixels belong to its sources."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from avloc.data.annotations import AnnotatedObject, Annotations
from avloc.data.clips import Moment
from avloc.data.masks import box_mask, decode_mask, resize_mask
from avloc.errors import UserError
from avloc.scenes.scene import Layout, Scene, Target

#: Layout -> number of rows of tiles; all rows have the same number of tiles.
TILE_ROWS: dict[Layout, int] = {"single": 1, "side-by-side": 1, "mosaic": 2}


def tile_side(layout: Layout, size_px: int) -> int:
    """Return the side of a tile in pixels: two rows share the height of one frame.

    Parameters
    ----------
    layout
        Arrangement of the tiles.
    size_px
        Side of a frame in pixels.
    """
    return size_px // TILE_ROWS[layout]


def join_tiles(tiles: Sequence[NDArray[np.generic]], layout: Layout) -> NDArray[np.generic]:
    """Return the image that tiles make, row by row, left first (D23).

    Parameters
    ----------
    tiles
        Square arrays of equal side, (side, side) or (side, side, channels).
    layout
        Arrangement of the tiles.
    """
    columns = len(tiles) // TILE_ROWS[layout]
    rows = [tiles[first : first + columns] for first in range(0, len(tiles), columns)]
    return np.concatenate([np.concatenate(row, axis=1) for row in rows], axis=0)


def compose_image(frames: Sequence[NDArray[np.uint8]], layout: Layout) -> NDArray[np.uint8]:
    """Return the image of a scene.

    Parameters
    ----------
    frames
        (S, S, 3) RGB, one for each tile.
    layout
        ``single`` gives (S, S, 3), ``side-by-side`` (S, n S, 3) for n frames, and ``mosaic``
        (S, S, 3) with frames at half their size, each pixel the mean of the area it covers.
    """
    side = tile_side(layout, len(frames[0]))
    if side != len(frames[0]):
        frames = [
            np.asarray(cv2.resize(f, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
            for f in frames
        ]
    return np.asarray(join_tiles(frames, layout), np.uint8)


def target_masks(scene: Scene, annotations: Annotations, size_px: int) -> NDArray[np.bool_]:
    """Return the masks of the targets of a scene, (K, H, W), in its image of H x W pixels.

    Parameters
    ----------
    scene
        With K targets.
    annotations
        Boxes and masks of its clips.
    size_px
        Side of a frame in pixels.

    Raises
    ------
    UserError
        If a target is not in the annotations.
    """
    side = tile_side(scene.layout, size_px)
    empty = np.zeros((side, side), dtype=bool)
    masks = []
    for target in scene.targets:
        tiles = [empty] * len(scene.tiles)
        tiles[target.tile] = source_mask(target, scene.tiles[target.tile], annotations, side)
        masks.append(np.asarray(join_tiles(tiles, scene.layout), bool))
    return np.stack(masks)


def source_mask(
    target: Target, frame: Moment, annotations: Annotations, side: int
) -> NDArray[np.bool_]:
    """Return the mask of a source in its tile, (side, side).

    It covers all sounding objects of the target's category in the annotation that is nearest in
    time, or the whole tile if the category is unknown.

    Parameters
    ----------
    target
        The source.
    frame
        Clip and time of the frame in its tile.
    annotations
        Boxes and masks of the clip.
    side
        Of the tile, in pixels.

    Raises
    ------
    UserError
        If the annotation has no such object.
    """
    if not target.category:
        return np.ones((side, side), dtype=bool)
    times = annotations.get(frame.video, ())
    nearest = min(times, key=lambda time: abs(time.time_s - frame.time_s), default=None)
    objects = [
        object_mask(item, side)
        for item in (nearest.objects if nearest else ())
        if item.sounding and item.category == target.category
    ]
    if not objects:
        raise UserError(
            f"annotations.json: clip {frame.video} has no sounding {target.category!r} at "
            f"{frame.time_s} s; plan the scenes again (`dvc repro`)"
        )
    return np.asarray(np.any(objects, axis=0))


def object_mask(item: AnnotatedObject, side: int) -> NDArray[np.bool_]:
    """Return the mask of an object, (side, side).

    It is the annotated mask, resized. If there is none, or if resizing leaves no pixel of it, it is
    the box.

    Parameters
    ----------
    item
        The object.
    side
        Of the result, in pixels.
    """
    if item.mask is not None:
        mask = resize_mask(decode_mask(item.mask), side, side)
        if mask.any():
            return mask
    return box_mask(item.box, side, side)
