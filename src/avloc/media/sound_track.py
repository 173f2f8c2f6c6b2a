"""The sound of a video as a file of samples, which is read in parts."""

from pathlib import Path

import ffmpeg
import numpy as np
from numpy.typing import NDArray

from avloc.media import faults, sound
from avloc.media.containers import RESTRICTED
from avloc.media.faults import Unusable
from avloc.media.process import BITEXACT, file_url, run_ffmpeg
from avloc.media.reading import LIMIT_PER_SECOND_S, OPENING_LIMIT_S, Wanted, read_sound_alone
from avloc.media.video_facts import VideoFacts

#: Length for which the sound of a file that announces none is read, and what is read beyond that
#: which is announced.
LONGEST_S, BEYOND_S = 86400.0, 10.0

#: Samples that are looked at together.
AT_A_TIME = 1 << 20

#: Channels are tried up to this number.
MOST_CHANNELS = 8


def extract_sound(
    facts: VideoFacts, sample_rate_hz: int, folder: Path, duration_s: float | None = None
) -> NDArray[np.int16]:
    """Write the sound of a video, mixed to one channel, into a folder, and map it into memory.

    Gaps become silence. Of channels that cancel each other out the first that is heard is taken.

    Parameters
    ----------
    facts
        The video.
    sample_rate_hz
        Samples per second.
    folder
        It must stay while the sound is used.
    duration_s
        Sound after this time is left out; None for all of it.

    Returns
    -------
    ndarray
        (N,), a file that is mapped; sample 0 is at the time of the first picture.

    Raises
    ------
    Unusable
        If no sound decodes while there are pictures.
    UserError
        If the machine is at fault.
    """
    mix = _extracted(facts, sample_rate_hz, folder / "mix.s16", duration_s, "")
    if not facts.is_mono and _loudness(mix) < sound.CANCELLED:
        for number in range(MOST_CHANNELS):
            name, pan = f"channel{number}.s16", f"pan=mono|c0=c{number},"
            try:
                channel = _extracted(facts, sample_rate_hz, folder / name, duration_s, pan)
            except Unusable:
                break
            if _loudness(channel) * sound.CANCELLED > _loudness(mix):
                return channel
    return mix


def _extracted(
    facts: VideoFacts, sample_rate_hz: int, file: Path, duration_s: float | None, before: str
) -> NDArray[np.int16]:
    end_s = facts.duration_s + BEYOND_S if facts.duration_s else LONGEST_S
    if duration_s is not None:
        end_s = min(end_s, facts.start_s + duration_s + 1)
    source = ffmpeg.input(file_url(facts.path), **RESTRICTED)
    # Time 0 is the start of the streams that are used, so the pictures must be used, too.
    unseen = source["V:0"].output("pipe:1", format="null", c="copy", t=end_s)
    heard = source[str(facts.track)].output(
        file_url(file), af=before + sound.steady_filters(sample_rate_hz, end_s), format="s16le",
        t=end_s, max_error_rate=1, **BITEXACT,
    )  # fmt: skip
    limit_s = OPENING_LIMIT_S + LIMIT_PER_SECOND_S * end_s
    run = run_ffmpeg(ffmpeg.merge_outputs(unseen, heard), limit_s, file.parent, facts.path)
    if sound.has_parts(run.log):
        # Rare: the rate or the number of channels changes. This reads the whole sound at once.
        wanted = Wanted(1, (2, 2), sample_rate_hz, end_s)
        mix = read_sound_alone(facts.path, str(facts.track), wanted, 0.0, "mono")
        mix[:, 0].astype("<i2").tofile(file)
    first = round(facts.start_s * sample_rate_hz)
    count = file.stat().st_size // np.dtype("<i2").itemsize - first if file.is_file() else 0
    if count <= 0:
        raise Unusable(f"no sound while there are pictures: {faults.CANNOT_DECODE}", run.log.tail())
    return np.asarray(np.memmap(file, "<i2", "r")[first:])


def _loudness(samples: NDArray[np.int16]) -> float:
    """Return the root mean square, full scale being 1, in little memory."""
    total = 0.0
    for first in range(0, len(samples), AT_A_TIME):
        part = samples[first : first + AT_A_TIME].astype(np.float64) / 32768
        total += float(part @ part)
    return float(np.sqrt(total / max(1, len(samples))))
