"""Frames of a video with the localisation maps of each laid over them."""

import cv2
import numpy as np

from avloc.evaluation.maps import min_max, upsample
from avloc.report import style
from avloc.report.maps import Floats, Image
from avloc.report.panels import tinted

#: Side of a square of the key, as a share of the frame's height, and its least in pixels.
KEY_SHARE = 1 / 20
KEY_LEAST_PX = 8


def overlay(frames: Image, maps: Floats) -> Image:
    """Lay maps over the frames of a video, in the colours of the map figures.

    Each map is scaled by one range for the whole video, from its smallest to its largest value
    in any frame: what is bright is high compared with all of the video, and nothing flickers
    because a frame has a range of its own. A map that never changes covers every frame.

    Parameters
    ----------
    frames
        (T, H, W, 3) RGB.
    maps
        (T, M, h, w) in any range, those of one frame after the other. With several, a key at the
        top left numbers their colours, from 1.

    Returns
    -------
    ndarray
        (T, H, W, 3) uint8 RGB.
    """
    count, nodes, rows, columns = maps.shape
    height, width = frames.shape[1:3]
    colours = [style.SHARED] if nodes == 1 else [_colour(node) for node in range(nodes)]
    scaled = min_max(maps.swapaxes(0, 1).reshape(nodes, count * rows, columns))
    scaled = scaled.reshape(nodes, count, rows, columns).swapaxes(0, 1)
    drawn = np.empty(frames.shape, np.uint8)
    for number, frame in enumerate(frames):
        picture = tinted(frame, upsample(scaled[number], height, width), colours)
        drawn[number] = np.round(picture * 255)
        if nodes > 1:
            _draw_key(drawn[number], colours)
    return drawn


def _colour(node: int) -> style.Colour:
    return style.SOURCES[node % len(style.SOURCES)]


def _draw_key(frame: Image, colours: list[style.Colour]) -> None:
    """Draw one numbered square a map into the top left corner of a frame."""
    side = max(KEY_LEAST_PX, round(frame.shape[0] * KEY_SHARE))
    paper = [255 * channel for channel in style.PAPER]
    for place, colour in enumerate(colours):
        left = place * side
        frame[:side, left : left + side] = np.round(np.array(colour) * 255)
        scale = cv2.getFontScaleFromHeight(cv2.FONT_HERSHEY_SIMPLEX, max(1, round(side * 0.6)))
        corner = (left + round(side * 0.25), round(side * 0.8))
        cv2.putText(
            frame, str(place + 1), corner, cv2.FONT_HERSHEY_SIMPLEX, scale, paper,
            lineType=cv2.LINE_AA,
        )  # fmt: skip
