"""The two-tower network that all methods share (section 4.1 of the paper)."""

from typing import Literal

import torch
import torch.nn.functional as F  # noqa: N812  # torch's own name for it
from torch import Tensor, nn

from avloc.nets.resnet import ResNet18, load_imagenet


class ImageTower(nn.Module):
    """Images to one unit vector per cell.

    Trunk, then 1x1 convolutions ``8 width -> C -> C`` with a ReLU between, then an L2 norm over
    channels.
    """

    def __init__(self, width: int, embedding: int, weights: Literal["imagenet", "random"]) -> None:
        super().__init__()
        self.trunk = ResNet18(3, width)
        if weights == "imagenet":
            load_imagenet(self.trunk)
        self.head = nn.Sequential(
            nn.Conv2d(self.trunk.channels, embedding, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(embedding, embedding, 1),
        )

    def forward(self, image: Tensor) -> Tensor:
        """Return f(x): (B, 3, H, W) normalised images -> (B, C, H / 16, W / 16) unit vectors."""
        return F.normalize(self.head(self.trunk(image)).float(), dim=1)


class AudioTower(nn.Module):
    """Log-mel spectrograms to k unit vectors, the audio nodes.

    Trunk, global max pool, then for each node its own ``8 width -> C -> C`` perceptron ("different
    fully connected layers") and an L2 norm.
    """

    def __init__(self, width: int, embedding: int, nodes: int) -> None:
        super().__init__()
        self.trunk = ResNet18(1, width)
        self.heads = nn.ModuleList(
            nn.Sequential(
                nn.Linear(self.trunk.channels, embedding),
                nn.ReLU(inplace=True),
                nn.Linear(embedding, embedding),
            )
            for _ in range(nodes)
        )

    def forward(self, logmel: Tensor) -> Tensor:
        """Return g(a): (B, 1, T, mels) log-mels -> (B, k, C) unit vectors."""
        pooled = self.trunk(logmel).amax(dim=(-2, -1))
        return F.normalize(torch.stack([head(pooled) for head in self.heads], 1).float(), dim=-1)


class TwoTower(nn.Module):
    """An image tower and an audio tower into one space of unit vectors.

    Parameters
    ----------
    width
        Of both trunks.
    embedding
        C, the dimension of the common space.
    nodes
        k, vectors per sound.
    image_weights
        ``imagenet`` or ``random``; the audio trunk is always random.
    """

    def __init__(
        self, width: int, embedding: int, nodes: int, image_weights: Literal["imagenet", "random"]
    ) -> None:
        super().__init__()
        self.image = ImageTower(width, embedding, image_weights)
        self.audio = AudioTower(width, embedding, nodes)
