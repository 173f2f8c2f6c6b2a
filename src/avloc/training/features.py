"""The output of the frozen blocks of an image trunk for every fixed view, computed once.

All rows and seeds with equal frozen blocks and views read the same files. They lie in the scratch
folder, in parts, so rows that start side by side share the work, and a killed run continues.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from avloc.data.shards.reader import Shards
from avloc.errors import UserError
from avloc.files import atomic, locked, locked_if_free
from avloc.methods.base import Method
from avloc.nets.trunk import Trunk
from avloc.progress import Progress
from avloc.training.device import Precision, autocast
from avloc.training.images import Images, cropped
from avloc.training.views import FixedViews, Ints, Views

#: Why fixed views cannot be trained on.
NOT_FROZEN = (
    "train.views needs frozen blocks, whose output is kept; set net.frozen_blocks above 0, or "
    "train.views to 0"
)
#: Views of a part, and of a batch of the frozen blocks. A batch of 32 took nearly twice as long on
#: a CPU (224 pixels, float32), whose cache it leaves.
PART, BATCH = 1024, 8


class FrozenFeatures(Images):
    """Reads the output of frozen blocks instead of frames.

    Parameters
    ----------
    folder
        Of `compute`.
    parts
        Number of parts in it.
    clips
        n, the clips that the views are of.

    Raises
    ------
    UserError
        If a part is damaged.
    """

    def __init__(self, folder: Path, parts: int, clips: int) -> None:
        self._parts = [_open(_part(folder, number)) for number in range(parts)]
        self._clips = clips

    def gather(self, clips: Ints, views: Views) -> list[Tensor]:
        """Return the (F, B, h, w, C) half-precision features of views, on the CPU.

        Parameters
        ----------
        clips, views
            As for `Images.gather`.
        """
        parts, rows = np.divmod(views.numbers * self._clips + clips, PART)
        gathered = np.empty((*parts.shape, *self._parts[0].shape[1:]), np.float16)
        for place in np.ndindex(parts.shape):
            gathered[place] = self._parts[parts[place]][rows[place]]
        return [torch.from_numpy(gathered)]

    def on_device(self, parts: list[Tensor], device: torch.device) -> Tensor:
        """Return (F, B, C, h, w) features on the device.

        Parameters
        ----------
        parts, device
            As for `Images.on_device`.
        """
        features = parts[0].to(device, non_blocking=True).float()
        return features.permute(0, 1, 4, 2, 3)


def trunk_of(method: Method) -> Trunk:
    """Return the image trunk of a method, whose first blocks are frozen.

    Raises
    ------
    UserError
        If nothing of it is frozen.
    """
    for module in method.modules():
        if isinstance(module, Trunk) and module.frozen_blocks:
            return module
    raise UserError(f"params.yaml: {NOT_FROZEN}")


def weights_hash(trunk: Trunk) -> str:
    """Return a hash of the weights of the frozen blocks."""
    digest = hashlib.sha256()
    for part in trunk.frozen():
        for tensor in part.state_dict().values():
            digest.update(tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def compute(
    trunk: Trunk,
    shards: Shards,
    split_clips: Ints,
    views: FixedViews,
    folder: Path,
    device: torch.device,
    precision: Precision,
) -> FrozenFeatures:
    """Compute what is not there yet of the frozen blocks' output for all views, and open it.

    Parameters
    ----------
    trunk
        With frozen blocks.
    shards
        The data set's frames.
    split_clips
        (n,) numbers, within the shards, of the clips that the views are of.
    views
        The views of these clips.
    folder
        For these features alone.
    device, precision
        Where, and in which number format, the blocks compute.

    Returns
    -------
    FrozenFeatures
        Of all views.

    Raises
    ------
    UserError
        If a part is damaged.
    """
    total = views.all.frames.size
    parts = -(-total // PART)
    missing = [number for number in range(parts) if not _part(folder, number).exists()]
    if missing:
        progress = Progress(parts, "frozen blocks see every view once", done=parts - len(missing))
        for number in _shared(folder, missing):
            with autocast(device, precision):
                _write_part(trunk, shards, split_clips, views, folder, number, device)
            progress.step()
        progress.close()
    return FrozenFeatures(folder, parts, len(split_clips))


def _shared(folder: Path, missing: list[int]) -> Iterator[int]:
    """Yield parts that no other process computes, and at the end those that it did not finish."""
    for number in missing:
        with locked_if_free(_part(folder, number).with_suffix(".lock")) as free:
            if free and not _part(folder, number).exists():
                yield number
    for number in missing:
        with locked(
            _part(folder, number).with_suffix(".lock"),
            "waiting for the output of frozen blocks, which another row computes",
        ):
            if not _part(folder, number).exists():
                yield number


def _write_part(
    trunk: Trunk,
    shards: Shards,
    split_clips: Ints,
    views: FixedViews,
    folder: Path,
    number: int,
    device: torch.device,
) -> None:
    """Compute one part and write it atomically."""
    view_numbers, clips = np.divmod(
        np.arange(number * PART, min((number + 1) * PART, views.all.frames.size)), len(split_clips)
    )
    features = []
    for first in range(0, len(clips), BATCH):
        here = (view_numbers[first : first + BATCH], clips[first : first + BATCH])
        frames = shards.gather_frames(split_clips[here[1]], views.all.frames[here])
        images = cropped(
            torch.from_numpy(frames).to(device),
            torch.from_numpy(views.all.crops[here]).to(device),
            torch.from_numpy(views.all.flips[here]).to(device),
        )
        output = trunk.frozen_features(images).permute(0, 2, 3, 1)
        features.append(output.to(torch.float16).cpu().numpy())
    with atomic(_part(folder, number)) as temporary:
        np.save(temporary, np.concatenate(features))


def _part(folder: Path, number: int) -> Path:
    return folder / f"{number:05d}.npy"


def _open(path: Path) -> NDArray[np.float16]:
    try:
        features: NDArray[np.float16] = np.load(path, mmap_mode="r")
    except (ValueError, EOFError, OSError):
        raise UserError(f"{path} is damaged; delete it and run again") from None
    return features
