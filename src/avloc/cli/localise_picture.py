"""``avloc localize PICTURE --audio SOUND ...``."""

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from avloc.errors import UserError
from avloc.files import atomic
from avloc.inference.localised_image import LocalisedImage
from avloc.inference.model import Model
from avloc.inference.timeline import Timeline
from avloc.media import Unusable, decode_sound
from avloc.report.findings import picture_in_words, write_maps, write_table
from avloc.report.overlay import draw


def localise_picture(model: Model, options: argparse.Namespace) -> None:
    """Write a picture with what was found in it, and say what that is.

    Parameters
    ----------
    model
        The model.
    options
        The command line (`avloc.cli.localise.parsed`).

    Raises
    ------
    UserError
        If the picture or a sound cannot be read.
    """
    image = read_picture(options.file)
    windows = []
    for path in options.audio:
        try:
            sound = decode_sound(path, model.sample_rate_hz)
        except Unusable as reason:
            raise UserError(f"{reason}; give a file with sound") from None
        windows.append(model.heard(sound, model.sample_rate_hz))
    found = model.localize_window(image, *windows)
    with atomic(options.output) as temporary:
        written = cv2.cvtColor(draw(image, found), cv2.COLOR_RGB2BGR)
        temporary.write_bytes(cv2.imencode(".png", written)[1].tobytes())
    timeline = _timeline(model, found)
    if options.maps:
        write_maps(options.maps, timeline)
    if options.peaks:
        write_table(options.peaks, timeline)
    print(f"{options.file}: {picture_in_words(found)}")
    print(f"(model {model.path}: {model.level.described})")
    print(f"{options.output} written")


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Return a picture as (H, W, 3) RGB, turned as its camera says.

    Raises
    ------
    UserError
        If it cannot be read.
    """
    try:
        content = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; give a picture that can be read") from None
    image = cv2.imdecode(content, cv2.IMREAD_COLOR) if len(content) else None
    if image is None:
        raise UserError(f"{path} is not a picture that is read here; give a PNG or JPEG file")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def _timeline(model: Model, found: LocalisedImage) -> Timeline:
    """Return a picture as a video of one window, for the table and the archive."""
    return Timeline(np.zeros(1), found.maps[None], np.array([found.silent]), model.level)
