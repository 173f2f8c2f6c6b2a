"""A trained checkpoint as a function from images and sounds to localisation maps."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import ValidationError

from avloc import rows
from avloc.errors import UserError
from avloc.nets.images import normalise
from avloc.rows import Row
from avloc.training import checkpoint
from avloc.training.device import autocast


class Localiser:
    """Localises sounds in images with a trained row.

    Parameters
    ----------
    path
        Checkpoint that the train stage wrote; it carries its own configuration.
    device
        Where to run.
    batch_size
        Images at a time.
    """

    def __init__(self, path: Path, device: torch.device, batch_size: int) -> None:
        content = checkpoint.load(path)
        try:
            self.row = Row.model_validate(content["row"])
            self.method = rows.build(self.row)
            self.method.load_state_dict(content["method"])
        except (KeyError, ValidationError, RuntimeError) as error:
            reason = " ".join(str(error).split())[:200]
            raise UserError(
                f"{path} does not fit this version ({reason}); train it again"
            ) from None
        self.method.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.method.eval()
        self.device, self.batch_size = device, batch_size

    @torch.inference_mode()
    def __call__(
        self, images: NDArray[np.uint8], logmels: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return the maps of every image with its sound.

        Parameters
        ----------
        images
            (N, H, W, 3) RGB.
        logmels
            (N, 1, T, mels).

        Returns
        -------
        ndarray
            (N, M, h, w): M = k for a method with nodes, 1 for one with a single map.
        """
        maps = []
        for first in range(0, len(images), self.batch_size):
            part = slice(first, first + self.batch_size)
            # Copies: the arrays are mapped files that must not be written to.
            pixels = torch.from_numpy(np.array(images[part])).to(self.device)
            heard = torch.from_numpy(np.array(logmels[part])).to(self.device)
            image = normalise(pixels).contiguous(memory_format=torch.channels_last)
            with autocast(self.device, self.row.train.precision):
                maps.append(self.method.localise(image, heard).float().cpu().numpy())
        return np.concatenate(maps)
