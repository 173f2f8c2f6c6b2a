"""Show where a trained row hears the sounds of your own video.

For example ``python -m avloc.cli.localise models/synthetic/ours.pt my.mp4 --output my.sounds.mp4``.
"""

import argparse
import math
from pathlib import Path

import numpy as np
import torch

from avloc.audio.logmel import LogMel
from avloc.audio.windows import spectrograms_around, window_samples
from avloc.data.shards.format import FULL_SCALE
from avloc.errors import UserError, reported
from avloc.inference.localiser import open_localisers
from avloc.media import Unusable, decode, decode_unsquashed, encode
from avloc.report.overlay import overlay
from avloc.report.peaks import in_words, peaks, write_peaks
from avloc.training.device import choose_device

#: Frames that the network sees at a time; the maps do not depend on it.
FRAMES_AT_A_TIME = 32

#: Said of a video without sound instead of where its maps peak, which would mean nothing.
SILENT = "its sound track is silent, so the maps show only what the network marks without a sound"


def parsed() -> argparse.Namespace:
    """Return the command line, checked.

    Raises
    ------
    UserError
        If a number is not finite and above 0, the height is odd, the output is no .mp4, or a file
        to write is one to read or is given twice.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path, help="models/<data set>/<row>.pt")
    parser.add_argument("video", type=Path)
    parser.add_argument("--output", type=Path, required=True, help="video to write, .mp4")
    parser.add_argument("--csv", type=Path, help="file for the peak of every map")
    parser.add_argument("--fps", type=float, default=8.0)
    parser.add_argument("--height", type=int, default=360, help="of the written video, even")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1")
    # The whole video is held in memory, at 640 x 360 about 1 GB a minute.
    parser.add_argument("--max-duration-s", type=float, default=60.0, help="the rest is left out")
    options = parser.parse_args()
    for name, value in vars(options).items():
        if isinstance(value, int | float) and not 0 < value < math.inf:
            raise UserError(
                f"--{name.replace('_', '-')} {value} is not a finite number above 0; correct it"
            )
    if options.height % 2:
        raise UserError(f"--height {options.height} is odd, which H.264 cannot be; add 1")
    if options.output.suffix != ".mp4":
        raise UserError(f"--output {options.output} must end in .mp4; name another file")
    taken = {options.checkpoint.resolve(): "the checkpoint", options.video.resolve(): "the video"}
    for name, path in (("--output", options.output), ("--csv", options.csv)):
        if path is None:
            continue
        if whose := taken.get(path.resolve()):
            raise UserError(f"{name} {path} is {whose} and would be replaced; name another file")
        taken[path.resolve()] = f"the file of {name}"
    return options


def main() -> None:
    """Write the video with its maps, and print where each map mostly peaks."""
    with reported():
        options = parsed()
        video, fps, longest_s = options.video, options.fps, options.max_duration_s
        device = choose_device(options.device)
        localiser = open_localisers(options.checkpoint, device, FRAMES_AT_A_TIME)[0]
        audio, size_px = localiser.row.audio, localiser.data.image_px
        try:
            seen = decode(video, fps, size_px, audio.sample_rate_hz, longest_s)
            shown = decode_unsquashed(video, fps, options.height, audio.sample_rate_hz, longest_s)
        except Unusable as reason:
            raise UserError(f"{video}: {reason}; give a video with pictures and sound") from None
        waveform = (seen.waveform / FULL_SCALE).astype(np.float32)
        log_mel = LogMel(audio.sample_rate_hz, audio.n_fft, audio.hop, audio.mels)
        centres = [round(n / fps * audio.sample_rate_hz) for n in range(len(seen.frames))]
        window = window_samples(audio.window_s, audio.sample_rate_hz)
        heard = spectrograms_around(
            torch.from_numpy(waveform), torch.tensor(centres), window, log_mel
        )
        maps = localiser(seen.frames, heard.numpy())
        if localiser.map_kind == "classes":
            # Which class sounds is not known here: the map of whatever sounds is shown.
            maps = maps[:, :1]
        drawn = overlay(shown.frames, maps)
        encode(options.output, drawn, fps, waveform, audio.sample_rate_hz)
        found = peaks(maps)
        if options.csv:
            write_peaks(options.csv, found, fps)
        cut = " (stopped at --max-duration-s)" if len(maps) >= longest_s * fps else ""
        for note in seen.notes:
            print(f"{video}: {note}")
        said = SILENT if seen.is_silent else in_words(found)
        print(f"{video}: {len(maps)} frames, {len(maps) / fps:.1f} s{cut}; {said}")


if __name__ == "__main__":
    main()
