"""The homes of MUSIC's lists on this machine: the research copies, laid out as GitHub has them."""

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


def lay_out(folder: Path) -> Path:
    """Copy every pinned file to its place below its home, found by its hash."""
    copies = {sha256(path): path for path in META.rglob("*") if path.is_file()}
    for pinned in PINNED:
        path = folder / pinned.url.removeprefix(f"{music.RAW}/")
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(copies[pinned.sha256], path)
    return folder
