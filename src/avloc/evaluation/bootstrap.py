"""Confidence intervals of a mean over scenes, for the choice of test material and of seeds.

Three things could have been others: the photos or videos that are seen, the sounds that are heard
with them, and the random seeds of training. All are drawn with replacement, by a hierarchical
bootstrap: the seeds of each row, then the units of each kind.

**Units.** Scenes that share a video are alike, and so are scenes that share a photo or a sound
where one photo goes with one of several sounds. A *unit* is what comes and goes together: a video,
or a photo, or a sound. Photos and sounds are crossed, and a scene has several of each, so no
partition of the scenes into independent groups exists. Each kind of unit is drawn by itself, as
many times as it has units. With m_u the number of times that unit u is drawn, a scene of the
units U counts

    1 + sum over u in U of (m_u - 1)

times: the first-order part of the product of all m_u. If each scene has one unit, that is m_u
itself, the ordinary cluster bootstrap. It gives the variance that comes from the units themselves
without bias, as the product does (the pigeonhole bootstrap: Owen 2007, Annals of Applied
Statistics 1; Owen and Eckles 2012, the same journal 6), but counts what is left, a scene's own
deviation, only as often as the scene has units. The product counts it 2^n - 1 times for n units:
15 times on pairs of photos with sounds, and their intervals become a quarter to a half wider. A
scene can count less than nothing, which does no harm to a mean.

**Seeds.** Of S seeds, S - 1 are drawn, which makes the variance of their mean the usual unbiased
one (McCarthy and Snowden 1985); S draws of two or three seeds would leave out half or a third of
it. A few seeds also tell their spread badly. So intervals are stretched about the mean by the ratio
of the quantiles of Student's t and the normal distribution, as Hesterberg (2015, The American
Statistician 69) does, with the degrees of freedom of Welch and Satterthwaite: few where seeds bring
most of the variance, many where scenes do. Two rows are trained independently, hence their seeds
are drawn independently. With one seed there is nothing to draw, and the interval leaves out how
much seeds differ.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Units = Sequence[Sequence[str]]
Floats = NDArray[np.float64]


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


def scene_weights(units: Units | Mapping[str, Units], draws: int, seed: int) -> NDArray[np.int64]:
    """Return how often each of N scenes counts in each draw, (draws, N).

    Parameters
    ----------
    units
        Names of the units that each scene is made of, for example its videos; one that occurs twice
        counts once. Or kind of unit -> the same, for kinds that are drawn each by itself. A scene
        may lack units of some kinds, but not of all.
    draws
        How many times the V units of a kind are drawn, V at a time and with replacement. A draw in
        which the scenes do not count more than zero in sum has no mean and is drawn again.
    seed
        Equal seeds give equal weights, whatever the order of a scene's units.

    Raises
    ------
    ValueError
        If there is no draw, a scene has no unit, or no kind has two units or more.
    """
    kinds = units if isinstance(units, Mapping) else {"video": units}
    if draws < 1:
        raise ValueError(f"{draws} draws; at least one is needed")
    if not all(any(own) for own in zip(*kinds.values(), strict=True)):
        raise ValueError("a scene has no video")
    members = [_members(kinds[kind]) for kind in sorted(kinds)]
    most = max((len(own) for own in members), default=0)
    if most < 2:
        raise ValueError(f"{most} videos; at least two are needed to draw from")
    random = np.random.default_rng(seed)
    weights = np.zeros((draws, members[0].shape[1]), dtype=np.int64)
    while (empty := weights.sum(axis=1) <= 0).any():
        weights[empty] = 1 + sum(_excess(random, int(empty.sum()), own) for own in members)
    return weights


def interval(
    values: NDArray[np.floating],
    weights: NDArray[np.int64],
    level: float,
    minus: NDArray[np.floating] | None = None,
    seed: int = 0,
) -> Interval:
    """Return the mean of a score over N scenes and S seeds, with its bootstrap interval.

    Parameters
    ----------
    values
        (N,), or (S, N) of S training seeds.
    weights
        (draws, N), from `scene_weights`.
    level
        In (0, 1); 0.95 leaves out 2.5 percent of the draws at either end.
    minus
        (N,) or (T, N) of another row, which is subtracted; its seeds are drawn by themselves.
    seed
        By which training seeds are drawn.

    Raises
    ------
    ValueError
        If the values are not one finite number per scene.
    """
    random = np.random.default_rng([seed, 1])
    means, mean, parts = _drawn(values, weights, random)
    if minus is not None:
        other_means, other_mean, other_parts = _drawn(minus, weights, random)
        means, mean, parts = means - other_means, mean - other_mean, parts + other_parts
    ends = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    low, high = mean + _stretch(means, parts, level) * (ends - mean) if parts else ends
    return Interval(float(mean), float(low), float(high))


def _members(units: Units) -> NDArray[np.int64]:
    """Return (V, N): 1 where a scene has a unit."""
    names = sorted({name for scene in units for name in scene})
    places = {name: place for place, name in enumerate(names)}
    members = np.zeros((len(names), len(units)), dtype=np.int64)
    for number, scene in enumerate(units):
        members[[places[name] for name in scene], number] = 1
    return members


def _excess(
    random: np.random.Generator, draws: int, members: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return (draws, N): by how much the units of one kind make a scene count more than once."""
    count = len(members)
    if count < 2:
        return np.zeros((draws, members.shape[1]), dtype=np.int64)
    drawn: NDArray[np.int64] = random.multinomial(count, np.full(count, 1 / count), size=draws)
    return (drawn - 1) @ members


def _drawn(
    values: NDArray[np.floating], weights: NDArray[np.int64], random: np.random.Generator
) -> tuple[Floats, float, list[tuple[float, int]]]:
    """Return the mean of each draw, the mean, and the seeds' variance of it with their number."""
    by_seed = np.atleast_2d(values).astype(np.float64)
    if by_seed.shape[1:] != weights.shape[1:] or not np.isfinite(by_seed).all():
        raise ValueError(f"{values.shape} values for {weights.shape[1]} scenes, or not all finite")
    seeds = len(by_seed)
    means = weights @ by_seed.T / weights.sum(axis=1, keepdims=True)
    if seeds == 1:
        return means[:, 0], float(by_seed.mean()), []
    counts = random.multinomial(seeds - 1, np.full(seeds, 1 / seeds), size=len(weights))
    variance = float(by_seed.mean(axis=1).var(ddof=1)) / seeds
    return (means * counts).sum(axis=1) / (seeds - 1), float(by_seed.mean()), [(variance, seeds)]


def _stretch(means: Floats, parts: Sequence[tuple[float, int]], level: float) -> float:
    """Return how much wider Student's t is than the normal distribution at a level.

    Parameters
    ----------
    means
        Of the draws: their variance is that of scenes and seeds together.
    parts
        The variance of each row's seeds, and their number.
    level
        Of the interval.
    """
    of_seeds = sum(variance for variance, _ in parts)
    if of_seeds == 0:
        return 1.0
    whole = max(float(means.var()), of_seeds)
    freedom = whole**2 / sum(variance**2 / (seeds - 1) for variance, seeds in parts)
    tail = (1 + level) / 2
    return float(special.stdtrit(freedom, tail) / special.ndtri(tail))
