"""DMC, deep multimodal clustering (Hu et al. 2019), after its simplified release.

The cells of the image are clustered, and so are the cells of the spectrogram. An audio centre
should be close to an image centre of its own clip, and at least a margin away from those of another
clip (contrastive loss). The frame of another clip is found by rolling the batch (decision D17).

As in the release, training uses single sounds: one audio cluster and two image clusters, object
and background. To localise k sounds there are k audio and k + 1 image clusters. The clustering
itself has no parameters, so a network that was trained with fewer clusters can be used.
"""

import numpy as np
import torch
from pydantic import PositiveFloat
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn

from avloc.losses.margin import contrastive
from avloc.map_kinds import MapKind
from avloc.methods.base import (
    Batch,
    LossAndMonitors,
    MethodSettings,
    SharedSettings,
    TwoTowerMethod,
)
from avloc.nets.ranks import rolled
from avloc.nets.soft_kmeans import distances, soft_kmeans


class Settings(MethodSettings):
    """Keys of params.yaml that this method reads.

    Parameters
    ----------
    margin
        Distance that the contrastive loss asks of mismatched pairs.
    """

    margin: PositiveFloat


class System(TwoTowerMethod):
    """The two trunks, a linear layer on the cells of each, and soft k-means.

    Only the warm start uses the heads of the towers.

    Parameters
    ----------
    shared, settings
        Settings that all methods have, and this method's own.
    """

    map_kind: MapKind = "nodes"

    def __init__(self, shared: SharedSettings, settings: Settings) -> None:
        super().__init__(shared, heads=1)
        self.margin = settings.margin
        image, audio = self.towers.image.trunk.channels, self.towers.audio.trunk.channels
        self.image_space = nn.Linear(image, audio)
        self.audio_space = nn.Linear(audio, audio)

    def loss(self, batch: Batch) -> LossAndMonitors:
        """Return the contrastive loss of each sound with its own frame and with another clip's.

        The monitors are the mean distances of both kinds of pairs.
        """
        images, _ = self.image_clusters(batch.frames[0], 2)
        sounds = self.audio_centres(self.log_mel(batch.sounds[0]), 1)
        own, other = audio_to_image(images, sounds), audio_to_image(rolled(images), sounds)
        monitors = {"own_distance": own.detach().mean(), "other_distance": other.detach().mean()}
        return contrastive(own, other, self.margin), monitors

    def localise(self, image: Tensor, logmel: Tensor) -> Tensor:
        """Return one map per audio centre: (B, k, h, w) in [0, 1].

        Each is the assignment of the cells to the image cluster that the audio centre is paired
        with. The cluster that is left over is the background.
        """
        images, maps = self.image_clusters(image, self.nodes + 1)
        chosen = nearest_clusters(distances(images, self.audio_centres(logmel, self.nodes)))
        return maps[torch.arange(len(maps), device=maps.device)[:, None], chosen]

    def image_clusters(self, image: Tensor, clusters: int) -> tuple[Tensor, Tensor]:
        """Cluster the cells of images.

        Parameters
        ----------
        image
            (B, 3, H, W) normalised images.
        clusters
            Clusters of each image.

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
        """Cluster the time-frequency cells of sounds.

        Parameters
        ----------
        logmel
            (B, 1, T, mels) log-mel spectrograms.
        clusters
            Clusters of each sound.

        Returns
        -------
        Tensor
            (B, clusters, C) centres.
        """
        features = self.towers.audio.trunk(logmel)
        cells = self.audio_space(features.flatten(2).transpose(1, 2))
        return soft_kmeans(cells, clusters)[0]


def audio_to_image(images: Tensor, sounds: Tensor) -> Tensor:
    """Return how far the audio centres of each item are from their nearest image centres.

    Parameters
    ----------
    images
        (B, V, C) image centres.
    sounds
        (B, A, C) audio centres.

    Returns
    -------
    Tensor
        (B,): the root of the sum of squares over the audio centres.
    """
    length: Tensor = torch.linalg.vector_norm(distances(images, sounds).amin(dim=1), dim=-1)
    return length


def nearest_clusters(centre_distances: Tensor) -> Tensor:
    """Pair each audio centre with an image cluster of its own; the sum of distances is minimal.

    Solved exactly, on the CPU: maps leave the device anyway.

    Parameters
    ----------
    centre_distances
        (B, V, A) distances from image centres to audio centres, A at most V.

    Returns
    -------
    Tensor
        (B, A) numbers of image clusters.
    """
    costs = centre_distances.detach().float().transpose(1, 2).cpu().numpy()
    chosen = np.stack([linear_sum_assignment(cost)[1] for cost in costs])
    return torch.as_tensor(chosen, device=centre_distances.device)
