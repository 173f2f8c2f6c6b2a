"""The images of training batches: frames that are read from the shards, cropped and mirrored."""

from typing import Protocol

import torch
from torch import Tensor

from avloc.data.shards.reader import Shards
from avloc.nets.images import crop_and_flip, normalise
from avloc.training.views import Ints, Views


class Images(Protocol):
    """What the image trunk reads of views: gathered by the CPU, finished on the device."""

    def gather(self, clips: Ints, views: Views) -> list[Tensor]:
        """Return what is stored of views, on the CPU.

        Parameters
        ----------
        clips
            (B,) clip numbers, counted within the split.
        views
            F views of each.
        """

    def on_device(self, parts: list[Tensor], device: torch.device) -> Tensor:
        """Return the (F, B, ...) input of the image trunk on the device.

        Parameters
        ----------
        parts
            As `gather` returns them.
        device
            Where to compute.
        """


class CroppedFrames(Images):
    """The frames of views, cropped and mirrored.

    Parameters
    ----------
    shards
        The data set's frames.
    split_clips
        (n,) numbers, within the shards, of the clips of the split.
    """

    def __init__(self, shards: Shards, split_clips: Ints) -> None:
        self._shards, self._split_clips = shards, split_clips

    def gather(self, clips: Ints, views: Views) -> list[Tensor]:
        """Return frames (F B, S, S, 3) uint8, crops (F, B, 4) and flips (F, B), on the CPU.

        Parameters
        ----------
        clips, views
            As for `Images.gather`.
        """
        numbers = self._split_clips[clips][None].repeat(len(views.frames), axis=0)
        frames = self._shards.gather_frames(numbers.reshape(-1), views.frames.reshape(-1))
        return [torch.from_numpy(array) for array in (frames, views.crops, views.flips)]

    def on_device(self, parts: list[Tensor], device: torch.device) -> Tensor:
        """Return (F, B, 3, S, S) normalised images on the device.

        Parameters
        ----------
        parts, device
            As for `Images.on_device`.
        """
        frames, crops, flips = (part.to(device, non_blocking=True) for part in parts)
        images = cropped(frames, crops.flatten(0, 1), flips.flatten(0, 1))
        return images.view(*flips.shape, *images.shape[1:])


def cropped(frames: Tensor, crops: Tensor, flips: Tensor) -> Tensor:
    """Return normalised images of frames, cropped and mirrored.

    Parameters
    ----------
    frames
        (B, S, S, 3) uint8.
    crops, flips
        (B, 4) and (B,), as in `Views`.

    Returns
    -------
    Tensor
        (B, 3, S, S), with the channels last in memory.
    """
    images = crop_and_flip(normalise(frames), crops, flips)
    return images.contiguous(memory_format=torch.channels_last)
