"""Cut an object out of a photo that shows it before a plain backdrop."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from avloc.datasets.generator.textures import Image

#: Longest side at which a photo is looked at.
LARGEST_PX = 320

#: Largest step of a channel, in grey levels, from a pixel of a plain backdrop to the next.
STEP = 3

#: A backdrop is plain if it reaches so much of the photo's edge, and covers such a share of it.
EDGE, COVERED = 0.9, (0.15, 0.97)

#: A backdrop has one colour if its pixels deviate no more than this from their median, in grey
#: levels; then every pixel so close to it is backdrop, also where the object encloses it.
ONE_COLOUR, ENCLOSED = 4, 8

#: Pixels at the outline of an object that differ so much from the backdrop show none of it.
OPAQUE = 80

#: Spots smaller than this share of the photo are writing or dirt.
SPOT = 0.002

#: Width of the edge that fades where a photo is pasted as a whole, as a share of its side.
FADING = 0.15

#: Points along each side of a photo from which its backdrop is sought.
SEEDS = 12


@dataclass(frozen=True)
class CutOut:
    """An object, or a photo, with soft edges.

    Parameters
    ----------
    pixels
        (H, W, 3) RGB in [0, 1].
    alpha
        (H, W); 1 where it is seen, 0 where what lies behind it is.
    is_object
        Whether it is an object; otherwise a photo with its surroundings.
    """

    pixels: Image
    alpha: NDArray[np.float32]
    is_object: bool

    def scaled(self, longest_px: int) -> "CutOut":
        """Return the same with another length of the longer side."""
        height, width = self.alpha.shape
        scale = longest_px / max(height, width)
        size = [max(1, round(length * scale)) for length in (width, height)]
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        alpha = cv2.resize(self.alpha, size, interpolation=way)
        # Weighted by alpha, so that the backdrop's colour does not bleed into the outline.
        weighted = cv2.resize(self.pixels * self.alpha[..., None], size, interpolation=way)
        pixels = weighted / np.maximum(alpha, 1e-3)[..., None]
        return CutOut(np.asarray(pixels, np.float32), np.asarray(alpha), self.is_object)


def cut_out(photo: NDArray[np.uint8]) -> CutOut:
    """Return a photo's object, or the photo if its backdrop is not plain.

    A backdrop is plain if small steps of colour lead over it from the photo's edge: white, or a
    studio's grey with its gradients. If it has one colour, parts that the object encloses are cut
    out as well, such as those between the stands of drums.

    Parameters
    ----------
    photo
        (H, W, 3) RGB.
    """
    scale = min(1.0, LARGEST_PX / max(photo.shape[:2]))
    if scale < 1:
        small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        photo = np.asarray(small, np.uint8)
    pixels = photo.astype(np.float32)
    backdrop = _reached(photo)
    on_edge = np.concatenate([backdrop[0], backdrop[-1], backdrop[:, 0], backdrop[:, -1]])
    if on_edge.mean() >= EDGE and COVERED[0] <= backdrop.mean() <= COVERED[1]:
        colour = np.median(pixels[backdrop], axis=0).astype(np.float32)
        if np.abs(pixels[backdrop] - colour).mean() <= ONE_COLOUR:
            alpha, pixels = _unmixed(pixels, backdrop, colour)
        else:
            alpha = _eroded(~backdrop)
        rows, columns = (np.nonzero((alpha > 0.5).any(axis=axis))[0] for axis in (1, 0))
        if len(rows):
            part = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
            return CutOut(pixels[part] / np.float32(255), alpha[part], True)
    return CutOut(pixels / np.float32(255), _fading(photo.shape[0], photo.shape[1]), False)


def _reached(photo: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return whether small steps of colour lead to a pixel from the photo's edge, (H, W)."""
    height, width = photo.shape[:2]
    smooth = cv2.GaussianBlur(photo, (3, 3), 0)
    mask = np.zeros((height + 2, width + 2), np.uint8)
    across = np.linspace(0, width - 1, SEEDS).astype(int).tolist()
    down = np.linspace(0, height - 1, SEEDS).astype(int).tolist()
    seeds = [(x, y) for x in across for y in (0, height - 1)]
    seeds += [(x, y) for y in down for x in (0, width - 1)]
    step = (STEP,) * 3
    for x, y in seeds:
        if not mask[y + 1, x + 1]:
            cv2.floodFill(smooth, mask, (x, y), 0, step, step, cv2.FLOODFILL_MASK_ONLY | (1 << 8))
    return _without_spots(mask[1:-1, 1:-1] > 0)


def _without_spots(backdrop: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Count small spots in a backdrop as backdrop."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats((~backdrop).astype(np.uint8))
    return np.asarray(backdrop | (stats[labels, cv2.CC_STAT_AREA] < SPOT * backdrop.size))


def _unmixed(
    pixels: Image, backdrop: NDArray[np.bool_], colour: NDArray[np.float32]
) -> tuple[NDArray[np.float32], Image]:
    """Return alpha and pixels of an object before one colour, without that colour at its outline.

    Parameters
    ----------
    pixels
        (H, W, 3) in grey levels.
    backdrop
        Where it was reached from the photo's edge, (H, W).
    colour
        Of the backdrop.
    """
    distance = np.abs(pixels - colour).max(axis=2)
    # Single pixels so close are highlights of the object.
    enclosed = cv2.morphologyEx(
        (distance <= ENCLOSED).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)
    )
    behind = (backdrop | (enclosed > 0)).astype(np.uint8)
    outline = (cv2.dilate(behind, np.ones((5, 5), np.uint8)) > behind).astype(np.float32)
    share = (distance / OPAQUE).clip(0, 1)
    alpha = np.asarray((1 - behind) * (1 - outline * (1 - share)), np.float32)
    own = colour + (pixels - colour) / np.maximum(alpha, 0.1)[..., None]
    return alpha, np.asarray(own.clip(0, 255), np.float32)


def _eroded(seen: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return alpha of an object before several colours: a pixel less, with a soft outline."""
    inner = cv2.erode(seen.astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.asarray(cv2.GaussianBlur(inner.astype(np.float32), (0, 0), 0.8))


def _fading(height: int, width: int) -> NDArray[np.float32]:
    """Return a rectangle of ones whose edges fade to zero."""

    def ramp(length: int) -> NDArray[np.float32]:
        at = (np.arange(length) + 0.5) / length
        rising = (np.minimum(at, 1 - at) / FADING).clip(0, 1)
        return np.asarray(rising * rising * (3 - 2 * rising), np.float32)

    return ramp(height)[:, None] * ramp(width)[None]
