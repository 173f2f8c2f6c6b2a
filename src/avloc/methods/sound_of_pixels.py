"""Sound of Pixels (Zhao et al. 2018), with its channels matched to classes: semi-supervised.

The network separates mixtures: a U-Net splits the mixture into K channels, and K numbers of each
frame say which of them belong to it. Separation is learnt without labels. Then the labels of the
training clips match channels to classes, as in DSOL and in the paper (Table 1).
docs/methods/sound-of-pixels.md lists the differences from the original.
"""

import torch
import torch.nn.functional as F  # noqa: N812  # torch's own name for it
from pydantic import PositiveInt
from torch import Tensor, nn

from avloc.audio.logmel import FLOOR_POWER, FULL_SCALE_DB
from avloc.audio.mixing import mix_neighbours
from avloc.map_kinds import MapKind
from avloc.methods.base import (
    Batch,
    ClipReader,
    LossAndMonitors,
    MethodSettings,
    Phase,
    SharedSettings,
    TwoTowerMethod,
)
from avloc.nets.clustering import match_clusters
from avloc.nets.unet import UNet

#: Decibels by which a log-mel rises when the magnitude grows tenfold: it is 20 log10 of a power.
DB_PER_MAGNITUDE = 40.0
#: A cell of a log-mel below this is silent: at the floor, up to rounding.
SILENCE = -1.0 + 1e-6
#: A source dominates a cell if it has more than this share of the mixture's magnitude there.
DOMINANCE = 0.5
#: Least and greatest weight of a cell; in between it is log(1 + magnitude of the mixture).
WEIGHTS = (1e-3, 10.0)


class Settings(MethodSettings):
    """Keys of params.yaml that this method reads.

    Parameters
    ----------
    unet_width
        Channels of the first level of the U-Net.
    unet_levels
        Levels of the U-Net; both sides of a log-mel must be at least 2 to that power.
    unlabelled_channels
        K if no training clip has a class; otherwise K is the number of classes.
    """

    unet_width: PositiveInt
    unet_levels: PositiveInt
    unlabelled_channels: PositiveInt


def magnitudes(logmel: Tensor) -> Tensor:
    """Return the mel magnitudes of a log-mel: the square roots of the powers behind it.

    They are exact above the floor of the log-mel, and 0 at the floor.

    Parameters
    ----------
    logmel
        Any shape, ``20 log10(max(1e-5, power)) / 100`` (`avloc.audio.logmel.LogMel`).

    Returns
    -------
    Tensor
        Of the same shape, at least 0.
    """
    values = 10.0 ** (logmel.float() * (FULL_SCALE_DB / DB_PER_MAGNITUDE))
    return torch.where(logmel > SILENCE, values, 0.0)


