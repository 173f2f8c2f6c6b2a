"""A mirror of MUSIC's lists on this machine: the research copies, in the folders of GitHub."""

import shutil
from pathlib import Path

from avloc.datasets import music
from avloc.datasets.download.pinned_files import PinnedFile
from avloc.files import sha256

META = Path(__file__).parents[3] / "shared" / "data" / "meta" / "music"

PINNED: tuple[PinnedFile, ...] = (
    music.SOLO_IDS,
    music.DUET_IDS,
    music.SOLO_BOXES,
    music.DUET_BOXES,
    *music.AUTHORS_SPLITS.values(),
    *music.DSOL_TRAIN,
    music.DSOL_HELD_OUT,
    music.DSOL_TEST,
)


def write_mirror(folder: Path) -> Path:
    """Copy every pinned file, found by its hash, to the place of its address below the folder."""
    copies = {sha256(path): path for path in META.rglob("*") if path.is_file()}
    for pinned in PINNED:
        path = folder / pinned.url.removeprefix(f"{music.RAW}/")
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(copies[pinned.sha256], path)
    return folder
