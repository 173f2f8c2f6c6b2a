"""Show where the sounds of your own video, or of a picture, come from.

avloc localize my.mp4                                  writes my.sounds.mp4
avloc localize photo.jpg --audio flute.wav drums.wav   writes photo.sounds.png

Each source has a colour. It is drawn where its map reaches the level from which it counts as
present; where nothing is found, the picture stays as it is.
"""

import argparse
import math
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from avloc.cli.localise_picture import localise_picture
from avloc.cli.localise_video import localise_video_file
from avloc.errors import UserError, reported
from avloc.inference.model import load

DEFAULT_MODEL = "ours-plus"

#: Ends of the names of pictures, for which a sound must be given.
PICTURES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")

#: Added to the number of the signal that ended a command, as shells do.
BY_SIGNAL = 128


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the command line, checked, with the names of files to write filled in.

    Raises
    ------
    UserError
        If a number is not finite and above 0, options do not fit together, or a file to write has
        the wrong name, cannot be written, is one to read, or is given twice.
    """
    parser = argparse.ArgumentParser(
        prog="avloc localize",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, help="a video, or with --audio a picture")
    parser.add_argument(
        "--audio", type=Path, nargs="+", default=[], metavar="SOUND",
        help="sounds for a picture; several are mixed, of each the loudest 0.96 s",
    )  # fmt: skip
    parser.add_argument(
        "--model", default=DEFAULT_MODEL,
        help=f"a released model (`avloc models` lists them) or a checkpoint ({DEFAULT_MODEL})",
    )  # fmt: skip
    parser.add_argument("--output", type=Path, help="file to write: .mp4, or .png of a picture")
    parser.add_argument("--maps", type=Path, help="also write the raw maps here, .npz")
    parser.add_argument("--peaks", type=Path, help="also write strengths, peaks and boxes, .csv")
    parser.add_argument(
        "--maps-per-second", type=float, default=4.0, help="of a video (4); those between are"
        " interpolated",
    )  # fmt: skip
    parser.add_argument(
        "--max-duration-s", type=float, default=math.inf, help="leave out what comes later"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1")
    options = parser.parse_args(arguments)
    picture = bool(options.audio)
    if not picture and options.file.suffix.lower() in PICTURES:
        raise UserError(f"{options.file} is a picture; add its sound with --audio SOUND")
    if not 0 < options.maps_per_second < math.inf:
        raise UserError(
            f"--maps-per-second {options.maps_per_second} is not a finite number above 0; correct"
            " it"
        )
    if not options.max_duration_s > 0:
        raise UserError(
            f"--max-duration-s {options.max_duration_s} is not a number above 0; correct it"
        )
    ending = ".png" if picture else ".mp4"
    options.output = options.output or Path(f"{options.file.stem}.sounds{ending}")
    _check_outputs(options, ending)
    return options


def _check_outputs(options: argparse.Namespace, ending: str) -> None:
    """Refuse files to write that have the wrong name, or would replace an input or one another."""
    read = {"the input": options.file, "the model": Path(options.model)}
    read |= {f"the sound {path}": path for path in options.audio}
    outputs = {"--output": (options.output, ending), "--maps": (options.maps, ".npz"),
               "--peaks": (options.peaks, ".csv")}  # fmt: skip
    taken = dict(read)
    for name, (path, wanted) in outputs.items():
        if path is None:
            continue
        if path.suffix.lower() != wanted:
            raise UserError(f"{name} {path} must end in {wanted}; name another file")
        for whose, other in taken.items():
            if _same_file(path, other):
                raise UserError(
                    f"{name} {path} is {whose} and would be replaced; name another file"
                )
        if path.is_dir():
            raise UserError(f"{name} {path} is a folder; name a file")
        folder = next(p for p in path.absolute().parents if p.exists())
        if not folder.is_dir() or not os.access(folder, os.W_OK):
            raise UserError(f"{name} {path}: {folder} cannot be written to; name another file")
        taken[f"the file of {name}"] = path


def _same_file(one: Path, other: Path) -> bool:
    if one.exists() and other.exists():
        return one.samefile(other)
    return one.resolve() == other.resolve()


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the picture or the video with what was found, and say what that is."""
    with reported():
        options = parsed(arguments)
        # Files that are half written are removed on the way out, as after Ctrl-C.
        signal.signal(signal.SIGTERM, _end)
        model = load(options.model, options.device)
        if options.audio:
            localise_picture(model, options)
        else:
            localise_video_file(model, options)


def _end(number: int, _: FrameType | None) -> None:
    raise SystemExit(BY_SIGNAL + number)
