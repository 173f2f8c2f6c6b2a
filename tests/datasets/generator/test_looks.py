"""Looks: wrong if colour alone names a class, or if an object is cut off by its square."""

import numpy as np
import pytest

from avloc.datasets.generator.instruments import INSTRUMENTS, Instrument
from avloc.datasets.generator.looks import paint, paint_clutter
from avloc.seeding import rng

SIDE_PX = 48
HUE_SPREAD_DEG = 70.0


def sprites(instrument: Instrument, count: int) -> list[np.ndarray]:
    return [
        paint(instrument.look, SIDE_PX, HUE_SPREAD_DEG, rng(instrument.name, n))
        for n in range(count)
    ]


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda one: one.name)
def test_sprite_fills_a_fair_part_of_its_square_and_is_not_cut(instrument: Instrument) -> None:
    for sprite in sprites(instrument, 5):
        assert sprite.shape == (SIDE_PX, SIDE_PX, 4)
        assert sprite.min() >= 0
        assert sprite.max() <= 1 + 1e-6
        alpha = sprite[..., 3]
        assert 0.12 < alpha.mean() < 0.8
        border = np.concatenate([alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]])
        assert border.max() < 0.5  # no pixel of a mask touches the edge
        assert (sprite[..., :3] <= alpha[..., None] + 1e-6).all()  # multiplied by alpha


def test_mean_colour_hardly_names_the_class() -> None:
    means = np.array(
        [
            [sprite[..., :3].sum((0, 1)) / sprite[..., 3].sum() for sprite in sprites(one, 30)]
            for one in INSTRUMENTS
        ]
    )  # (classes, objects, 3)
    centroids = means[:, :20].mean(axis=1)
    distances = np.linalg.norm(means[:, 20:, None] - centroids, axis=-1)
    right = distances.argmin(-1) == np.arange(len(INSTRUMENTS))[:, None]
    assert right.mean() < 0.4  # chance is 1/12; shape and texture must carry the rest


def test_shape_names_the_class() -> None:
    """Outlines alone tell classes apart far above chance, even of rotated sprites."""
    outlines = np.array([[s[..., 3].ravel() for s in sprites(one, 16)] for one in INSTRUMENTS])
    centroids = outlines[:, :10].mean(axis=1)
    distances = np.linalg.norm(outlines[:, 10:, None] - centroids, axis=-1)
    right = distances.argmin(-1) == np.arange(len(INSTRUMENTS))[:, None]
    assert right.mean() > 0.8


def test_names_are_unique_and_looks_differ() -> None:
    assert len({one.name for one in INSTRUMENTS}) == len(INSTRUMENTS) == 12
    assert len({one.look.silhouette for one in INSTRUMENTS}) == 12
    assert len({one.look.texture for one in INSTRUMENTS}) == 12
    assert len({one.timbre for one in INSTRUMENTS}) == 12


def test_clutter_is_drawn_at_its_size() -> None:
    for n in range(6):
        sprite = paint_clutter(20, rng("clutter", n))
        assert sprite.shape == (20, 20, 4)
        assert sprite[..., 3].max() == pytest.approx(1.0)
