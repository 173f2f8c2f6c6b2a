"""The level from which the maps of a model count as present, and how it is chosen.

Chosen levels
    `choose_level` compares, on scenes, how strong the strongest map is with the right sound and
    with sounds of nothing in the image: silence, noise, and the sound of another scene. The level
    with the highest balanced accuracy is taken: the mean of the share of right sounds that reach
    it and the share of wrong sounds that do not. It is stored beside the checkpoint.

Levels that are not chosen
    - Cosines (`DEFAULT_COSINE`): about where rows of the embedded data set separate the two.
    - OTS, OTS-mix and DSOL give a sigmoid whose maximum they train to say whether image and sound
      belong together: 0.5, the border of that decision.
    - DMC gives shares of clusters that sum to 1: 0.5, the larger part.
    - Attention (a softmax over the cells) and Sound of Pixels (volumes) have no absolute scale:
      half of each map's own maximum. They mark something whatever is heard.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avloc import paths
from avloc.errors import UserError
from avloc.files import read_json, sha256

Floats = NDArray[np.floating]

DEFAULT_COSINE = 0.6

#: Level of methods whose maps have an absolute scale but are no cosines.
OWN_LEVEL = {"ots": 0.5, "ots-mix": 0.5, "dsol": 0.5, "dmc": 0.5}

#: Methods whose maps have no absolute scale, and the share of its maximum that counts.
RELATIVE = ("attention", "sound-of-pixels")
RELATIVE_SHARE = 0.5

#: Right sounds whose strength is drawn in full colour or beyond it.
FULL_QUANTILE = 0.95


@dataclass(frozen=True)
class Level:
    """From which value on a map counts as present.

    Parameters
    ----------
    present, full
        Values that count as present, and that are drawn in full colour.
    relative
        Whether both are shares of a map's own maximum.
    right, wrong
        Shares in [0, 1] of the scenes of `dataset` whose strongest map reaches the level: with the
        right sound, and with silence, noise or the sound of another scene. None if it was not
        chosen.
    dataset
        Whose val scenes it was chosen on; empty if it was not chosen.
    """

    present: float
    full: float
    relative: bool = False
    right: float | None = None
    wrong: float | None = None
    dataset: str = ""

    def of(self, maps: Floats) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return (..., M) levels, and values of full colour, of maps (..., M, h, w)."""
        largest = maps.max(axis=(-2, -1)) if self.relative else np.ones(maps.shape[:-2])
        return (
            (self.present * largest).astype(np.float32),
            (self.full * largest).astype(np.float32),
        )

    @property
    def described(self) -> str:
        """One sentence on how far the level can be trusted."""
        if self.relative:
            return "this method marks something whatever is heard: half of each map's maximum"
        if self.right is None or self.wrong is None:
            return f"no level was chosen for this model, so {self.present:g} is taken"
        return (
            f"on the val scenes of {self.dataset}, {self.right:.0%} of the sounds of something in "
            f"the picture reach that level, and {self.wrong:.0%} of the sounds of nothing in it"
        )


def read_level(checkpoint: Path, method: str) -> Level:
    """Return the level of a checkpoint: the chosen one beside it, or that of its method.

    Parameters
    ----------
    checkpoint
        Its file.
    method
        The name of its method, as in params.yaml.

    Raises
    ------
    UserError
        If the file of the level is damaged, or belongs to another checkpoint.
    """
    path = paths.level(checkpoint)
    return _chosen(path, checkpoint) if path.exists() else default_level(method)


def default_level(method: str) -> Level:
    """Return the level of a method's checkpoints for which none was chosen."""
    if method in RELATIVE:
        return Level(RELATIVE_SHARE, 1.0, relative=True)
    return Level(OWN_LEVEL.get(method, DEFAULT_COSINE), 1.0)


def _chosen(path: Path, checkpoint: Path) -> Level:
    found: Any = read_json(path)
    again = f"write it anew with `avloc level {checkpoint}`"
    try:
        level = Level(
            float(found["present"]),
            float(found.get("full", 1.0)),
            right=found.get("right"),
            wrong=found.get("wrong"),
            dataset=str(found.get("dataset", "")),
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        raise UserError(f"{path} has no number 'present'; {again}") from None
    if not level.present < level.full:
        raise UserError(f"{path}: present is not below full; {again}")
    if found.get("sha256", "") not in ("", sha256(checkpoint)):
        raise UserError(f"{path} was chosen for another checkpoint than {checkpoint}; {again}")
    return level


def choose_level(right: Floats, wrong: Mapping[str, Floats]) -> tuple[float, dict[str, float]]:
    """Return the level with the highest balanced accuracy, and the shares that reach it.

    Parameters
    ----------
    right
        (N,) strengths of scenes with their own sound.
    wrong
        Kind of sound of nothing in the image -> (N,) strengths; each kind counts alike.

    Returns
    -------
    level : float
        In the middle between two strengths; of equally good levels the lowest.
    shares : dict
        ``right``, ``wrong`` (mean over the kinds) and each kind -> share in [0, 1] that reaches it.

    Raises
    ------
    ValueError
        If there are no strengths.
    """
    if not len(right) or not wrong or not all(map(len, wrong.values())):
        raise ValueError("a level needs strengths of right and of wrong sounds")
    values = np.unique(np.concatenate([right, *wrong.values()]).astype(np.float64))
    middles = (values[:-1] + values[1:]) / 2
    candidates = np.concatenate([values[:1], middles]) if len(values) > 1 else values
    reach_right = _reaching(right, candidates)
    kinds = {name: _reaching(strengths, candidates) for name, strengths in wrong.items()}
    reach_wrong = np.mean(list(kinds.values()), axis=0)
    best = int(np.argmax(reach_right + 1 - reach_wrong))
    shares = {"right": float(reach_right[best]), "wrong": float(reach_wrong[best])}
    shares |= {name: float(reaching[best]) for name, reaching in kinds.items()}
    return float(candidates[best]), shares


def _reaching(strengths: Floats, levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of strengths that reach each level."""
    ordered = np.sort(strengths.astype(np.float64))
    return 1 - np.searchsorted(ordered, levels, side="left") / len(ordered)
