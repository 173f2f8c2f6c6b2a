"""Confidence intervals of a mean over scenes, for the choice of videos: a cluster bootstrap.

Frames of one video are alike, and a scene of several videos shares each of them with other scenes.
So videos are drawn with replacement, not scenes. A scene counts as often as its combination of
videos is drawn: the product of the numbers of times its videos are drawn. That is the pigeonhole
bootstrap of Owen (2007, Annals of Applied Statistics 1), with the videos as the only factor, of
which a scene has one or more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Interval:
    """A mean and the percentile interval of its bootstrap draws, all in the unit of the values."""

    mean: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether both ends are on the same side of zero."""
        return self.low > 0 or self.high < 0


def scene_weights(videos: Sequence[Sequence[str]], draws: int, seed: int) -> NDArray[np.int64]:
    """Return how often each of N scenes counts in each draw, (draws, N).

    Parameters
    ----------
    videos
        Ids of the videos that each scene is made of; one that occurs twice counts once.
    draws
        How many times the V videos are drawn, V at a time and with replacement. A draw in which
        no scene counts has no mean and is drawn again.
    seed
        Equal seeds give equal weights, whatever the order of the scenes' videos.

    Raises
    ------
    ValueError
        If there is no draw, a scene has no video, or there are fewer than two videos.
    """
    if draws < 1:
        raise ValueError(f"{draws} draws; at least one is needed")
    if not all(videos):
        raise ValueError("a scene has no video")
    names = sorted({video for scene in videos for video in scene})
    if len(names) < 2:
        raise ValueError(f"{len(names)} videos; at least two are needed to draw from")
    places = {name: place for place, name in enumerate(names)}
    # Scenes with fewer videos than others are filled up with a place that always counts once.
    widest = max(len(set(scene)) for scene in videos)
    members = np.full((len(videos), widest), len(names))
    for number, scene in enumerate(videos):
        own = sorted({places[video] for video in scene})
        members[number, : len(own)] = own
    random = np.random.default_rng(seed)
    weights = np.zeros((draws, len(videos)), dtype=np.int64)
    while (empty := ~weights.any(axis=1)).any():
        weights[empty] = _drawn(random, int(empty.sum()), len(names), members)
    return weights


def interval(values: NDArray[np.floating], weights: NDArray[np.int64], level: float) -> Interval:
    """Return the mean of a score over N scenes, with its bootstrap interval.

    Parameters
    ----------
    values
        (N,), for example the differences between two rows.
    weights
        (draws, N), from `scene_weights`.
    level
        In (0, 1); 0.95 leaves out 2.5 percent of the draws at either end.

    Raises
    ------
    ValueError
        If the values are not one finite number per scene.
    """
    if values.shape != weights.shape[1:] or not np.isfinite(values).all():
        raise ValueError(f"{values.shape} values for {weights.shape[1]} scenes, or not all finite")
    means = weights @ values.astype(np.float64) / weights.sum(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(values.astype(np.float64).mean()), float(low), float(high))


def _drawn(
    random: np.random.Generator, draws: int, videos: int, members: NDArray[np.int64]
) -> NDArray[np.int64]:
    counts = random.multinomial(videos, np.full(videos, 1 / videos), size=draws)
    counts = np.concatenate([counts, np.ones((draws, 1), dtype=np.int64)], axis=1)
    weights: NDArray[np.int64] = counts[:, members[:, 0]]
    for place in range(1, members.shape[1]):
        weights = weights * counts[:, members[:, place]]
    return weights
