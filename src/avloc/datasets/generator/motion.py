"""How objects move: they sway, turn, grow and shrink smoothly around a place of their own."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Objects are rotated by up to this much, and turn by up to a third of it while they move.
LEAN_DEG = 25.0
#: Objects grow and shrink by up to this fraction.
BREATH = 0.08
#: Number of layouts that are drawn, of which one is chosen.
LAYOUTS = 500


@dataclass(frozen=True)
class Pose:
    """Centre of an object in fractions of the frame, its rotation in degrees, and its scale."""

    x: float
    y: float
    angle_deg: float
    scale: float


@dataclass(frozen=True)
class Motion:
    """Smooth periodic motion around a pose.

    Parameters
    ----------
    x, y
        Middle of the motion, fractions of the frame's width and height.
    angle_deg
        Middle of the rotation.
    amplitudes
        Of x, y (fractions of the frame), angle (degrees) and scale.
    rates_hz, phases
        Of the same four, in cycles a second and in radians.
    """

    x: float
    y: float
    angle_deg: float
    amplitudes: tuple[float, float, float, float]
    rates_hz: tuple[float, float, float, float]
    phases: tuple[float, float, float, float]

    def at(self, time_s: float) -> Pose:
        """Return the pose at a time in seconds."""
        swing = np.array(self.amplitudes) * np.sin(
            2 * np.pi * np.array(self.rates_hz) * time_s + np.array(self.phases)
        )
        return Pose(
            self.x + float(swing[0]),
            self.y + float(swing[1]),
            self.angle_deg + float(swing[2]),
            1.0 + float(swing[3]),
        )


def draw_motion(
    centre: tuple[float, float], sway: tuple[float, float], rng: np.random.Generator
) -> Motion:
    """Draw a motion around a centre.

    Parameters
    ----------
    centre
        Fractions of the frame's width and height.
    sway
        Largest amplitude along x and y, fractions of the same.
    rng
        Draws everything else.
    """
    rates = rng.uniform(0.12, 0.4, size=4)
    phases = rng.uniform(0, 2 * np.pi, size=4)
    largest = np.array([*sway, LEAN_DEG / 3, BREATH])
    amplitudes = largest * rng.uniform(0.4, 1.0, size=4)
    return Motion(
        *centre,
        angle_deg=float(rng.uniform(-LEAN_DEG, LEAN_DEG)),
        amplitudes=tuple(map(float, amplitudes)),  # type: ignore[arg-type]  # four of four
        rates_hz=tuple(map(float, rates)),  # type: ignore[arg-type]
        phases=tuple(map(float, phases)),  # type: ignore[arg-type]
    )


def scatter(
    sizes_px: Sequence[int],
    fixed: Sequence[tuple[float, float, float]],
    frame_px: tuple[int, int],
    sway_px: float,
    centring: float,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Draw places that keep objects inside the frame and apart from one another.

    The first layout without overlap is chosen, so that places vary as much as possible. If every
    layout has overlaps, it is the one whose smallest gap is largest.

    Parameters
    ----------
    sizes_px
        Side of each new object.
    fixed
        (x, y, side) in pixels of the objects that are already placed.
    frame_px
        Width and height.
    sway_px
        How far an object may move from its place along each axis.
    centring
        Both parameters of the beta distribution of a place along each axis: 1 is uniform, more
        favours the middle, less favours the edges.
    rng
        Draws the layouts.

    Returns
    -------
    NDArray[np.float64]
        (objects, 2): x and y of the centres, pixels.
    """
    sizes = np.asarray(sizes_px, float)
    frame = np.asarray(frame_px, float)
    # The corners of a sprite are empty, so half a side is enough as the radius of a rotated one.
    margin = np.minimum(sizes[:, None] * (0.5 + BREATH / 2) + sway_px, frame / 2)  # (K, 2)
    share = rng.beta(centring, centring, size=(LAYOUTS, len(sizes), 2))
    places = margin + share * (frame - 2 * margin)  # (L, K, 2)
    gaps = np.full(LAYOUTS, np.inf)
    for i in range(len(sizes)):
        others = [(places[:, j], sizes[j]) for j in range(i)]
        others += [(np.array([x, y]), side) for x, y, side in fixed]
        for place, side in others:
            distance = np.linalg.norm(places[:, i] - place, axis=-1)
            gaps = np.minimum(gaps, distance - (sizes[i] + side) / 2 - sway_px)
    clear = np.flatnonzero(gaps >= 0)
    return np.asarray(places[clear[0] if len(clear) else int(np.argmax(gaps))], np.float64)
