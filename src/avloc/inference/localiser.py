"""A trained checkpoint as a function from images and sounds to localisation maps."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from avloc.errors import UserError
from avloc.inference.image_memory import ImageMemory
from avloc.map_kinds import MapKind
from avloc.methods.base import Method
from avloc.nets.images import normalise
from avloc.training.build import rebuild
from avloc.training.device import autocast
from avloc.training.trained_row import TrainedRow, load


class Localiser:
    """Localises sounds in images with one trained method.

    Parameters
    ----------
    trained
        What was trained: its settings, classes and image size.
    method
        Trained; it is moved to the device and set to evaluation mode.
    device
        Where to run.
    batch_size
        Images at a time.
    """

    def __init__(
        self,
        trained: TrainedRow,
        method: Method,
        device: torch.device,
        batch_size: int,
    ) -> None:
        self.row, self.classes, self.data = trained.row, trained.classes, trained.data
        method.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.method = method.eval()
        self.device, self.batch_size = device, batch_size
        self._memory = ImageMemory(method)

    @property
    def map_kind(self) -> MapKind:
        """What the maps mean."""
        map_kind: MapKind = self.method.map_kind
        return map_kind

    @torch.inference_mode()
    def __call__(
        self, images: NDArray[np.uint8], logmels: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return the maps of every image with its sound.

        An array of images that is given again with other sounds must be the same object, unchanged:
        what the network sees in it is kept.

        Parameters
        ----------
        images
            (N, H, W, 3) RGB.
        logmels
            (N, 1, T, mels).

        Returns
        -------
        ndarray
            (N, M, h, w); `map_kind` says what the M maps are.
        """
        maps = []
        for first in range(0, len(images), self.batch_size):
            part = slice(first, first + self.batch_size)
            # Copies: the arrays are mapped files that must not be written to.
            pixels = torch.from_numpy(np.array(images[part])).to(self.device)
            sounds = torch.from_numpy(np.array(logmels[part])).to(self.device)
            image = normalise(pixels).contiguous(memory_format=torch.channels_last)
            self._memory.look_at(images, first)
            with autocast(self.device, self.row.train.precision):
                maps.append(self.method.localise(image, sounds).float().cpu().numpy())
        return np.concatenate(maps)


def open_localisers(path: Path, device: torch.device, batch_size: int) -> list[Localiser]:
    """Return the methods of a checkpoint that the train stage wrote, one per seed.

    Parameters
    ----------
    path
        Of the checkpoint.
    device
        Where the methods run.
    batch_size
        Images at a time.

    Raises
    ------
    UserError
        If the file is missing, damaged, or of a version that this one cannot read.
    """
    trained, states = load(path)
    opened = []
    try:
        for state in states:
            method = rebuild(trained.row, trained.classes, state)
            opened.append(Localiser(trained, method, device, batch_size))
    except (RuntimeError, TypeError, AttributeError, UserError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"{path} does not fit this version ({reason}); train it again") from None
    if not opened:
        raise UserError(f"{path} holds the weights of no seed; train it again")
    return opened
