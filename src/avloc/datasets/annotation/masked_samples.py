"""Read the 446 annotated frames of VGGSound-Instruments from their authors' archive.

The archive itself was not available when this was written. The code of later papers shows a folder
``Masks`` with one pickled array per sample, and a CSV file with the columns ``sample_index`` and
``current_frame_path``. So this reader is lenient: it takes the number of a sample from the last
digits of a name, its clip from any cell of its row that names one as VGGSound's lists do, and its
time from the number in the file name of its frame.
"""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avloc.datasets.annotation import archives
from avloc.datasets.annotation.safe_unpickling import load_array
from avloc.errors import UserError

#: Name of a clip in VGGSound's lists: YouTube id and start in seconds; or YouTube id, start and end
#: in milliseconds.
CLIP_NAME = re.compile(r"(?<![\w-])([\w-]{11})_(\d{6})(?!\d|_\d)", re.ASCII)
CLIP_NAME_MS = re.compile(r"(?<![\w-])([\w-]{11})_(\d+)_(\d+)(?![\w-])", re.ASCII)

#: ``00012.jpg``, ``frame000012.jpg``; not ``sample0012.jpg``.
FRAME = re.compile(r"(?:^|[/_])(?:frame_?)?(\d{1,9})\.(?:jpe?g|png)$", re.ASCII | re.IGNORECASE)

#: Length of a clip of VGGSound.
CLIP_S = 10.0

#: Largest file that is read; a mask of 1080 x 1920 numbers of 8 bytes has 17 MB.
LARGEST_MB = 64.0


@dataclass(frozen=True)
class Sample:
    """What the archive holds of one sample.

    Parameters
    ----------
    clip
        YouTube id and start in seconds, or None if the archive does not name it.
    time_s
        Time of the frame from the start of the clip, or None if the archive does not name it.
    mask
        (H, W) bool, or None if it is missing or empty.
    """

    clip: tuple[str, float] | None
    time_s: float | None
    mask: NDArray[np.bool_] | None

    @property
    def missing_reason(self) -> str:
        """Why it cannot be used, in one word; empty if it can."""
        if self.mask is None:
            return "no-mask"
        if self.clip is None:
            return "clip-unnamed"
        return "time-unnamed" if self.time_s is None else ""


UNKNOWN = Sample(None, None, None)


def read_samples(archive: Path, fps: float, first_frame: int) -> dict[int, Sample]:
    """Return the samples of the archive by their number.

    Parameters
    ----------
    archive
        A zip or tar file, or the folder where it was unpacked.
    fps
        Frame rate by which file names number the frames.
    first_frame
        Number of the first frame.

    Raises
    ------
    UserError
        If the archive holds no mask, two of one sample or one that is no mask, or if a frame is not
        within its clip.
    """
    masks, rows = dict[int, NDArray[np.bool_]](), dict[int, Mapping[str, str]]()
    for name, content in archives.read_members(archive, _is_needed, LARGEST_MB):
        where = f"{archive}: {name}"
        if name.lower().endswith(".csv"):
            rows |= _rows(content, where)
            continue
        number = sample_number(Path(name).stem, where)
        if number in masks:
            raise UserError(f"{where}: a second mask of sample {number}; remove one")
        masks[number] = as_mask(load_array(content, where), where)
    if not masks:
        raise UserError(f"{archive} holds no file Masks/*.pkl; get the right archive")
    samples = {}
    for number in sorted(masks.keys() | rows.keys()):
        mask, row = masks.get(number), rows.get(number, {})
        clip = _clip(row)
        time_s = _time_s(row, fps, first_frame) if clip else None
        if time_s is not None and not 0 <= time_s < CLIP_S:
            raise UserError(
                f"{archive}: the frame of sample {number} would be at {time_s:g} s of a clip of "
                f"{CLIP_S:g} s; correct annotation_fps or annotation_first_frame in params.yaml"
            )
        has_pixels = mask is not None and bool(mask.any())
        samples[number] = Sample(clip, time_s, mask if has_pixels else None)
    return samples


def as_mask(array: NDArray[np.generic], where: str) -> NDArray[np.bool_]:
    """Return a mask as booleans.

    Parameters
    ----------
    array
        One or two values, of which the larger one marks the object (a single one does if it is
        above 0); axes of length 1 are dropped.
    where
        File, for the message.

    Returns
    -------
    ndarray
        (H, W) bool.

    Raises
    ------
    UserError
        If it has another shape or more values.
    """
    flat = np.squeeze(array)
    values = np.unique(flat)
    if flat.ndim != 2 or len(values) not in (1, 2):
        raise UserError(
            f"{where}: an array of shape {array.shape} with {len(values)} values is no mask, which "
            "has height x width pixels and two values"
        )
    return np.asarray(flat == values[1] if len(values) == 2 else flat > 0)


def sample_number(text: str, where: str) -> int:
    """Return the number that ``sample0007``, ``0007``, ``7`` and ``7.0`` end in.

    Parameters
    ----------
    text
        The name of a sample.
    where
        File, for the message.

    Raises
    ------
    UserError
        If there is no number.
    """
    found = re.search(r"(\d{1,9})(?:\.0+)?\D*$", text, re.ASCII)
    if not found:
        raise UserError(f"{where}: {text!r} has no number of a sample; get the file again")
    return int(found[1])


def _is_needed(name: str) -> bool:
    *folders, file = name.lower().split("/")
    if file.startswith(".") or "__macosx" in folders:
        return False
    return file.endswith(".csv") or ("masks" in folders and file.endswith(".pkl"))


def _rows(content: bytes, where: str) -> dict[int, Mapping[str, str]]:
    """Return the rows of a CSV file by sample; none if it has no column for samples."""
    try:
        text = content.decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text, newline=""), restkey="", restval=""))
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{where} is no CSV file in UTF-8 ({error}); get it again") from None
    if not rows or "sample_index" not in rows[0]:
        print(f"vggsound-instruments: {where} has no column sample_index and is left out")
        return {}
    return {
        sample_number(row["sample_index"], where): {
            column: str(cell).strip().replace("\\", "/") for column, cell in row.items()
        }
        for row in rows
    }


def _clip(row: Mapping[str, str]) -> tuple[str, float] | None:
    """Return YouTube id and start of the clip that a row names; the path of its frame first."""
    for text in [row.get("current_frame_path", ""), *row.values()]:
        if found := CLIP_NAME.search(text):
            return found[1], float(found[2])
        found = CLIP_NAME_MS.search(text)
        if found and int(found[3]) - int(found[2]) == 1000 * CLIP_S:
            return found[1], int(found[2]) / 1000
    return None


def _time_s(row: Mapping[str, str], fps: float, first_frame: int) -> float | None:
    path = row.get("current_frame_path", "")
    # In "<YouTube id>_<start>.jpg" the digits are not the number of a frame.
    if CLIP_NAME.search(path.rpartition("/")[2]):
        return None
    found = FRAME.search(path)
    return (int(found[1]) - first_frame) / fps if found else None
