"""Depthwise convolution whose gradients are fast on a CPU in bfloat16.

torch's gradients of depthwise convolutions in bfloat16 have no fast kernel for 5x5 kernels and for
a stride of 2: they take two thirds of a training step of EfficientNet-Lite0. Those of 3x3 kernels
of stride 1 do. So the gradient of a stride of 2 is that of a stride of 1 whose other outputs have
no gradient, and the 5x5 gradient of the weights is put together from four 3x3 ones. The sums are
the same, up to the order of the additions.
"""

from typing import Any

import torch
from torch import Tensor, nn

#: Side of the kernels whose gradient is fast.
FAST = 3


class DepthwiseConv2d(nn.Conv2d):
    """A convolution of each channel with a kernel of its own, without bias.

    Parameters
    ----------
    channels
        Of the input and of the output.
    kernel
        Side of the kernels, odd and at least 3.
    stride
        1 or 2.
    """

    def __init__(self, channels: int, kernel: int, stride: int) -> None:
        super().__init__(channels, channels, kernel, stride, groups=channels, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """Return (B, channels, H, W) -> (B, channels, H', W') features."""
        device = features.device.type
        slow = (
            device == "cpu"
            and torch.is_autocast_enabled(device)
            and torch.get_autocast_dtype(device) == torch.bfloat16
        )
        if not (slow and torch.is_grad_enabled()):
            return super().forward(features)
        inputs, weight = features.to(torch.bfloat16), self.weight.to(torch.bfloat16)
        output: Tensor = FastGradients.apply(  # type: ignore[no-untyped-call]
            inputs, weight, self.stride[0], self.padding[0]
        )
        return output


class FastGradients(torch.autograd.Function):
    """Depthwise convolution with the gradients of the module's docstring."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, weight: Tensor, stride: int, pad: int) -> Tensor:
        """Return the convolution.

        Parameters
        ----------
        ctx
            Keeps what `backward` needs.
        features
            (B, C, H, W).
        weight
            (C, 1, K, K).
        stride
            1 or 2.
        pad
            Rows and columns of zeros on each side.

        Returns
        -------
        Tensor
            (B, C, H', W').
        """
        ctx.save_for_backward(features, weight)
        ctx.stride, ctx.pad = stride, pad
        return torch.conv2d(features, weight, None, stride, pad, 1, features.shape[1])

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        """Return the gradients of the features and of the weights.

        Parameters
        ----------
        ctx
            As `forward` left it.
        *gradients
            (B, C, H', W') gradient of the output.
        """
        features, weight = ctx.saved_tensors
        pad, kernel = ctx.pad, weight.shape[-1]
        height, width = (side + 2 * pad - kernel + 1 for side in features.shape[-2:])
        gradient = gradients[0]
        if ctx.stride != 1:
            whole = torch.zeros(
                (*features.shape[:2], height, width), dtype=gradient.dtype, device=gradient.device
            ).contiguous(memory_format=torch.channels_last)
            whole[..., :: ctx.stride, :: ctx.stride] = gradient
            gradient = whole
        of_features = of_weight = None
        if ctx.needs_input_grad[0]:
            of_features = _gradients(gradient, features, weight, pad, (True, False))[0]
        if ctx.needs_input_grad[1]:
            of_weight = _of_weight(gradient, features, weight, pad)
        return of_features, of_weight, None, None


def _of_weight(gradient: Tensor, features: Tensor, weight: Tensor, pad: int) -> Tensor:
    """Return the (C, 1, K, K) gradient of the weights, from gradients of 3x3 kernels."""
    kernel = weight.shape[-1]
    if kernel == FAST:
        return _gradients(gradient, features, weight, pad, (False, True))[1]
    padded = torch.nn.functional.pad(features, (pad,) * 4)
    height, width = (side + FAST - 1 for side in gradient.shape[-2:])
    result = torch.empty_like(weight)
    # Steps of 2 cover a kernel of any odd side; parts that overlap are equal.
    offsets = range(0, kernel - FAST + 1, FAST - 1)
    for row in offsets:
        for column in offsets:
            window = padded[..., row : row + height, column : column + width]
            part = (..., slice(row, row + FAST), slice(column, column + FAST))
            window = window.contiguous(memory_format=torch.channels_last)
            result[part] = _gradients(gradient, window, weight[part], 0, (False, True))[1]
    return result


def _gradients(
    gradient: Tensor, features: Tensor, weight: Tensor, pad: int, wanted: tuple[bool, bool]
) -> tuple[Tensor, Tensor]:
    """Return torch's gradients of the features and of the weights, of a stride of 1."""
    of_features, of_weight, _ = torch.ops.aten.convolution_backward(
        gradient,
        features,
        weight,
        None,
        (1, 1),
        (pad, pad),
        (1, 1),
        False,
        (0, 0),
        features.shape[1],
        (*wanted, False),
    )
    return of_features, of_weight