class System(TwoTowerMethod):
    """An image trunk with K channels, a U-Net with K channels, and masks from their products.

    Parameters
    ----------
    shared, settings
        Settings that all methods have, and this method's own.
    """

    def __init__(self, shared: SharedSettings, settings: Settings) -> None:
        super().__init__(shared, heads=1)
        self.classes = len(shared.classes)
        self.map_kind: MapKind = "classes" if self.classes else "single"
        channels = self.classes or settings.unlabelled_channels
        self.pixels = nn.Conv2d(self.towers.image.trunk.channels, channels, 3, padding=1)
        self.unet = UNet(settings.unet_width, settings.unet_levels, channels)
        self.scale = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(()))
        self.channel_of_class: Tensor
        self.register_buffer("channel_of_class", torch.arange(self.classes))

    @property
    def phases(self) -> tuple[Phase, ...]:
        """Separation without labels, then matching of channels to classes."""
        return (
            Phase("separate", 1.0, self.loss),
            Phase("match channels to classes", 0.0, self.loss, prepare=self.match),
        )

    def image_channels(self, image: Tensor) -> Tensor:
        """Return the channels of every cell: (B, 3, H, W) -> (B, K, h, w) in (0, 1)."""
        return torch.sigmoid(self.pixels(self.towers.image.trunk(image)).float())

    def masks(self, images: Tensor, sounds: Tensor) -> Tensor:
        """Return the logits of masks on the mixture: sum_k scale_k image_k sound_k + bias.

        Parameters
        ----------
        images
            (B, n, K) channels of n frames or cells.
        sounds
            (B, K, T, F) channels of a mixture.

        Returns
        -------
        Tensor
            (B, n, T, F).
        """
        with torch.autocast(images.device.type, enabled=False):
            return torch.einsum("bnk,bktf->bntf", self.scale * images, sounds.float()) + self.bias

    def loss(self, batch: Batch) -> LossAndMonitors:
        """Return the weighted binary cross-entropy of the masks that the frames predict.

        The target of a frame is 1 at the time-frequency cells that its sound dominates. The monitor
        is the share of the total weight that lies on correctly predicted cells.
        """
        sounds = batch.sounds[0]
        mixtures = self.log_mel(mix_neighbours(sounds, self.nodes))
        # A mixture is a mean: each sound enters it divided by their number.
        parts = magnitudes(self.log_mel(sounds / self.nodes))[:, 0].unflatten(0, (-1, self.nodes))
        whole = magnitudes(mixtures)
        dominant = (parts > DOMINANCE * whole).float()
        weights = whole.log1p().clamp(*WEIGHTS).expand_as(dominant)
        images = self.image_channels(batch.frames[0]).amax(dim=(-2, -1))
        predicted = self.masks(images.unflatten(0, (-1, self.nodes)), self.unet(mixtures))
        right = ((predicted.detach() > 0) == (dominant > 0)).float()
        return (
            F.binary_cross_entropy_with_logits(predicted, dominant, weights),
            {"masks_right": (right * weights).sum() / weights.sum()},
        )

    def match(self, read_clips: ClipReader) -> None:
        """Match channels to classes one-to-one, by the mean maxima in the frames of each class.

        Without labels the channels stay unmatched, and `localise` returns the volume only.
        """
        if not self.classes:
            print(
                "sound-of-pixels: no training clip has a class, so channels are not matched to "
                "classes and the row has a single map for all sources",
                flush=True,
            )
            return
        sums = self.scale.new_zeros(self.classes, len(self.scale))
        counts = self.scale.new_zeros(self.classes)
        for clips in read_clips():
            known = clips.classes >= 0
            labels = clips.classes[known]
            maxima = self.image_channels(clips.frames).amax(dim=(-2, -1))
            sums.index_add_(0, labels, maxima[known])
            counts += labels.bincount(minlength=self.classes)
        means = sums / counts.clamp_min(1).unsqueeze(1)
        owners = torch.from_numpy(match_clusters(means.cpu().numpy()))
        self.channel_of_class.copy_(owners.argsort())

    def localise(self, image: Tensor, logmel: Tensor) -> Tensor:
        """Return the volume of every cell, then one map per class: (B, 1 + classes, h, w).

        The volume of a cell is the mean over time and frequency of its mask times the magnitude of
        the mixture; it is at least 0, in units of a mel magnitude. The map of a class, in [0, 1],
        is its image channel times the share of the magnitude that its audio channel keeps.
        """
        images, sounds, magnitude = (
            self.image_channels(image),
            self.unet(logmel),
            magnitudes(logmel),
        )
        # One image at a time: all masks of a batch would take gigabytes at full size.
        volume = torch.cat(
            [self._volume(*item) for item in zip(images, sounds, magnitude, strict=True)]
        )
        if not self.classes:
            return volume
        channel_masks = torch.sigmoid(self.scale.view(-1, 1, 1) * sounds.float() + self.bias)
        kept = (channel_masks * magnitude).sum(dim=(-2, -1))
        shares = kept / magnitude.sum(dim=(-2, -1)).clamp_min(FLOOR_POWER)
        channel_maps = images * shares[..., None, None]
        return torch.cat([volume, channel_maps[:, self.channel_of_class]], dim=1)

    def _volume(self, image: Tensor, sound: Tensor, magnitude: Tensor) -> Tensor:
        """Return the (1, 1, h, w) volumes of one item: (K, h, w), (K, T, F) and (1, T, F)."""
        masks = torch.sigmoid(self.masks(image.flatten(1).T[None], sound[None]))
        return (masks * magnitude).mean(dim=(-2, -1)).view(1, 1, *image.shape[-2:])
