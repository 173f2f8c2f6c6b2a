"""The photos and sounds that a manifest names: whether they can be used, and what they are.

All are checked before the first video is generated. A photo or sound is known by its content, so
that one that changes under its old name is noticed.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from avloc.datasets.annotation.stills_manifest import Item, check_box
from avloc.datasets.annotation.user_files import digest, fault_of_file
from avloc.datasets.generator.photos import read_photo
from avloc.datasets.generator.still_duplicates import Thumbnail, thumbnail
from avloc.errors import UserError
from avloc.media import Unusable, decode_sound
from avloc.progress import track


@dataclass(frozen=True)
class Material:
    """Photos and sounds that exist.

    Parameters
    ----------
    digests
        Path of a photo or sound -> SHA-256 of its content.
    sizes
        Path of a photo -> its width and height as it is shown.
    thumbnails
        Path of a photo -> what it is compared by.
    """

    digests: Mapping[str, str]
    sizes: Mapping[str, tuple[int, int]]
    thumbnails: Mapping[str, Thumbnail]


def read_material(items: Sequence[Item], folder: Path, workers: int) -> Material:
    """Check a manifest's photos and sounds, and return what they are.

    The same content under two splits or classes is printed, since it is then trained on and tested.

    Parameters
    ----------
    items
        Of the manifest.
    folder
        That of the manifest.
    workers
        Files that are read at a time.

    Raises
    ------
    UserError
        If a file is missing or no file, a photo cannot be read, or a box reaches outside its photo.
    """
    faulty = [(item, f) for item in items if (f := fault_of_file(folder / item.path))]
    for item, fault in faulty:
        others = f"; {len(faulty) - 1} more are at fault" if len(faulty) > 1 else ""
        raise UserError(
            f"{item.where}: {item.path!r}: {fault}; restore it or remove the row{others}"
        )
    photos = [item for item in items if item.kind == "image"]
    paths = list(dict.fromkeys(item.path for item in items))
    with ThreadPoolExecutor(workers) as pool:
        seen = pool.map(lambda item: _size_and_thumbnail(item, folder), photos)
        checked = dict(
            zip((p.path for p in photos), track(seen, len(photos), "check photos"), strict=True)
        )
        digests = dict(zip(paths, pool.map(lambda path: digest(folder / path), paths), strict=True))
    _report_copies(items, digests)
    return Material(
        digests,
        {path: size for path, (size, _) in checked.items()},
        {path: small for path, (_, small) in checked.items()},
    )


def check_sounds(sounds: Sequence[Item], folder: Path, rate_hz: int, workers: int) -> None:
    """Check that sounds can be decoded.

    Parameters
    ----------
    sounds
        Of the manifest.
    folder
        That of the manifest.
    rate_hz
        Samples per second to read.
    workers
        Files that are read at a time.

    Raises
    ------
    UserError
        If one cannot be decoded.
    """

    def check(item: Item) -> None:
        try:
            decode_sound(folder / item.path, rate_hz)
        except Unusable as error:
            raise UserError(f"{item.where}: {error}; restore it or remove the row") from None

    with ThreadPoolExecutor(workers) as pool:
        list(track(pool.map(check, sounds), len(sounds), "check sounds"))


def _report_copies(items: Sequence[Item], digests: Mapping[str, str]) -> None:
    first, pairs = dict[str, Item](), list[tuple[Item, Item]]()
    for item in items:
        other = first.setdefault(digests[item.path], item)
        if (item.kind, item.category, item.split) != (other.kind, other.category, other.split):
            pairs.append((item, other))
    if pairs:
        item, other = pairs[0]
        print(
            f"stills: same content under another kind, split or class: {len(pairs)} rows; the "
            f"first is {item.where} ({item.path}), as {other.where} ({other.path})",
            flush=True,
        )


def _size_and_thumbnail(item: Item, folder: Path) -> tuple[tuple[int, int], Thumbnail]:
    try:
        photo = read_photo(folder / item.path)
    except UserError as error:
        raise UserError(f"{item.where}: {error}; restore it or remove the row") from None
    height, width = photo.shape[:2]
    check_box(item, (width, height))
    return (width, height), thumbnail(photo)
