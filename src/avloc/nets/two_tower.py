"""The two-tower network that all methods share (section 4.1 of the paper)."""

import torch
import torch.nn.functional as F  # noqa: N812  # torch's own name for it
from torch import Tensor, nn

from avloc.nets import image_trunk
from avloc.nets.image_trunk import ImageTrunk
from avloc.nets.resnet18 import ResNet18


class ImageTower(nn.Module):
    """Turns images into one unit vector per cell: f of Eq. 1.

    A trunk, 1x1 convolutions ``channels -> C -> C`` with a ReLU between them, and an L2 norm over
    channels.

    Parameters
    ----------
    width
        Channels of the first stage of a ResNet-18.
    embedding
        C.
    trunk
        Which trunk, its initial weights and its frozen blocks.
    """

    def __init__(self, width: int, embedding: int, trunk: ImageTrunk) -> None:
        super().__init__()
        self.trunk = image_trunk.build(trunk, width)
        self.head = nn.Sequential(
            nn.Conv2d(self.trunk.channels, embedding, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(embedding, embedding, 1),
        )

    def forward(self, image: Tensor) -> Tensor:
        """Return f(x): (B, 3, H, W) normalised images -> (B, C, H / 16, W / 16) unit vectors."""
        return self.features_and_cells(image)[1]

    def features_and_cells(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Return the trunk's (B, channels, h, w) features and the (B, C, h, w) unit vectors."""
        features = self.trunk(image)
        return features, F.normalize(self.head(features).float(), dim=1)


class AudioTower(nn.Module):
    """Turns log-mel spectrograms into k unit vectors, the audio nodes: g of Eq. 1.

    A trunk, a global maximum and, for each node, a perceptron ``8 width -> C -> C`` of its own
    (section 4.1: "different fully connected layers") with an L2 norm.

    Parameters
    ----------
    width
        Of the trunk (`avloc.nets.resnet18.ResNet18`).
    embedding
        C.
    nodes
        k.
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
        return self.features_and_vectors(logmel)[1]

    def features_and_vectors(self, logmel: Tensor) -> tuple[Tensor, Tensor]:
        """Return the maxima of the trunk's features, (B, 8 width), and the (B, k, C) vectors."""
        pooled = self.trunk(logmel).amax(dim=(-2, -1))
        vectors = torch.stack([head(pooled) for head in self.heads], dim=1)
        return pooled, F.normalize(vectors.float(), dim=-1)


class TwoTower(nn.Module):
    """An image tower and an audio tower whose unit vectors share one space.

    Parameters
    ----------
    width
        Channels of the first stage of a ResNet-18, that of the sound included; 64 is the standard.
    embedding
        C, the dimension of the shared space.
    nodes
        k, the vectors per sound.
    image_trunk
        Trunk of the images. That of the sounds is a ResNet-18 with random initial weights.
    """

    def __init__(self, width: int, embedding: int, nodes: int, image_trunk: ImageTrunk) -> None:
        super().__init__()
        self.image = ImageTower(width, embedding, image_trunk)
        self.audio = AudioTower(width, embedding, nodes)
