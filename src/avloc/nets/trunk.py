"""The trunk of a tower: a stem and blocks in sequence, of which the first can be frozen."""

from abc import ABC, abstractmethod
from typing import Self

import torch
from torch import Tensor, nn


class Trunk(nn.Module, ABC):
    """A convolutional network with an output stride of 16 and neither pooling nor a classifier.

    Cell i of its output is centred on pixel 16 i + 8, or half a pixel beside it, where a map that
    is upsampled like an image shows it.

    Attributes
    ----------
    channels
        Channels of the output.
    """

    channels: int

    def __init__(self) -> None:
        super().__init__()
        self._frozen_blocks = 0

    @abstractmethod
    def stem(self) -> tuple[nn.Module, ...]:
        """Return the modules before the first block, in order."""

    @abstractmethod
    def blocks(self) -> tuple[nn.Module, ...]:
        """Return the blocks in order, each a module with one input and one output."""

    def freeze(self, blocks: int) -> None:
        """Let the stem and the first blocks keep their weights and their statistics.

        They need no backward pass, and most of the cost of a small image lies in the first blocks.

        Parameters
        ----------
        blocks
            How many; 0 freezes nothing, not even the stem.

        Raises
        ------
        ValueError
            If the trunk has fewer blocks.
        """
        if not 0 <= blocks <= len(self.blocks()):
            raise ValueError(f"{blocks} of {len(self.blocks())} blocks cannot be frozen")
        self._frozen_blocks = blocks
        for part in self._frozen():
            part.requires_grad_(False)
        self.train(self.training)

    def train(self, mode: bool = True) -> Self:
        """Switch to training or evaluation; frozen blocks stay in evaluation."""
        super().train(mode)
        for part in self._frozen():
            part.eval()
        return self

    def forward(self, image: Tensor) -> Tensor:
        """Return features: (B, channels in, H, W) -> (B, channels, ceil(H / 16), ceil(W / 16))."""
        frozen = self._frozen()
        features = image
        with torch.no_grad():
            for part in frozen:
                features = part(features)
        for part in (*self.stem(), *self.blocks())[len(frozen) :]:
            features = part(features)
        return features

    def _frozen(self) -> tuple[nn.Module, ...]:
        if not self._frozen_blocks:
            return ()
        return (*self.stem(), *self.blocks()[: self._frozen_blocks])
