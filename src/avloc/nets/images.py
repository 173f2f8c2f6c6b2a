"""Prepares images for the image tower, a whole batch at a time."""

import torch
import torch.nn.functional as F  # noqa: N812  # torch's own name for it
from torch import Tensor

#: Mean and standard deviation of the pixels of ImageNet, per channel, for images in [0, 1].
PIXEL_MEAN = (0.485, 0.456, 0.406)
PIXEL_STD = (0.229, 0.224, 0.225)


def normalise(images: Tensor) -> Tensor:
    """Subtract ImageNet's mean and divide by its deviation: (B, H, W, 3) uint8 -> (B, 3, H, W)."""
    # Each channel in one piece: with the channels last, the same sums take three times as long.
    pixels = images.permute(0, 3, 1, 2).contiguous().to(torch.float32).div_(255.0)
    mean = torch.tensor(PIXEL_MEAN, device=images.device).view(3, 1, 1)
    std = torch.tensor(PIXEL_STD, device=images.device).view(3, 1, 1)
    return pixels.sub_(mean).div_(std)


def crop_and_flip(images: Tensor, crops: Tensor, flips: Tensor) -> Tensor:
    """Crop each image, resize the crop to the size of the image, and mirror it.

    Parameters
    ----------
    images
        (B, 3, S, S).
    crops
        (B, 4) centre x, centre y, width and height, as fractions of the image.
    flips
        (B,) whether to swap left and right.

    Returns
    -------
    Tensor
        (B, 3, S, S).
    """
    centre, size = 2 * crops[:, :2] - 1, crops[:, 2:]
    theta = images.new_zeros(len(images), 2, 3)
    theta[:, 0, 0] = size[:, 0] * torch.where(flips, -1.0, 1.0)
    theta[:, 1, 1] = size[:, 1]
    theta[:, :, 2] = centre
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)
