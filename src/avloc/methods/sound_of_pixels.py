"""Sound of Pixels (Zhao et al. 2018) with its channels matched to classes: semi-supervised.

A network that separates mixtures: each frame says by K numbers which of K audio channels are its
own. It learns without labels; then the labels of the training clips name the channels, as DSOL and
the paper compare it (Table 1). docs/methods/sound-of-pixels.md says what differs from the source.
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
    Corpus,
    MethodSettings,
    Phase,
    SharedSettings,
    Step,
    TwoTowerMethod,
)
from avloc.nets.clustering import match_clusters
from avloc.nets.unet import UNet

#: Decibels a tenfold magnitude is apart: the log-mel takes 20 log10 of a power.
DB_PER_MAGNITUDE = 40.0
#: A cell of a log-mel below this is at its floor, up to rounding: silent.
SILENCE = -1.0 + 1e-6
#: A source has a cell to itself above this share of the mixture's magnitude.
DOMINANCE = 0.5
#: Cells count by log(1 + magnitude of the mixture), but neither less nor more than this.
WEIGHTS = (1e-3, 10.0)


class Settings(MethodSettings):
    """Keys of params.yaml that this method reads.

    Parameters
    ----------
    unet_width
        Channels of the U-Net's first level.
    unet_levels
        Its halvings; 2 to that power must not exceed the log-mel's sides.
    unlabelled_channels
        K where no training clip has a class; otherwise K is the number of classes.
    """

    unet_width: PositiveInt
    unet_levels: PositiveInt
    unlabelled_channels: PositiveInt


def magnitudes(logmel: Tensor) -> Tensor:
    """Return the mel magnitudes, the square roots of the powers, that a log-mel was made from.

    Exact above the log-mel's floor and 0 at the floor, which belongs to nobody.

    Parameters
    ----------
    logmel
        Any shape, ``20 log10(max(1e-5, power)) / 100`` (`avloc.audio.logmel.LogMel`).
    """
    values = 10.0 ** (logmel.float() * (FULL_SCALE_DB / DB_PER_MAGNITUDE))
    return torch.where(logmel > SILENCE, values, 0.0)


class System(TwoTowerMethod):
    """An image trunk with K channels, a U-Net with K channels, and a mask from their product."""

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
        """Separation without labels, then the matching of channels to classes."""
        return (
            Phase("separate", 1.0, self.loss),
            Phase("match channels to classes", 0.0, self.loss, prepare=self.match),
        )

    def see(self, image: Tensor) -> Tensor:
        """Return the channels of every cell: (B, 3, H, W) -> (B, K, h, w) in (0, 1)."""
        return torch.sigmoid(self.pixels(self.towers.image.trunk(image)).float())

    def masks(self, seen: Tensor, heard: Tensor) -> Tensor:
        """Return logits of masks, sum_k scale_k seen_k heard_k + bias.

        Parameters
        ----------
        seen
            (B, n, K) channels of n frames or cells.
        heard
            (B, K, T, F) channels of a sound.

        Returns
        -------
        Tensor
            (B, n, T, F).
        """
        with torch.autocast(seen.device.type, enabled=False):
            return torch.einsum("bnk,bktf->bntf", self.scale * seen, heard.float()) + self.bias

    def loss(self, batch: Batch) -> Step:
        """Return the weighted cross-entropy of predicted masks with the cells a source dominates.

        Its monitor is the share of the cells' weight whose mask is right.
        """
        sounds = batch.sounds[0]
        mixtures = self.log_mel(mix_neighbours(sounds, self.nodes))
        # A mixture is a mean, so its shared are the sounds divided by their number.
        alone = magnitudes(self.log_mel(sounds / self.nodes))[:, 0].unflatten(0, (-1, self.nodes))
        together = magnitudes(mixtures)
        dominant = (alone > DOMINANCE * together).float()
        weights = together.log1p().clamp(*WEIGHTS).expand_as(dominant)
        seen = self.see(batch.frames[0]).amax(dim=(-2, -1)).unflatten(0, (-1, self.nodes))
        predicted = self.masks(seen, self.unet(mixtures))
        right = ((predicted.detach() > 0) == (dominant > 0)).float()
        return (
            F.binary_cross_entropy_with_logits(predicted, dominant, weights),
            {"masks_right": (right * weights).sum() / weights.sum()},
        )

    def match(self, corpus: Corpus) -> None:
        """Give each class the channel that its training frames light up, one-to-one and exact."""
        if not self.classes:
            print(
                "sound-of-pixels: no training clip has a class, so its channels stay without a "
                "name and one map is shown for whatever sounds",
                flush=True,
            )
            return
        sums = self.scale.new_zeros(self.classes, len(self.scale))
        counts = self.scale.new_zeros(self.classes)
        for clips in corpus():
            known = clips.classes >= 0
            labels = clips.classes[known]
            sums.index_add_(0, labels, self.see(clips.frames).amax(dim=(-2, -1))[known])
            counts += labels.bincount(minlength=self.classes)
        means = sums / counts.clamp_min(1).unsqueeze(1)
        owners = torch.from_numpy(match_clusters(means.cpu().numpy()))
        self.channel_of_class.copy_(owners.argsort())

    def localise(self, image: Tensor, logmel: Tensor) -> Tensor:
        """Return the volume of every pixel, then the maps of the classes.

        Returns
        -------
        Tensor
            (B, 1 + classes, h, w). First the mean over time and frequency of a pixel's mask times
            the mixture's magnitude, at least 0 and in units of a mel magnitude. Then, in [0, 1], a
            class's channel of the image times the share of the sound's magnitude that the same
            channel of the sound keeps.
        """
        seen, heard, heights = self.see(image), self.unet(logmel), magnitudes(logmel)
        # One image at a time: all masks of a batch would take gigabytes at full size.
        volume = torch.cat([self._volume(*one) for one in zip(seen, heard, heights, strict=True)])
        if not self.classes:
            return volume
        own = self.scale.view(-1, 1, 1) * heard.float() + self.bias
        kept = (torch.sigmoid(own) * heights).sum(dim=(-2, -1))
        shares = kept / heights.sum(dim=(-2, -1)).clamp_min(FLOOR_POWER)
        by_channel = seen * shares[..., None, None]
        return torch.cat([volume, by_channel[:, self.channel_of_class]], dim=1)

    def _volume(self, seen: Tensor, heard: Tensor, magnitude: Tensor) -> Tensor:
        """Return (1, 1, h, w) of one image's (K, h, w), its (K, T, F) and (1, T, F)."""
        pixels = torch.sigmoid(self.masks(seen.flatten(1).T[None], heard[None]))
        return (pixels * magnitude).mean(dim=(-2, -1)).view(1, 1, *seen.shape[-2:])
