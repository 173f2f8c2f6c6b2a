"""DMC, deep multimodal clustering (Hu et al. 2019), as the simplified release has it.

Image cells and audio cells are clustered, each among themselves. A clip's audio centre should have
an image centre close by, and none in the frame of another clip (contrastive loss with a margin).
The other frame is found by rolling the batch (D17). As in the release, training hears single clips:
one audio cluster, and two image clusters, object and background. Where k sounds are to be localised
there are k and k + 1; clustering has no parameters that would have to be learnt for them.
"""

import numpy as np
import torch
from pydantic import PositiveFloat
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn

from avloc.losses.margin import contrastive
from avloc.map_kinds import MapKind
from avloc.methods.base import Batch, MethodSettings, SharedSettings, Step, TwoTowerMethod
from avloc.nets.soft_kmeans import distances, soft_kmeans


class Settings(MethodSettings):
    """Keys of params.yaml that this method reads."""

    margin: PositiveFloat


class System(TwoTowerMethod):
    """The two trunks, a linear layer on the cells of each, and soft k-means.

    The heads of the towers serve the warm start only.
    """

    map_kind: MapKind = "nodes"

    def __init__(self, shared: SharedSettings, settings: Settings) -> None:
        super().__init__(shared, heads=1)
        self.margin = settings.margin
        channels = self.towers.image.trunk.channels
        self.image_space = nn.Linear(channels, channels)
        self.audio_space = nn.Linear(channels, channels)

    def loss(self, batch: Batch) -> Step:
        """Return the contrastive loss of own and other frames, each clip by itself."""
        seen, _ = self.image_clusters(batch.frames[0], 2)
        heard = self.audio_centres(self.log_mel(batch.sounds[0]), 1)
        own, other = audio_to_image(seen, heard), audio_to_image(seen.roll(1, dims=0), heard)
        monitors = {"own_distance": own.detach().mean(), "other_distance": other.detach().mean()}
        return contrastive(own, other, self.margin), monitors

    def localise(self, image: Tensor, logmel: Tensor) -> Tensor:
        """Return the assignments to each audio centre's own image cluster: (B, k, h, w) in [0, 1].

        The cluster that no audio centre gets is the background.
        """
        seen, maps = self.image_clusters(image, self.nodes + 1)
        chosen = nearest_clusters(distances(seen, self.audio_centres(logmel, self.nodes)))
        return maps[torch.arange(len(maps), device=maps.device)[:, None], chosen]

    def image_clusters(self, image: Tensor, clusters: int) -> tuple[Tensor, Tensor]:
        """Cluster the cells of (B, 3, H, W) images.

        Returns
        -------
        centres : Tensor
            (B, clusters, C).
        assignments : Tensor
            (B, clusters, h, w), summing to 1 over the clusters.
        """
        features = self.towers.image.trunk(image)
        cells = self.image_space(features.flatten(2).transpose(1, 2))
        centres, assignments = soft_kmeans(cells, clusters)
        return centres, assignments.unflatten(2, features.shape[2:])

    def audio_centres(self, logmel: Tensor, clusters: int) -> Tensor:
        """Cluster the time-frequency cells of (B, 1, T, mels) log-mels: (B, clusters, C)."""
        features = self.towers.audio.trunk(logmel)
        cells = self.audio_space(features.flatten(2).transpose(1, 2))
        return soft_kmeans(cells, clusters)[0]


def audio_to_image(seen: Tensor, heard: Tensor) -> Tensor:
    """Return how far the audio centres are from their nearest image centres.

    Parameters
    ----------
    seen, heard
        (B, V, C) image centres and (B, A, C) audio centres.

    Returns
    -------
    Tensor
        (B,): the root of the sum of squares over the audio centres.
    """
    length: Tensor = torch.linalg.vector_norm(distances(seen, heard).amin(dim=1), dim=-1)
    return length


def nearest_clusters(apart: Tensor) -> Tensor:
    """Give each audio centre an image cluster of its own so that the sum of distances is least.

    Solved exactly, on the CPU: maps leave the device anyway.

    Parameters
    ----------
    apart
        (B, V, A) distances, A at most V.

    Returns
    -------
    Tensor
        (B, A) numbers of image clusters.
    """
    costs = apart.detach().float().transpose(1, 2).cpu().numpy()
    chosen = np.stack([linear_sum_assignment(cost)[1] for cost in costs])
    return torch.as_tensor(chosen, device=apart.device)
