"""Pictures composed of photos: an object in a room, or before a scene, beside silent objects.

Most photos of objects are product shots: one object, alone and as large as the photo. Real videos
show an object at any size and place, among other things. So a composed picture holds the object of
a photo, scaled and placed at random, over a drawn room or a blurred part of another photo, with
objects of other photos that make no sound.

An object is cut out of its photo if the photo shows it before a plain backdrop (`cut_out`);
otherwise the photo is pasted as a whole with edges that fade.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Self

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from avloc.datasets.annotation.stills_manifest import Item
from avloc.datasets.generator.photos import read_photo
from avloc.datasets.generator.still_backdrops import blurred, blurred_corner, room
from avloc.datasets.generator.still_cutouts import CutOut, cut_out
from avloc.datasets.generator.textures import Image

#: Share of composed pictures whose background is a part of another photo; the others show a room.
PHOTO_BACKDROPS = 0.5

#: Side of a composed picture by that of a frame, so that a frame that zooms in is sharp.
OVERSIZE = 1.4

#: How much of a photo with surroundings its object takes up, as a guess: where such a photo shows
#: the object that sounds, it is pasted so much larger.
OBJECT_IN_PHOTO = 0.7

#: Least longer side of an object.
SMALLEST_PX = 8

#: Places that are tried for an object; the one where it covers least of the others is taken.
PLACES = 8

Share = Annotated[float, Field(ge=0, le=1)]

#: Left, top, right and bottom edge of an object, as shares of the picture's side.
Edges = tuple[float, float, float, float]


class CompositionSettings(BaseModel):
    """How many training videos show composed pictures, and what is in them; all keys are required.

    Parameters
    ----------
    composed_share
        Share of the training videos that show a composed picture; 0 composes none.
    object_size
        Smallest and largest longer side of an object, as a share of the picture's side.
    clutter_max
        Most silent objects in a picture; from none to this many are drawn.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    composed_share: Share
    object_size: tuple[Annotated[float, Field(ge=0.05)], Share]
    clutter_max: Annotated[int, Field(ge=0, le=8)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.object_size[0] > self.object_size[1]:
            raise ValueError("object_size must be the smallest and the largest size")
        return self


@dataclass(frozen=True)
class Pasted:
    """An object in a composed picture.

    Parameters
    ----------
    photo
        Path of the photo that shows it.
    size
        Its longer side, as a share of the picture's side.
    """

    photo: str
    size: float


@dataclass(frozen=True)
class Arrangement:
    """What a composed picture is made of.

    Parameters
    ----------
    object
        The object that sounds.
    backdrop
        Path of the photo before which it stands; empty for a room.
    clutter
        The silent objects.
    """

    object: Pasted
    backdrop: str
    clutter: tuple[Pasted, ...]

    @property
    def photos(self) -> list[str]:
        """Return the paths of all photos in it."""
        return [*(pasted.photo for pasted in self.objects), *filter(None, [self.backdrop])]

    @property
    def objects(self) -> list[Pasted]:
        """Return the objects from back to front; nothing hides the one that sounds."""
        return [*self.clutter, self.object]

    def below(self, folder: Path) -> Self:
        """Return the same with paths in a folder."""

        def moved(pasted: Pasted) -> Pasted:
            return replace(pasted, photo=str(folder / pasted.photo))

        backdrop = str(folder / self.backdrop) if self.backdrop else ""
        return replace(
            self,
            object=moved(self.object),
            backdrop=backdrop,
            clutter=tuple(map(moved, self.clutter)),
        )


def draw_arrangement(
    photo: Item, others: Sequence[Item], settings: CompositionSettings, random: np.random.Generator
) -> Arrangement | None:
    """Draw what the picture of a training video is made of.

    Parameters
    ----------
    photo
        Shows the object that sounds.
    others
        Training photos of other classes, for background and silent objects.
    settings
        Share of composed pictures, and what is in them.
    random
        Of the video.

    Returns
    -------
    Arrangement or None
        None if the video shows the photo alone.
    """
    if random.uniform() >= settings.composed_share:
        return None

    def pasted(item: Item) -> Pasted:
        return Pasted(item.path, round(float(random.uniform(*settings.object_size)), 4))

    sounding, backdrop, clutter = pasted(photo), "", list[Pasted]()
    if others:
        # Photos without a box show surroundings: boxes are those of objects on white.
        scenes = [item for item in others if not item.box] or others
        if random.uniform() < PHOTO_BACKDROPS:
            backdrop = scenes[int(random.integers(len(scenes)))].path
        for _ in range(random.integers(settings.clutter_max + 1)):
            clutter.append(pasted(others[int(random.integers(len(others)))]))
    return Arrangement(sounding, backdrop, tuple(clutter))


def compose(
    arrangement: Arrangement, frame_px: int, random: np.random.Generator
) -> tuple[NDArray[np.uint8], Edges]:
    """Return a composed picture, and where the object that sounds is in it.

    Parameters
    ----------
    arrangement
        What it is made of, with paths that can be read.
    frame_px
        Side of a frame.
    random
        Draws places, light and the background.

    Returns
    -------
    ndarray
        (S, S, 3) RGB.
    tuple
        Edges of the object.
    """
    side = round(OVERSIZE * frame_px)
    photo = read_photo(Path(arrangement.object.photo))
    cuts = [cut_out(read_photo(Path(pasted.photo))) for pasted in arrangement.objects]
    if arrangement.backdrop:
        picture = blurred_corner(read_photo(Path(arrangement.backdrop)), side, random)
    else:
        # A photo with surroundings of its own goes on behind its edges.
        picture = room(side, random) if cuts[-1].is_object else blurred(photo, side, random)
    boxes = list[tuple[int, int, int, int]]()
    for cut, pasted in zip(cuts, arrangement.objects, strict=True):
        whole = pasted is arrangement.object and not cut.is_object
        share = min(1.0, pasted.size / OBJECT_IN_PHOTO) if whole else pasted.size
        scaled = cut.scaled(max(SMALLEST_PX, round(share * side)))
        boxes.append(_place(scaled, boxes, side, random))
        _paste(picture, scaled, boxes[-1][:2], random)
    light = random.uniform(0.75, 1.1) * random.uniform(0.94, 1.06, 3).astype(np.float32)
    x0, y0, x1, y1 = (edge / side for edge in boxes[-1])
    return (255 * (picture * light).clip(0, 1)).round().astype(np.uint8), (x0, y0, x1, y1)


def in_view(corner: NDArray[np.float64], zoom: float, box: Edges) -> NDArray[np.float64]:
    """Move the part of a picture that a zoom shows until an object is in it as far as it fits.

    Parameters
    ----------
    corner
        Where the part lies (`avloc.datasets.generator.photos.zoomed`).
    zoom
        At least 1.
    box
        Edges of the object.
    """
    part = 1 / zoom
    free = 1 - part
    if free <= 0:
        return corner
    ends = np.array([[box[2] - part, box[3] - part], [box[0], box[1]]]) / free
    return np.clip(corner, ends.min(axis=0), ends.max(axis=0)).clip(0, 1)


def _place(
    cut: CutOut, boxes: Sequence[tuple[int, int, int, int]], side: int, random: np.random.Generator
) -> tuple[int, int, int, int]:
    """Draw a place inside the picture that covers little of the objects before."""
    height, width = cut.alpha.shape
    found = list[tuple[int, int, int, int]]()
    for _ in range(PLACES):
        x = round(random.uniform(0, side - width))
        # Objects stand on the ground rather than hang in the air.
        y = round((side - height) * random.uniform() ** 0.6)
        found.append((x, y, x + width, y + height))
    return min(found, key=lambda box: sum(_overlap(box, other) for other in boxes))


def _overlap(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> int:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(width, 0) * max(height, 0)


def _paste(
    picture: Image, cut: CutOut, corner: tuple[int, int], random: np.random.Generator
) -> None:
    """Lay an object and its soft shadow over a picture, in place."""
    height, width = cut.alpha.shape
    x, y = corner
    spot = picture[y : y + height, x : x + width]
    alpha = cut.alpha[..., None]
    if cut.is_object:
        blur, shift = 0.04 * max(height, width), round(0.03 * max(height, width))
        shadow = cv2.GaussianBlur(cut.alpha, (0, 0), max(blur, 0.5))
        shadow = np.roll(shadow, (shift, round(shift * random.uniform(-1, 1))), (0, 1))
        spot *= 1 - np.float32(random.uniform(0.15, 0.45)) * shadow[..., None]
    spot += alpha * (cut.pixels - spot)
