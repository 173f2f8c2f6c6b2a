"""Timbres: families of sounds without silence.

Every timbre is sustained, or struck again at least three times a second, so that no window of
0.96 s is silent. It is a function with the same parameters, and returns a waveform (samples,) of
any loudness:

Parameters
----------
rng
    Draws pitch, rhythm and colour.
samples
    Length of the sound.
rate_hz
    Sample rate.
"""

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Waveform = NDArray[np.float32]
Signal = NDArray[np.float64]
Timbre = Callable[[np.random.Generator, int, float], Signal]

#: Root mean square of every sound before it is mixed.
SOUND_RMS = 0.1


def play(timbre: Timbre, rng: np.random.Generator, samples: int, rate_hz: float) -> Waveform:
    """Return one sound of a timbre, (samples,), with a root mean square of 0.1.

    Parameters
    ----------
    timbre
        The family of the sound.
    rng, samples, rate_hz
        As for a timbre.
    """
    signal = timbre(rng, samples, rate_hz)
    return np.asarray(signal * (SOUND_RMS / np.sqrt(np.mean(signal**2))), np.float32)


def mix(sounds: Sequence[Waveform]) -> Waveform:
    """Return the mean of sounds of equal loudness, (samples,)."""
    return np.asarray(np.mean(sounds, axis=0), np.float32)


def bell(rng: np.random.Generator, samples: int, rate_hz: float) -> Signal:
    """Strike ringing, inharmonic partials three to five times a second."""
    note, since = _notes(rng, samples, rate_hz, rng.uniform(3.0, 5.0))
    pitch = rng.uniform(600, 1000) * _melody(rng, note)
    decay = rng.uniform(3.0, 5.0)
    partials = ((1.0, 1.0), (2.0, 0.7), (2.76, 0.8), (4.1, 0.5), (5.4, 0.5))
    return _sum(
        level * _decay(since, decay * ratio**0.5) * _sine(pitch * ratio, rate_hz)
        for ratio, level in partials
    )


def drone(rng: np.random.Generator, samples: int, rate_hz: float) -> Signal:
    """Hold a low, dense harmonic tone with a slow beat."""
    pitch = np.full(samples, rng.uniform(110, 190))
    slope = rng.uniform(0.6, 1.0)
    levels = [harmonic**-slope for harmonic in range(1, 13)]
    beat = pitch * rng.uniform(1.003, 1.008)
    return _tone(pitch, levels, rate_hz) + _tone(beat, levels, rate_hz)


def reeds(rng: np.random.Generator, samples: int, rate_hz: float) -> Signal:
    """Hold a bright tone of odd harmonics with a tremolo."""
    note, _ = _notes(rng, samples, rate_hz, rng.uniform(1.5, 3.0))
    pitch = rng.uniform(300, 500) * _melody(rng, note)
    levels = [1.0, 0.0, 0.9, 0.0, 0.8, 0.0, 0.7, 0.0, 0.6, 0.0, 0.4]
    tremolo = 1 + 0.6 * np.sin(2 * np.pi * rng.uniform(6, 9) * _time(samples, rate_hz))
    return tremolo * _tone(pitch, levels, rate_hz)


def gong(rng: np.random.Generator, samples: int, rate_hz: float) -> Signal:
    """Play a low inharmonic rumble with soft strokes of noise."""
    _, since = _notes(rng, samples, rate_hz, rng.uniform(3.0, 4.0))
    pitch = np.full(samples, rng.uniform(180, 260))
    ratios = rng.uniform(1.0, 4.0, size=7)
    rumble = _sum(_sine(pitch * ratio, rate_hz) / ratio for ratio in ratios)
    swish = _noise(rng, samples, rate_hz, 2500, 5000)
    return _decay(since, 2.0) * rumble + 1.5 * _decay(since, 8.0) * swish


def chime(rng: np.random.Generator, samples: int, rate_hz: float) -> Signal:
    """Play very high clear tones, eight to twelve a second."""
    note, since = _notes(rng, samples, rate_hz, rng.uniform(8, 12))
    pitch = rng.uniform(3000, 4000) * _melody(rng, note)
    clear = _sine(pitch, rate_hz) + 0.4 * _sine(pitch * 1.5, rate_hz)
    return _decay(since, 12.0) * clear


def horn(rng: np.random.Generator, samples: int, rate_hz: float) -> Signal:
    """Play notes whose harmonics open and close."""
    note, since = _notes(rng, samples, rate_hz, rng.uniform(3.0, 4.5))
    pitch = rng.uniform(180, 280) * _melody(rng, note)
    opening = np.minimum(since * 8.0, 1.0) * _decay(since, 1.5)
    formant_hz = rng.uniform(900, 1300)
    return _sum(
        math.exp(-(((harmonic * 230 - formant_hz) / 700) ** 2))
        * opening ** (1 + harmonic / 4)
        * _sine(pitch * harmonic, rate_hz)
        for harmonic in range(1, 17)
    )


def lute(rng: np.random.Generator, samples: int, rate_hz: float) -> Signal:
    """Pluck strings: all harmonics start at once, the high ones decay first."""
    note, since = _notes(rng, samples, rate_hz, rng.uniform(4.5, 7.0))
    pitch = rng.uniform(220, 380) * _melody(rng, note)
    return _sum(
        harmonic**-0.4 * _decay(since, 4.0 * harmonic**0.8) * _sine(pitch * harmonic, rate_hz)
        for harmonic in range(1, 19)
    )


