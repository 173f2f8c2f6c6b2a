"""Find photos that are nearly the same, so that none is both trained on and tested.

Two photos are compared as small grey pictures, as they are and mirrored, by their correlation. It
does not depend on size, brightness, contrast or compression, and colour does not count. A photo
that was cropped or turned is not recognised.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from avloc.data.clips import Split
from avloc.files import write_json

#: Side of the grey picture. Much smaller, and other objects in the same pose are alike; much
#: larger, and a copy that is shifted by a pixel or two is not.
THUMBNAIL_PX = 32

#: Lists the photos that are left out, in the raw folder.
FILE = "near_duplicates.json"

#: A grey picture with mean 0 and length 1, (THUMBNAIL_PX, THUMBNAIL_PX); 0 for one grey only.
Thumbnail = NDArray[np.float32]


@dataclass(frozen=True)
class NearDuplicate:
    """The photo that another one is most like.

    Parameters
    ----------
    photo
        Its path.
    correlation
        Of the two, or of one with the other mirrored; at most 1.
    """

    photo: str
    correlation: float


def thumbnail(photo: NDArray[np.uint8]) -> Thumbnail:
    """Return the small grey picture by which a photo, (H, W, 3) RGB, is compared."""
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(np.float32)
    small = cv2.resize(grey, (THUMBNAIL_PX, THUMBNAIL_PX), interpolation=cv2.INTER_AREA)
    centred = small - small.mean()
    length = float(np.linalg.norm(centred))
    # Rounding leaves a grey picture with differences far below one grey level.
    return np.asarray(centred / length if length > 1 else 0 * centred, np.float32)


def near_duplicates(
    thumbnails: Mapping[str, Thumbnail],
    photos: Sequence[str],
    others: Sequence[str],
    correlation: float,
) -> dict[str, NearDuplicate]:
    """Return which photos are nearly the same as one of the others, and which one.

    Parameters
    ----------
    thumbnails
        Path of a photo -> its thumbnail.
    photos
        Paths of the photos to judge.
    others
        Paths of the photos that they must not be like.
    correlation
        Two photos above it are nearly the same; 1 finds none.
    """
    if not photos or not others:
        return {}
    judged = np.stack([thumbnails[path] for path in photos])
    known = np.stack([thumbnails[path] for path in others]).reshape(len(others), -1)
    found = np.maximum(
        *(side.reshape(len(photos), -1) @ known.T for side in (judged, judged[:, :, ::-1]))
    ).clip(-1, 1)
    return {
        path: NearDuplicate(others[place], round(float(row[place]), 4))
        for path, row in zip(photos, found, strict=True)
        if row[place := int(row.argmax())] > correlation
    }


def find_copies(
    photos: Mapping[Split, Sequence[str]], thumbnails: Mapping[str, Thumbnail], correlation: float
) -> Mapping[str, NearDuplicate]:
    """Return the val and test photos that are nearly the same as one of a split before.

    A val photo must not be like one of train, a test photo not like one of train or val.

    Parameters
    ----------
    photos
        Split -> the paths of its photos.
    thumbnails
        Path of a photo -> its thumbnail.
    correlation
        Two photos above it are nearly the same; 1 finds none.
    """
    train, val, test = (photos.get(split, ()) for split in ("train", "val", "test"))
    in_val = near_duplicates(thumbnails, val, train, correlation)
    in_test = near_duplicates(thumbnails, test, [*train, *val], correlation)
    if in_val or in_test:
        path, copy = next(iter({**in_test, **in_val}.items()))
        print(
            f"stills: {len(in_test)} of {len(test)} test photos are nearly the same as a photo of "
            f"train or val and left out, and {len(in_val)} of {len(val)} val photos as one of "
            f"train; the first is {path}, like {copy.photo} (correlation {copy.correlation:.3f}); "
            f"{FILE} lists all",
            flush=True,
        )
    return {**in_test, **in_val}


def write_copies(copies: Mapping[str, NearDuplicate], raw: Path) -> None:
    """Write which photos are left out.

    Parameters
    ----------
    copies
        Of `find_copies`.
    raw
        Folder for the file.
    """
    write_json(raw / FILE, {path: asdict(copy) for path, copy in copies.items()})
