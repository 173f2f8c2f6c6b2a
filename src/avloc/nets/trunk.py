"""The trunk of a tower: a stem and blocks in sequence, of which the first can be frozen."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
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
    frozen_blocks
        The stem and this many of the first blocks keep their weights; 0 freezes nothing.
    """

    channels: int

    def __init__(self) -> None:
        super().__init__()
        self.frozen_blocks = 0
        self._reads_features = False

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
        self.frozen_blocks = blocks
        for part in self.frozen():
            part.requires_grad_(False)
        self.train(self.training)

    def train(self, mode: bool = True) -> Self:
        """Switch to training or evaluation; frozen blocks stay in evaluation."""
        super().train(mode)
        for part in self.frozen():
            part.eval()
        return self

    def forward(self, image: Tensor) -> Tensor:
        """Return features: (B, channels in, H, W) -> (B, channels, ceil(H / 16), ceil(W / 16)).

        Within `reading_features`, `image` is what `frozen_features` returned for images.
        """
        features = image if self._reads_features else self.frozen_features(image)
        for part in (*self.stem(), *self.blocks())[len(self.frozen()) :]:
            features = part(features)
        return features

    @torch.no_grad()
    def frozen_features(self, image: Tensor) -> Tensor:
        """Return the output of the frozen parts: (B, channels in, H, W) -> (B, channels, h, w)."""
        for part in self.frozen():
            image = part(image)
        return image

    def frozen(self) -> tuple[nn.Module, ...]:
        """Return the modules that keep their weights, in order: the stem and the first blocks."""
        if not self.frozen_blocks:
            return ()
        return (*self.stem(), *self.blocks()[: self.frozen_blocks])


@contextmanager
def reading_features(network: nn.Module) -> Iterator[None]:
    """Let the trunks of a network that have frozen blocks read the output of these blocks.

    Parameters
    ----------
    network
        Its other trunks read images as before.
    """
    trunks = [m for m in network.modules() if isinstance(m, Trunk) and m.frozen_blocks]
    for trunk in trunks:
        trunk._reads_features = True
    try:
        yield
    finally:
        for trunk in trunks:
            trunk._reads_features = False