def shell(rng: np.random.Generator, samples: int, rate_hz: float) -> Signal:
    """Swell noise around one and a half kilohertz three to four times a second."""
    middle = rng.uniform(1200, 1800)
    turns = rng.uniform(3.0, 4.0) * _time(samples, rate_hz) + rng.uniform()
    swell = np.sin(np.pi * turns)
    return (0.25 + swell**2) * _noise(rng, samples, rate_hz, 0.75 * middle, 1.3 * middle)


def drum(rng: np.random.Generator, samples: int, rate_hz: float) -> Signal:
    """Play thumps that begin with a click and whose pitch falls."""
    _, since = _notes(rng, samples, rate_hz, rng.uniform(4.0, 6.5))
    pitch = rng.uniform(70, 110) * (1 + 2.0 * _decay(since, 30.0))
    click = 0.5 * _decay(since, 200.0) * _noise(rng, samples, rate_hz, 500, 3000)
    return _decay(since, 9.0) * _tone(pitch, [1.0, 0.5], rate_hz) + click


def rattle(rng: np.random.Generator, samples: int, rate_hz: float) -> Signal:
    """Play short bursts of hiss, nine to fourteen a second."""
    _, since = _notes(rng, samples, rate_hz, rng.uniform(9, 14))
    hiss = _noise(rng, samples, rate_hz, rng.uniform(4500, 5500), 7800)
    # Saturation limits the peaks of the noise, which would clip at this loudness.
    return _decay(since, rng.uniform(14, 24)) * np.tanh(hiss)


def whistle(rng: np.random.Generator, samples: int, rate_hz: float) -> Signal:
    """Play one pure tone with a wide, fast vibrato."""
    time = _time(samples, rate_hz)
    vibrato = np.sin(2 * np.pi * rng.uniform(4, 7) * time + rng.uniform(0, 6))
    pitch = rng.uniform(1400, 2200) * (1 + rng.uniform(0.15, 0.25) * vibrato)
    return _tone(pitch, [1.0, 0.1], rate_hz)


def buzz(rng: np.random.Generator, samples: int, rate_hz: float) -> Signal:
    """Play a harsh high cluster, interrupted thirty to fifty times a second."""
    chop = np.sin(2 * np.pi * rng.uniform(30, 50) * _time(samples, rate_hz)) > 0
    pitch = np.full(samples, rng.uniform(2000, 2800))
    cluster = _sum(_sine(pitch * ratio, rate_hz) for ratio in (1.0, 1.12, 1.31, 1.48, 1.73))
    return (0.1 + chop) * cluster


def _sum(parts: Iterable[Signal]) -> Signal:
    return np.asarray(np.add.reduce(list(parts)), np.float64)


def _decay(since_s: Signal, per_second: float) -> Signal:
    return np.asarray(np.exp(-per_second * since_s), np.float64)


def _time(samples: int, rate_hz: float) -> Signal:
    return np.arange(samples) / rate_hz


def _notes(
    rng: np.random.Generator, samples: int, rate_hz: float, per_second: float
) -> tuple[NDArray[np.int64], Signal]:
    """Return for every sample the number of its note and the seconds since that note began.

    The first note began before the sound; the gaps between notes vary by a fifth.
    """
    gap = rate_hz / per_second
    gaps = gap * rng.uniform(0.8, 1.2, size=int(samples / (0.8 * gap)) + 2)
    onsets = np.cumsum(gaps) - gaps[0] - rng.uniform(0, 0.8) * gaps[0]
    at = np.arange(samples)
    note = np.searchsorted(onsets, at, side="right") - 1
    return note, (at - onsets[note]) / rate_hz


def _melody(rng: np.random.Generator, note: NDArray[np.int64]) -> Signal:
    """Return the pitch of every sample relative to the lowest: four steps within a fifth."""
    scale = 2.0 ** (np.array([0, 2, 4, 7]) / 12)
    return np.asarray(rng.choice(scale, size=int(note[-1]) + 1)[note], np.float64)


def _sine(pitch_hz: Signal, rate_hz: float) -> Signal:
    """Return a sine of a varying pitch, without what the sample rate cannot represent."""
    audible = pitch_hz < 0.48 * rate_hz
    return np.asarray(audible * np.sin(np.cumsum(pitch_hz) * (2 * np.pi / rate_hz)), np.float64)


def _tone(pitch_hz: Signal, levels: Sequence[float], rate_hz: float) -> Signal:
    """Return a tone with harmonics of these levels, the fundamental first."""
    return _sum(
        level * _sine(pitch_hz * harmonic, rate_hz)
        for harmonic, level in enumerate(levels, start=1)
        if level
    )


def _noise(
    rng: np.random.Generator, samples: int, rate_hz: float, low_hz: float, high_hz: float
) -> Signal:
    """Return Gaussian noise of unit RMS between two frequencies."""
    spectrum = np.fft.rfft(rng.normal(size=samples))
    frequency = np.fft.rfftfreq(samples, 1 / rate_hz)
    spectrum[(frequency < low_hz) | (frequency > high_hz)] = 0
    noise = np.fft.irfft(spectrum, samples)
    return np.asarray(noise / np.sqrt(np.mean(noise**2)), np.float64)
