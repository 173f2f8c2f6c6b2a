"""Puts the sound of a file on one clock and mixes it to one channel."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avloc.media.log import Log

#: Sound that is late by this is moved to where its time stamps put it: a gap becomes silence.
SMALLEST_GAP_S = 0.015

#: Sound that is early by less than the first of these stays where it is: some recorders write time
#: stamps that are up to 21 ms early, without having lost anything. Of earlier sound, the beginning
#: is cut off: it overlaps with the sound before it. Where the rate changes, MPEG-TS has time stamps
#: of the rate that was left, which are early by less than the second for less than the third.
EARLY_S, EARLY_AFTER_CHANGE_S, MOMENT_S = 0.03, 0.2, 0.5

#: The time stamp of a block of samples: the end of the block before, if it begins a little earlier.
#: Variable 0 is where the block before ended, 1 is by how much this one is early, 2 is for how long
#: blocks were early, and 3 is where this one begins.
TIME_STAMP = (
    "st(1,if(gt(N,0),(ld(0)-PTS)*TB,0));"
    f"st(2,if(gt(ld(1),{EARLY_S}),ld(2)+NB_SAMPLES/SR,0));"
    "st(3,if(gt(ld(1),0)*lt(ld(1),{early_s})*lt(ld(2),{moment_s}),ld(0),PTS));"
    "st(0,round(ld(3)+NB_SAMPLES/SR/TB));ld(3)"
)

#: What is decoded beyond the wanted end, so that resampling has samples on both sides of it.
REST_S = 0.5

#: Channels whose mix is this much softer than one of them cancel each other out: a side was turned
#: over. The factor is one of amplitude, 40 dB. Coding leaves a rest, so the mix need not be 0.
CANCELLED = 0.01

#: Filters for a sound whose rate and channels stay, and what they write of the first block. Filters
#: that are made anew, because of a change, begin to count anew.
NUMBERED = "ametadata=mode=add:key=heard:value=1:enable='eq(n,0)',ametadata=mode=print"
FIRST_BLOCK = "frame:0 "

#: A filter that writes start, channels and length of each block. Other threads of ffmpeg may cut
#: into its lines, so no other messages may be wanted of a run with it.
DESCRIBED = "ashowinfo"
BLOCK = re.compile(r"n:(\d+) pts:(-?\d+) [^\n]*channels:(\d+) [^\n]*nb_samples:(\d+) ")


@dataclass
class Part:
    """Sound that the same filters gave, and the sample at which it begins."""

    start: int
    channels: int
    samples: int = 0


def steady_filters(sample_rate_hz: int, end_s: float) -> str:
    """Return filters that give 16-bit samples of one channel, from time 0 on.

    Parameters
    ----------
    sample_rate_hz
        Samples per second.
    end_s
        What is later is not needed.
    """
    stamp = TIME_STAMP.format(early_s=EARLY_S, moment_s=MOMENT_S)
    return _filters(stamp, sample_rate_hz, end_s, "first_pts=0", ":channel_layouts=mono", NUMBERED)


def changing_filters(sample_rate_hz: int, end_s: float, layout: str) -> str:
    """Return filters that give 16-bit samples of a sound that may change, from its start on.

    Parameters
    ----------
    sample_rate_hz, end_s
        As for `steady_filters`.
    layout
        Of the channels, as ffmpeg names it; empty for that of the file.
    """
    stamp = TIME_STAMP.format(early_s=EARLY_AFTER_CHANGE_S, moment_s=MOMENT_S)
    channels = f":channel_layouts={layout}" if layout else ""
    return _filters(stamp, sample_rate_hz, end_s, "async=1", channels, DESCRIBED)


def _filters(
    stamp: str, sample_rate_hz: int, end_s: float, fill: str, channels: str, show: str
) -> str:
    # The end is cut off before gaps are filled, or a time stamp that is years ahead would fill the
    # memory.
    return (
        f"asetpts='{stamp}',"
        f"atrim=end={end_s + REST_S},"
        f"aresample={sample_rate_hz}:{fill}:min_hard_comp={SMALLEST_GAP_S},"
        f"aformat=sample_fmts=s16:sample_rates={sample_rate_hz}{channels},"
        f"{show}"
    )


def on_one_clock(samples: NDArray[np.int16], log: Log) -> NDArray[np.int16]:
    """Join the parts of a sound whose rate or channels change; return (samples, channels).

    Sample 0 is at time 0. Where parts overlap, the later one is taken.

    Parameters
    ----------
    samples
        What ffmpeg wrote, one part after the other.
    log
        Messages of a run with `changing_filters`.
    """
    parts = list[Part]()
    for number, start, channels, count in BLOCK.findall(log.report):
        if number == "0" or not parts:
            parts.append(Part(int(start), int(channels)))
        parts[-1].samples += int(count)
    width = max((part.channels for part in parts), default=1)
    joined, begin = np.zeros((0, width), np.int16), 0
    for part in parts:
        end = begin + part.samples * part.channels
        block = samples[begin:end]
        block = block[: len(block) // part.channels * part.channels].reshape(-1, part.channels)
        if part.channels == 1:
            block = np.repeat(block, width, axis=1)
        block = np.pad(block, ((0, 0), (0, width - block.shape[1])))[max(0, -part.start) :]
        before = joined[: max(0, part.start)]
        silence = np.zeros((max(0, part.start - len(before)), width), np.int16)
        joined, begin = np.concatenate([before, silence, block]), end
    return joined


def has_parts(log: Log) -> bool:
    """Return whether filters were made anew, in a run with `steady_filters`."""
    return log.report.count(FIRST_BLOCK) > 1


def may_cancel(mix: NDArray[np.int16]) -> bool:
    """Return whether a mix is so soft that its channels may cancel out, full scale being 1."""
    return loudness(mix) < CANCELLED * 32768


def heard_channel(mix: NDArray[np.int16], channels: NDArray[np.int16], audible: int) -> int | None:
    """Return the first channel that is heard, from 0, if the channels cancel out in their mix.

    Parameters
    ----------
    mix
        (samples,)
    channels
        (samples, channels)
    audible
        Smallest sample that counts as heard.
    """
    if loudness(mix) >= CANCELLED * max(loudness(channel) for channel in channels.T):
        return None
    for number, channel in enumerate(channels.T):
        if np.any(np.abs(channel.astype(np.int32)) >= audible):
            return number
    return None


def loudness(samples: NDArray[np.int16] | NDArray[np.float32]) -> float:
    """Return the root mean square."""
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if samples.size else 0.0
