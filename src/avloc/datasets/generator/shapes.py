"""Silhouettes: the inside of a shape, as an approximate signed distance to its outline.

Every silhouette is a function with the same parameters. It returns an array of the same shape,
positive inside and about as large as the distance to the outline.

Parameters
----------
x, y
    Coordinates to the right and down, (s, s), both in [-1, 1] over the sprite's square.
rng
    Draws the proportions.
"""

import numpy as np
from numpy.typing import NDArray

Grid = NDArray[np.float32]


def disc(x: Grid, y: Grid, radius: float, at: tuple[float, float] = (0.0, 0.0)) -> Grid:
    """Return the signed distance to the rim of a disc.

    Parameters
    ----------
    x, y
        Coordinates.
    radius
        Of the disc.
    at
        Its centre.
    """
    inside: Grid = np.float32(radius) - np.hypot(x - np.float32(at[0]), y - np.float32(at[1]))
    return inside


def block(
    x: Grid, y: Grid, half: tuple[float, float], at: tuple[float, float] = (0.0, 0.0)
) -> Grid:
    """Return the signed distance to the edge of an upright rectangle.

    Parameters
    ----------
    x, y
        Coordinates.
    half
        Half of its width and of its height.
    at
        Its centre.
    """
    inside: Grid = np.minimum(
        np.float32(half[0]) - np.abs(x - np.float32(at[0])),
        np.float32(half[1]) - np.abs(y - np.float32(at[1])),
    )
    return inside


def union(*parts: NDArray[np.floating]) -> Grid:
    """Return the union of some parts."""
    return np.asarray(np.maximum.reduce(parts), np.float32)


def bell(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    """Draw a dome with a flared rim, a knob and a clapper."""
    flare = rng.uniform(0.45, 0.75)
    width = 0.46 + 0.10 * (y + 0.35) + flare * np.maximum(y - 0.15, 0.0) ** 2
    skirt = np.minimum(width - np.abs(x), np.minimum(0.62 - y, y + 0.4))
    return union(
        skirt,
        disc(x, y, 0.46, (0.0, -0.38)),
        disc(x, y, 0.14, (0.0, -0.84)),
        disc(x, y, rng.uniform(0.16, 0.22), (0.0, 0.72)),
    )


def pipes(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    """Draw three upright tubes of different lengths, held by a bar."""
    order = rng.permutation([0.95, 0.78, 0.58])
    tubes = [
        block(x, y, (0.17, length), (at, 0.95 - length))
        for at, length in zip((-0.55, 0.0, 0.55), order, strict=True)
    ]
    return union(*tubes, block(x, y, (0.72, 0.1), (0.0, rng.uniform(0.25, 0.5))))


def reed_box(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    """Draw a wide box whose two ends are taller than its folded middle."""
    middle, end = rng.uniform(0.36, 0.46), rng.uniform(0.62, 0.74)
    pleats = middle + 0.07 * np.cos(x * np.float32(np.pi * 2 * 4))
    return union(
        np.minimum(0.9 - np.abs(x), pleats - np.abs(y)),
        block(x, y, (0.15, end), (-0.8, 0.0)),
        block(x, y, (0.15, end), (0.8, 0.0)),
    )


def gong(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    """Draw a disc, slightly flattened."""
    flatness = np.float32(rng.uniform(1.0, 1.15))
    return disc(x, y * flatness, 0.94)


def star(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    """Draw a star of five or six points."""
    points = int(rng.integers(5, 7))
    inner = rng.uniform(0.36, 0.46)
    phase = np.arctan2(x, -y) * np.float32(points / (2 * np.pi))
    rim = inner + (0.96 - inner) * np.abs(2 * (phase - np.floor(phase)) - 1)
    return np.asarray((rim - np.hypot(x, y)) * 0.7, np.float32)


def horn(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    """Draw an open loop of tube that ends in a cone."""
    tube = rng.uniform(0.15, 0.2)
    loop = tube - np.abs(disc(x, y, 0.52, (-0.2, -0.2)))
    cone = np.minimum(
        0.08 + rng.uniform(0.38, 0.48) * (x + 0.2) - np.abs(y - 0.36),
        np.minimum(0.9 - x, x + 0.3),
    )
    return union(loop, cone)


def lute(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    """Draw a pear-shaped body with a neck and a head."""
    body = rng.uniform(0.5, 0.6)
    return union(
        disc(x, y, body, (0.0, 0.94 - body)),
        disc(x, y, 0.7 * body, (0.0, 0.05)),
        block(x, y, (0.1, 0.5), (0.0, -0.45)),
        block(x, y, (0.24, 0.12), (0.0, -0.83)),
    )


def shell(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    """Draw a fan with a scalloped rim, opening upwards."""
    opening = rng.uniform(0.9, 1.05)
    down = y - 0.6
    angle = np.arctan2(x, -down)
    rim = 1.14 + 0.05 * np.cos(angle * 14) - np.hypot(x * 1.15, down)
    inside = np.minimum(rim, (opening - np.abs(angle)) * np.hypot(x, down) + 0.05)
    return np.asarray(inside, np.float32)


def hexagon(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    """Draw a hexagon."""
    turn = rng.uniform(0.0, np.pi / 3)
    angles = turn + np.arange(6) * np.pi / 3
    sides = [0.82 - (x * np.float32(np.cos(a)) + y * np.float32(np.sin(a))) for a in angles]
    return np.asarray(np.minimum.reduce(sides), np.float32)


def crescent(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    """Draw a disc with a bite."""
    bite = rng.uniform(0.55, 0.66)
    return np.asarray(np.minimum(disc(x, y, 0.94), -disc(x, y, bite, (0.48, 0.0))), np.float32)


def harp(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    """Draw a triangle standing on its side."""
    slope = rng.uniform(1.1, 1.25)
    edge = (0.92 + y - slope * (x + 0.78)) * 0.7
    return np.asarray(np.minimum(edge, np.minimum(0.92 - y, x + 0.8)), np.float32)


def ladder(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    """Draw four bars, narrower towards one end, on two rails."""
    narrow = rng.uniform(0.5, 0.65)
    bars = [
        block(x, y, (width, 0.15), (0.0, at))
        for at, width in zip((-0.72, -0.24, 0.24, 0.72), np.linspace(narrow, 0.94, 4), strict=True)
    ]
    rails = [block(x, y, (0.07, 0.85), (at, 0.0)) for at in (-0.35, 0.35)]
    return union(*bars, *rails)


def pebble(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    """Draw a smooth random lump: clutter that belongs to no class."""
    angle = np.arctan2(y, x)
    rim = np.full_like(x, 0.72)
    for wave in (1, 2, 3):
        rim += np.float32(rng.uniform(0.0, 0.14 / wave)) * np.cos(
            wave * angle + np.float32(rng.uniform(0, 2 * np.pi))
        )
    return np.asarray(rim - np.hypot(x, y), np.float32)


def slab(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    """Draw a four-sided plate with slanted sides: clutter that belongs to no class."""
    lean = np.float32(rng.uniform(-0.35, 0.35))
    return block(x + lean * y, y, (rng.uniform(0.35, 0.6), rng.uniform(0.5, 0.9)))
