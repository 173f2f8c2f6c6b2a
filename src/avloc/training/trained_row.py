"""The checkpoint of a trained row: all that is needed to use it, and what it was trained on."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, PositiveFloat, PositiveInt, ValidationError
from torch import Tensor

from avloc.config.rows import Row
from avloc.errors import UserError
from avloc.training import checkpoint


class TrainingData(BaseModel):
    """What a row was trained on, besides the name of the data set in `Row`.

    Parameters
    ----------
    image_px
        Side of the square images, in pixels. The network expects images of this size.
    fps
        Frames per second of the clips.
    clips
        Number of training clips.
    hash
        Hash of the training data: videos, splits, classes and how they were extracted; empty if it
        was not recorded.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    image_px: PositiveInt
    fps: PositiveFloat
    clips: PositiveInt
    hash: str


class TrainedRow(BaseModel):
    """Content of a checkpoint, without its weights.

    Parameters
    ----------
    row
        The resolved settings, those of the sound included.
    classes
        Classes of the training clips.
    data
        What it was trained on.
    """

    model_config = ConfigDict(frozen=True)

    row: Row
    classes: tuple[str, ...]
    data: TrainingData


def save(path: Path, trained: TrainedRow, states: Sequence[Mapping[str, Tensor]]) -> None:
    """Write the checkpoint of a row atomically.

    Parameters
    ----------
    path
        File to write or to replace.
    trained
        What was trained.
    states
        State dict of the method, one per seed.
    """
    content: dict[str, Any] = trained.model_dump()
    content["classes"] = list(trained.classes)
    checkpoint.save(path, {**content, "methods": [dict(state) for state in states]})


def load(path: Path) -> tuple[TrainedRow, list[dict[str, Tensor]]]:
    """Read a file of `save` onto the CPU.

    Returns
    -------
    trained : TrainedRow
        What was trained.
    states : list of dict
        State dict of the method, one per seed.

    Raises
    ------
    UserError
        If the file is missing or damaged, or is no checkpoint of a row of this version.
    """
    content = checkpoint.load(path)
    try:
        states = content.pop("methods")
        if not isinstance(states, list) or not all(isinstance(state, dict) for state in states):
            raise TypeError("methods is not a list of state dicts")
        return TrainedRow.model_validate(content), states
    except (KeyError, TypeError, ValidationError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"{path} does not fit this version ({reason}); train it again") from None
