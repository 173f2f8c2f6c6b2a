"""The trunk of ResNet-18 with an output stride of 16 and centred cells.

As in the release, the last stage keeps the resolution of the previous one (stride 1), and there is
neither pooling nor a classifier at the end. Parameters have the names of torchvision, so its
ImageNet weights fit a trunk of full width. torchvision is imported only to download them, since the
import alone takes longer than a short stage.

One thing differs. All strides of torchvision's network keep even positions, so cell i is centred on
pixel 16 i. A map that is upsampled like an image (half-pixel centres, as in the metrics) shows the
cell around pixel 16 i + 7.5, so maps lie half a cell too far to the right and too low. That cost up
to 17 points of CAP on small images. Here the last halving keeps odd positions, which centres cell i
on pixel 16 i + 8. The weights are the same.
"""

from collections.abc import Mapping

import torch.nn.functional as F  # noqa: N812  # torch's own name for it
from torch import Tensor, nn

from avloc.errors import UserError
from avloc.nets.trunk import Trunk

#: Channels of the first stage of the standard ResNet-18.
FULL_WIDTH = 64


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut (He et al. 2016).

    Parameters
    ----------
    channels_in, channels
        Of the input and of the output.
    stride
        Of the first convolution and of the shortcut.
    odd
        Whether a stride of 2 keeps odd positions of the input instead of even ones.
    """

    def __init__(self, channels_in: int, channels: int, stride: int, odd: bool = False) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or channels_in != channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels_in, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
            )
        self._odd = odd

    def forward(self, features: Tensor) -> Tensor:
        """Return (B, channels_in, H, W) -> (B, channels, H / stride, W / stride) features."""
        if self._odd:
            # Without the first row and column, the stride keeps odd positions.
            features = F.pad(features, (-1, 1, -1, 1))
        inner = self.relu(self.bn1(self.conv1(features)))
        output: Tensor = self.relu(self.bn2(self.conv2(inner)) + self.downsample(features))
        return output


def _stage(channels_in: int, channels: int, stride: int, odd: bool = False) -> nn.Sequential:
    return nn.Sequential(
        BasicBlock(channels_in, channels, stride, odd), BasicBlock(channels, channels, 1)
    )


class ResNet18(Trunk):
    """The trunk of ResNet-18 with random initial weights (Kaiming, fan out).

    Parameters
    ----------
    channels_in
        3 for images, 1 for spectrograms.
    width
        Channels of the first stage; 64 is the standard ResNet-18.
    """

    def __init__(self, channels_in: int, width: int) -> None:
        super().__init__()
        self.channels = 8 * width
        self.conv1 = nn.Conv2d(channels_in, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = _stage(width, width, 1)
        self.layer2 = _stage(width, 2 * width, 2)
        self.layer3 = _stage(2 * width, 4 * width, 2, odd=True)
        self.layer4 = _stage(4 * width, 8 * width, 1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def stem(self) -> tuple[nn.Module, ...]:
        """Return the first convolution, its norm and the max-pool."""
        return self.conv1, self.bn1, self.relu, self.maxpool

    def blocks(self) -> tuple[nn.Module, ...]:
        """Return the eight residual blocks."""
        return (*self.layer1, *self.layer2, *self.layer3, *self.layer4)


def image_trunk(width: int) -> ResNet18:
    """Return the trunk for images.

    Parameters
    ----------
    width
        Channels of the first stage.
    """
    return ResNet18(3, width)


def read_imagenet(width: int) -> Mapping[str, Tensor]:
    """Return torchvision's ImageNet weights, as in the release (decision D1).

    Parameters
    ----------
    width
        Of the trunk that gets them.

    Raises
    ------
    UserError
        If the trunk is not of full width, or if they can neither be found in torch's cache nor
        downloaded.
    """
    if width != FULL_WIDTH:
        raise UserError(
            f"net.image_weights: imagenet needs net.width: {FULL_WIDTH}, not {width}; set "
            "net.image_weights: random for a thin ResNet-18, or net.image_trunk: efficientnet-lite0"
        )
    from torchvision.models import ResNet18_Weights  # see the module's docstring

    weights = ResNet18_Weights.IMAGENET1K_V1
    try:
        state: Mapping[str, Tensor] = weights.get_state_dict(progress=False, check_hash=True)
    except OSError as error:
        raise UserError(
            f"net.image_weights: imagenet: {weights.url} could not be downloaded ({error}); get "
            "that file elsewhere and set net.image_weights to its path, or to random"
        ) from None
    return state


def load_published(trunk: ResNet18, state: Mapping[str, Tensor]) -> None:
    """Load weights with the names of torchvision into a trunk.

    Parameters
    ----------
    trunk
        Of the width of the weights.
    state
        Name -> tensor; those of the classifier are left out.

    Raises
    ------
    RuntimeError
        If a tensor is missing, unknown, or of another shape.
    """
    trunk.load_state_dict({k: v for k, v in state.items() if not k.startswith("fc.")})
