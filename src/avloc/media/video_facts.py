"""What a video file holds: size, rate, times and sound, learnt from its first picture."""

import re
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import ffmpeg

from avloc.media import faults
from avloc.media.containers import RESTRICTED, check_file
from avloc.media.faults import Unusable
from avloc.media.log import Log
from avloc.media.process import file_url, run_ffmpeg
from avloc.media.reading import OPENING_LIMIT_S, WITHOUT_TIMES

#: Frames per second of a file that does not say, and the most that are written. A file with a
#: variable rate may announce the rate of its clock.
USUAL_FPS, MOST_FPS = Fraction(30), Fraction(120)

#: What is read to learn what a file holds.
PROBE_S = 0.2


@dataclass(frozen=True)
class VideoFacts:
    """What a video file holds.

    Parameters
    ----------
    path
        The file.
    width, height
        Of its pictures as a player shows them, upright and with square pixels, in pixels; even.
    fps
        Frames per second.
    start_s
        Time of the first picture.
    duration_s
        The duration that the file announces; 0 if it announces none.
    track, tracks
        Stream of the sound that players take, as ffmpeg numbers it, and how many there are.
    is_mono
        Whether that sound has one channel.
    codec
        Of that sound, as ffmpeg names it.
    """

    path: Path
    width: int
    height: int
    fps: Fraction
    start_s: float
    duration_s: float
    track: int
    tracks: int
    is_mono: bool
    codec: str


def examine_video(path: Path) -> VideoFacts:
    """Return what a video file holds.

    Raises
    ------
    Unusable
        If it cannot be opened, or lacks pictures or sound; the message is the reason.
    UserError
        If the machine is at fault.
    """
    check_file(path)
    with tempfile.TemporaryDirectory(prefix="avloc-") as folder:
        source = ffmpeg.input(file_url(path), **RESTRICTED)
        pictures = source["V:0"].output(  # a capital V leaves out cover art
            "pipe:1", vf=f"{_upright()},showinfo", format="image2pipe", vcodec="ppm",
            pix_fmt="rgb24", **{"frames:v": 1},
        )  # fmt: skip
        # Time 0 is the start of the streams that are used, so the sound must be used, too.
        heard = source["a:0"].output("pipe:1", format="null", t=PROBE_S)
        run = run_ffmpeg(ffmpeg.merge_outputs(pictures, heard), OPENING_LIMIT_S, Path(folder), path)
    if run.crashed:
        raise Unusable(faults.CRASHES_ON_IT, run.log.tail())
    faults.check_picture_size(run.status, run.log)
    if not run.log.demuxer:
        raise faults.not_opened(path, run.log)
    if not any(stream.kind == "Video" for stream in run.log.streams):
        raise Unusable(faults.NO_PICTURES)
    tracks = [stream for stream in run.log.streams if stream.kind == "Audio"]
    if not tracks:
        raise Unusable(faults.NO_SOUND)
    size = re.match(rb"P6\n(\d+) (\d+)\n255\n", run.received)
    if size is None:
        raise Unusable("no picture could be decoded", run.log.tail())
    track = min(tracks, key=lambda track: not track.is_default)
    start = re.search(r"\bn: *0 .*?pts_time:(-?[\d.]+)", run.log.report)
    codec = re.search(rf"Stream #0:{track.index}\b.*?: Audio: (\w+)", run.log.report)
    return VideoFacts(
        path,
        int(size[1]),
        int(size[2]),
        _fps(run.log),
        max(0.0, float(start[1])) if start and run.log.demuxer not in WITHOUT_TIMES else 0.0,
        run.log.duration_s,
        track.index,
        len(tracks),
        track.has_one_channel,
        codec[1] if codec else "",
    )


def _upright() -> str:
    """Return the filter that gives even sides and square pixels; ffmpeg itself turns pictures."""
    return "scale=w='2*max(1,round(iw*sar/2))':h='2*max(1,round(ih/2))',setsar=1"


def _fps(log: Log) -> Fraction:
    rate = re.search(r"frame_rate: (\d+)/(\d+)", log.report)
    if not rate or not int(rate[1]) or not int(rate[2]):
        return USUAL_FPS
    fps = Fraction(int(rate[1]), int(rate[2]))
    return fps if fps <= MOST_FPS else USUAL_FPS
