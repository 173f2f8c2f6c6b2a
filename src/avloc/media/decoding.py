"""Reads frames and sound of video files, by time."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avloc.media import faults
from avloc.media.containers import check_file, is_cut_off
from avloc.media.damage import examine, signs
from avloc.media.faults import Unusable
from avloc.media.log import Stream
from avloc.media.process import Overdue
from avloc.media.reading import EXTRA_SOUND_S, Reading, Wanted, read, read_sound_alone
from avloc.media.sound import heard_channel, may_cancel
from avloc.media.sound_files import read_sound

#: A last picture that stands still is repeated if the sound goes on for longer than this. Streams
#: that should end together differ by less.
STANDS_STILL_S = 1.0

#: A file that ends by more than this before the time that it announces has lost its end, or its
#: recorder did not know better.
MISSING_S = 1.0

#: Pictures may start this much later than the sound.
LATEST_START_S = 600.0

#: Smallest sample that counts as heard, of 32,768: -78 dB. Lossy codecs leave less in silence.
AUDIBLE = 4


@dataclass(frozen=True)
class Media:
    """Frames and sound of a video, of equal length and on one clock.

    Parameters
    ----------
    frames
        (T, H, W, 3) RGB; frame n is on screen at n / fps seconds.
    waveform
        (N,) mono; sample 0 is at the time of frame 0.
    notes
        What to know of how the file was read, a few words each, the same for every build of ffmpeg.
    """

    frames: NDArray[np.uint8]
    waveform: NDArray[np.int16]
    notes: tuple[str, ...] = ()

    @property
    def is_silent(self) -> bool:
        """Whether nothing is heard: no sample reaches `AUDIBLE`."""
        return not np.any(np.abs(self.waveform.astype(np.int32)) >= AUDIBLE)


def decode(
    path: Path, fps: float, size_px: int, sample_rate_hz: int, max_duration_s: float
) -> Media:
    """Read frames and sound of a video, the frames resized to squares.

    Frames are chosen by time, so videos of 25, 29.97 or a variable number of frames per second are
    read alike. Time 0 is the first frame. Silence fills gaps in the sound, and the time before a
    late start. Frames end with the sound; the last frame may need less than its duration of
    silence. The sound ends with the frames, but if it goes on for more than a second, the last
    frame is repeated: a screen recording has a new picture only when something changes.

    Parameters
    ----------
    path
        The video.
    fps
        Frames per second to read; the video may have another rate.
    size_px
        Side S of the frames, in pixels.
    sample_rate_hz
        Samples per second to read; the video may have another rate.
    max_duration_s
        The video is cut after this time.

    Returns
    -------
    Media
        (T, S, S, 3) frames and their sound.

    Raises
    ------
    Unusable
        If the file has no frames or no sound, or is damaged; the message is the reason.
    """
    return _decode(path, Wanted(fps, (size_px, size_px), sample_rate_hz, max_duration_s))


def decode_unsquashed(
    path: Path, fps: float, height_px: int, sample_rate_hz: int, max_duration_s: float
) -> Media:
    """Read the same frames as `decode`, but with the aspect ratio in which a player shows them.

    Parameters
    ----------
    path, fps, sample_rate_hz, max_duration_s
        As for `decode`.
    height_px
        Height of the frames, in pixels. Their width follows from the aspect ratio of the video,
        rounded to an even number.

    Raises
    ------
    Unusable
        As for `decode`.
    """
    width = f"2*max(1,round({height_px}*dar/2))"
    return _decode(path, Wanted(fps, (width, height_px), sample_rate_hz, max_duration_s))


def decode_sound(path: Path, sample_rate_hz: int) -> NDArray[np.float32]:
    """Read the sound of a file, mixed to one channel.

    Parameters
    ----------
    path
        A video or a sound file.
    sample_rate_hz
        Samples per second to read.

    Returns
    -------
    ndarray
        (samples,) in [-1, 1].

    Raises
    ------
    Unusable
        If the file has no sound or is damaged.
    """
    try:
        check_file(path)
        return read_sound(path, sample_rate_hz)
    except Unusable as unusable:
        raise Unusable(f"{path}: {unusable}", unusable.detail) from None
    except Overdue as overdue:
        raise Unusable(f"{path}: {overdue}") from None


class _NoSound(Unusable):
    """A sound track that cannot be used; another one may be."""


def _decode(path: Path, wanted: Wanted) -> Media:
    """Read a video with the sound track that players take, or with the first that decodes."""
    check_file(path)
    try:
        first = read(path, "a:0", wanted)
        tracks = _sound_tracks(path, first)
        refused = list[_NoSound]()
        for track in sorted(tracks, key=lambda track: not track.is_default):
            name = str(track.index)
            reading = first if track is tracks[0] else read(path, name, wanted)
            try:
                video = _finished(path, name, reading, wanted, track.has_one_channel)
            except _NoSound as reason:
                refused.append(reason)
                continue
            if len(tracks) == 1:
                return video
            number = f"sound track {tracks.index(track) + 1} of {len(tracks)} is used"
            why = ", since another one cannot be read" if refused else ""
            return replace(video, notes=(number + why, *video.notes))
    except Overdue as overdue:
        raise Unusable(str(overdue)) from None
    raise Unusable(str(refused[0]), refused[0].detail)


def _sound_tracks(path: Path, first: Reading) -> list[Stream]:
    """Return the streams of sound, of a file that has some, and has pictures."""
    run = first.run
    if run.crashed:
        raise Unusable(faults.CRASHES_ON_IT, run.log.tail())
    if not run.log.demuxer:
        raise faults.not_opened(path, run.log)
    if not any(stream.kind == "Video" for stream in run.log.streams):
        raise Unusable(faults.NO_PICTURES)
    tracks = [stream for stream in run.log.streams if stream.kind == "Audio"]
    if not tracks:
        raise Unusable(faults.NO_SOUND)
    return tracks


def _finished(
    path: Path, track: str, reading: Reading, wanted: Wanted, has_one_channel: bool
) -> Media:
    """Check what was read, and cut pictures and sound to the same time."""
    extra_s = EXTRA_SOUND_S
    if reading.start_s > LATEST_START_S:
        raise Unusable(f"its pictures start {reading.start_s:.0f} s after its sound")
    if reading.start_s > EXTRA_SOUND_S:
        extra_s = math.ceil(reading.start_s) + EXTRA_SOUND_S
        reading = read(path, track, wanted, extra_s)
    _check_damage(path, track, reading, wanted)
    if not len(reading.frames):
        raise Unusable("no picture could be decoded", reading.run.log.tail())
    run, mix, notes = reading.run, reading.mix, list[str]()
    if len(mix) and not has_one_channel and may_cancel(mix):
        channels = read_sound_alone(path, track, wanted, extra_s, "")
        number = heard_channel(mix, channels, AUDIBLE)
        if number is not None:
            mix = channels[:, number]
            notes.append(f"its channels cancel each other out; channel {number + 1} is used")
    start = round(reading.start_s * wanted.sample_rate_hz)
    waveform = mix[start:] if start >= 0 else np.pad(mix, (-start, 0))
    video = _of_equal_length(reading.frames, waveform, wanted)
    announced_s = min(run.log.duration_s - max(reading.start_s, 0.0), wanted.duration_s)
    there_s = max(len(video.frames), len(reading.frames)) / wanted.fps
    there_s = max(there_s, len(waveform) / wanted.sample_rate_hz)
    if announced_s - there_s > MISSING_S:
        notes.append(f"ends after {there_s:.1f} s, though the file announces {announced_s:.1f} s")
    return replace(video, notes=(*notes, *video.notes))


def _check_damage(path: Path, track: str, reading: Reading, wanted: Wanted) -> None:
    run, end_s = reading.run, reading.start_s + wanted.duration_s
    ended_early = len(reading.frames) < wanted.most_frames or len(reading.mix) < math.floor(
        end_s * wanted.sample_rate_hz
    )
    if run.crashed:
        raise Unusable(faults.CRASHES_ON_IT, run.log.tail())
    faults.check_picture_size(run.status, run.log)
    if ended_early and (run.log.warns(*faults.ENDED_EARLY) or is_cut_off(path, run.log.demuxer)):
        raise Unusable(faults.TRUNCATED, run.log.tail())
    if not run.status and not signs(run.log, ended_early):
        return
    findings = examine(path, track, end_s, wanted.limit_s)
    if findings.pictures:
        raise Unusable(findings.pictures, findings.detail)
    if findings.sound:
        raise _NoSound(findings.sound, findings.detail)
    if run.status:
        raise Unusable(faults.CANNOT_DECODE, run.log.tail())


def _of_equal_length(
    frames: NDArray[np.uint8], waveform: NDArray[np.int16], wanted: Wanted
) -> Media:
    fps, rate_hz = wanted.fps, wanted.sample_rate_hz
    count = math.ceil(len(waveform) * fps / rate_hz)
    if not count:
        raise _NoSound("no sound while there are pictures")
    if len(waveform) / rate_hz - len(frames) / fps <= STANDS_STILL_S:
        count = min(count, len(frames))
    count = min(count, wanted.most_frames)
    notes: tuple[str, ...] = ()
    if count > len(frames):
        still = count - len(frames)
        frames = np.concatenate([frames, np.repeat(frames[-1:], still, axis=0)])
        notes = (f"the last picture stands still for {still / fps:.1f} s",)
    samples = round(count * rate_hz / fps)
    waveform = np.pad(waveform[:samples], (0, max(0, samples - len(waveform))))
    return Media(frames[:count], waveform, notes)
