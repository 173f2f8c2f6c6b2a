"""A strip along the bottom of a video: how strong each map is over time, and where the video is."""

import cv2
import numpy as np

from avloc.inference.timeline import Timeline
from avloc.report import style
from avloc.report.maps import Floats, Image
from avloc.report.overlay import bytes_of, colours_of

#: Height of the strip as a share of the picture's, and its least in pixels.
SHARE, LEAST_PX = 1 / 9, 24

#: Opacity of its dark ground, and of a source's colour while it is present.
GROUND, FILL = 0.55, 0.5

#: Space above and below the lines, as a share of the strip's height.
MARGIN = 0.12


class StrengthStrip:
    """Draws the strip into the frames of one video.

    The scale is fixed: a thin line in the middle is the level from which a source counts as
    present, the top is the value of full colour, and the bottom is as far below the level. Above
    the level the curve is filled.

    Parameters
    ----------
    timeline
        What was found.
    width, height
        Of the frames, in pixels.
    """

    def __init__(self, timeline: Timeline, width: int, height: int) -> None:
        self._height = min(height, max(LEAST_PX, round(height * SHARE)))
        self._end_s = float(timeline.times_s[-1]) or 1.0
        self._thick = max(1, round(self._height / 30))
        drawn = np.zeros((self._height, width, 3), np.uint8)
        opacity = np.full((self._height, width), GROUND, np.float32)
        margin = self._height * MARGIN
        span = self._height - 2 * margin
        columns = np.arange(width) / max(1, width - 1) * self._end_s
        spread = 2 * (timeline.full - timeline.present)
        shares = 0.5 + (timeline.strengths - timeline.present) / spread
        level_row = self._height - margin - span / 2
        for number, colour in enumerate(colours_of(shares.shape[1])):
            values = np.interp(columns, timeline.times_s, shares[:, number]).clip(0, 1)
            shown = np.interp(columns, timeline.times_s, timeline.found[:, number]) >= 0.5
            rows = self._height - margin - values * span
            below = np.arange(self._height)[:, None]
            filled = shown & (below >= rows) & (below <= level_row)
            drawn[filled] = np.maximum(drawn[filled], np.array(bytes_of(colour)) * FILL)
            opacity[filled] = np.maximum(opacity[filled], GROUND + (1 - GROUND) * FILL)
        self._line(drawn, opacity, np.full(width, level_row), style.QUIET, 1)
        for number, colour in enumerate(colours_of(shares.shape[1])):
            values = np.interp(columns, timeline.times_s, shares[:, number]).clip(0, 1)
            self._line(drawn, opacity, self._height - margin - values * span, colour, self._thick)
        self._opacity = opacity[..., None]
        self._paint = drawn * self._opacity

    def draw(self, frame: Image, time_s: float) -> None:
        """Draw the strip into a frame.

        Parameters
        ----------
        frame
            (H, W, 3) uint8 RGB, changed in place.
        time_s
            Of the frame.
        """
        part = frame[-self._height :]
        part[...] = np.rint(part * (1 - self._opacity) + self._paint).astype(np.uint8)
        column = round(min(1.0, time_s / self._end_s) * (frame.shape[1] - 1))
        part[:, max(0, column - self._thick + 1) : column + 1] = bytes_of(style.PAPER)

    @staticmethod
    def _line(
        drawn: Image, opacity: Floats, rows: Floats, colour: style.Colour, thick: int
    ) -> None:
        points = np.stack([np.arange(len(rows)), np.rint(rows)], axis=1).astype(np.int32)
        cv2.polylines(drawn, [points], False, bytes_of(colour), thick, cv2.LINE_AA)
        marked = np.zeros(drawn.shape[:2], np.uint8)
        cv2.polylines(marked, [points], False, 255, thick, cv2.LINE_AA)
        np.maximum(opacity, marked / np.float32(255), out=opacity)
