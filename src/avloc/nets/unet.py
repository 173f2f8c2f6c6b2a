"""The audio network of Sound of Pixels: a U-Net on spectrograms (Ronneberger et al. 2015)."""

import torch
import torch.nn.functional as F  # noqa: N812  # torch's own name for it
from torch import Tensor, nn

#: Channels of the widest level, in multiples of the first.
MAX_WIDTH_FACTOR = 8
#: Negative slope of the leaky ReLUs on the way down.
SLOPE = 0.2


class UNet(nn.Module):
    """Turns spectrograms into K channels of the same size, at least ``2 ** levels`` a side.

    Each level halves the sides on the way down (4x4 convolution, stride 2) and doubles them on the
    way up (bilinear, 3x3 convolution), where the features of that size from the way down are
    concatenated.

    Parameters
    ----------
    width
        Channels of the first level; they double at each level, up to eight times as many.
    levels
        Number of levels.
    channels
        K, the channels of the output.
    """

    def __init__(self, width: int, levels: int, channels: int) -> None:
        super().__init__()
        widths = [width * min(2**level, MAX_WIDTH_FACTOR) for level in range(levels)]
        self.down = nn.ModuleList(
            _down(before, after) for before, after in zip([1, *widths[:-1]], widths, strict=True)
        )
        # From the lowest level up. The lowest has no skip connection.
        self.up = nn.ModuleList(
            _up(widths[level] * (1 if level == levels - 1 else 2), widths[level - 1])
            for level in range(levels - 1, 0, -1)
        )
        self.last = nn.Conv2d(widths[0] * (2 if levels > 1 else 1), channels, 3, padding=1)

    def forward(self, spectrogram: Tensor) -> Tensor:
        """Return the channels, without an activation: (B, 1, T, F) -> (B, K, T, F)."""
        features, skips = spectrogram, list[Tensor]()
        for down in self.down:
            skips.append(features)
            features = down(features)
        for up, skip in zip(self.up, reversed(skips[1:]), strict=True):
            features = torch.cat([up(_resize(features, skip)), skip], dim=1)
        output: Tensor = self.last(_resize(features, spectrogram))
        return output


def _resize(features: Tensor, like: Tensor) -> Tensor:
    """Resize to the size of the skip, which for odd sides is not exactly double."""
    return F.interpolate(features, size=like.shape[-2:], mode="bilinear", align_corners=False)


def _down(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.LeakyReLU(SLOPE, inplace=True),
    )


def _up(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(inplace=True),
    )
