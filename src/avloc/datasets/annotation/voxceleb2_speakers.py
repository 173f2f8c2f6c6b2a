"""Read the genders of VoxCeleb2's speakers, for test sets of speakers of one gender.

The list is ``vox2_meta.csv`` of VoxCeleb2, whose columns are ``VoxCeleb2 ID``, ``VGGFace2 ID``,
``Gender`` (``m`` or ``f``) and ``Set``. It holds no names.
"""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from avloc.data.clips import Clip
from avloc.datasets.annotation.csv_rows import read_rows
from avloc.datasets.annotation.user_files import fault_of_file
from avloc.errors import UserError

SPEAKER, GENDER = "VoxCeleb2 ID", "Gender"

#: How a speaker is named, and the genders of the list.
ID, GENDERS = re.compile(r"id\d{5}", re.ASCII), ("f", "m")


def read_genders(path: Path) -> dict[str, str]:
    """Return speaker -> ``f`` or ``m``.

    Raises
    ------
    UserError
        If the list cannot be read, lacks a column, or a row is wrong or contradicts another.
    """
    path = path.expanduser()
    if fault := fault_of_file(path):
        raise UserError(f"params.yaml: `speakers` of voxceleb2: {path}: {fault}; correct it")
    genders = dict[str, str]()
    for row in read_rows(path, (SPEAKER, GENDER)):
        speaker, gender = row.cells[SPEAKER], row.cells[GENDER].lower()
        if not ID.fullmatch(speaker):
            raise UserError(f"{row.where}: {SPEAKER} {speaker!r} is not of the form id00012")
        if gender not in GENDERS:
            raise UserError(f"{row.where}: {GENDER} {gender!r} is not m or f; correct it")
        if genders.setdefault(speaker, gender) != gender:
            raise UserError(
                f"{row.where}: {speaker} has another gender in a row before; correct it"
            )
    return genders


def gender_tags(clips: Iterable[Clip], genders: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the tags of val and test clips, the gender of the speaker, and print their numbers.

    Clips of a speaker who is not in the list have no tag, and so are in no tagged test set.

    Parameters
    ----------
    clips
        The available clips; the first class of val and test clips is the speaker.
    genders
        Of `read_genders`.
    """
    held_out = [clip for clip in clips if clip.split != "train"]
    tags: dict[str, tuple[str, ...]] = {
        clip.id: (genders[clip.classes[0]],) for clip in held_out if clip.classes[0] in genders
    }
    for split in ("val", "test"):
        ids = [clip.id for clip in held_out if clip.split == split]
        counts = Counter(tags[id][0] for id in ids if id in tags)
        print(
            f"voxceleb2: {split} has {counts['f']} clips of female and {counts['m']} of male "
            f"speakers, and {len(ids) - counts.total()} of speakers who are not in the list",
            flush=True,
        )
    return tags
