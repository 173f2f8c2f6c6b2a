"""Timbres: families of sounds, heard at every moment.

A timbre takes a generator (pitch, rhythm and colour are drawn per video), a length in samples and
a sample rate in Hz, and returns a waveform of any loudness. It is sustained, or struck again at
least three times a second, so that no window of 0.96 s is silent.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Waveform = NDArray[np.float32]
Signal = NDArray[np.float64]
Timbre = Callable[[np.random.Generator, int, float], Signal]

#: Every sound, before it is mixed, has this root mean square.
SOUND_RMS = 0.1


def play(timbre: Timbre, rng: np.random.Generator, samples: int, rate_hz: float) -> Waveform:
    """Return one sound of a timbre, (samples,) with a root mean square of 0.1."""
    signal = timbre(rng, samples, rate_hz)
    return (signal * (SOUND_RMS / np.sqrt(np.mean(signal**2)))).astype(np.float32)


def mix(sounds: Sequence[Waveform]) -> Waveform:
    """Return the mean of sounds of equal loudness, (samples,)."""
    return np.mean(np.stack(sounds), axis=0, dtype=np.float32)


def bell(rng: np.random.Generator, samples: int, rate_hz: float) -> Signal:
    """Inharmonic partials that ring and are struck three to five times a second."""
    note, since = _notes(rng, samples, rate_hz, rng.uniform(3.0, 5.0))
    pitch = rng.uniform(600, 1000) * _melody(rng, note)
    decay = rng.uniform(3.0, 5.0)
    partials = ((1.0, 1.0), (2.0, 0.7), (2.76, 0.8), (4.1, 0.5), (5.4, 0.5))
    return sum(
        level * np.exp(-since * decay * ratio**0.5) * _sine(pitch * ratio, rate_hz)
        for ratio, level in partials
    )


def drone(rng: np.random.Generator, samples: int, rate_hz: float) -> Signal:
    """Hold a low, dense harmonic tone with a slow beat."""
    pitch = np.full(samples, rng.uniform(110, 190))
    levels = 1.0 / np.arange(1, 13) ** rng.uniform(0.6, 1.0)
    beat = pitch * rng.uniform(1.003, 1.008)
    return _tone(pitch, levels, rate_hz) + _tone(beat, levels, rate_hz)


def reeds(rng: np.random.Generator, samples: int, rate_hz: float) -> Signal:
    """Hold a bright tone of odd harmonics with a tremolo."""
    note, _ = _notes(rng, samples, rate_hz, rng.uniform(1.5, 3.0))
    pitch = rng.uniform(300, 500) * _melody(rng, note)
    levels = np.array([1, 0, 0.9, 0, 0.8, 0, 0.7, 0, 0.6, 0, 0.4])
    tremolo = 1 + 0.6 * np.sin(2 * np.pi * rng.uniform(6, 9) * _time(samples, rate_hz))
    return tremolo * _tone(pitch, levels, rate_hz)


def gong(rng: np.random.Generator, samples: int, rate_hz: float) -> Signal:
    """Low inharmonic rumble with a soft stroke of noise."""
    note, since = _notes(rng, samples, rate_hz, rng.uniform(3.0, 4.0))
    del note
    pitch = np.full(samples, rng.uniform(180, 260))
    ratios = 1.0 + np.sort(rng.uniform(0, 3.0, size=7))
    rumble = sum(_sine(pitch * ratio, rate_hz) / ratio for ratio in ratios)
    swish = _noise(rng, samples, rate_hz, 2500, 5000)
    return np.exp(-2.0 * since) * rumble + np.exp(-8.0 * since) * 1.5 * swish


def chime(rng: np.random.Generator, samples: int, rate_hz: float) -> Signal:
    """Very high clear tones, eight to twelve a second."""
    note, since = _notes(rng, samples, rate_hz, rng.uniform(8, 12))
    pitch = rng.uniform(3000, 4000) * _melody(rng, note)
    clear = _sine(pitch, rate_hz) + 0.4 * _sine(pitch * 1.5, rate_hz)
    return np.exp(-12.0 * since) * clear


def horn(rng: np.random.Generator, samples: int, rate_hz: float) -> Signal:
    """Harmonics that open and close with every note."""
    note, since = _notes(rng, samples, rate_hz, rng.uniform(3.0, 4.5))
    pitch = rng.uniform(180, 280) * _melody(rng, note)
    opening = np.minimum(since * 8.0, 1.0) * np.exp(-1.5 * since)
    order = np.arange(1, 17)
    formant = np.exp(-(((order * 230 - rng.uniform(900, 1300)) / 700) ** 2))
    return sum(
        level * opening ** (1 + harmonic / 4) * _sine(pitch * harmonic, rate_hz)
        for harmonic, level in zip(order, formant, strict=True)
    )


def lute(rng: np.random.Generator, samples: int, rate_hz: float) -> Signal:
    """Plucked strings: all harmonics at once, the high ones die first."""
    note, since = _notes(rng, samples, rate_hz, rng.uniform(4.5, 7.0))
    pitch = rng.uniform(220, 380) * _melody(rng, note)
    return sum(
        harmonic**-0.4 * np.exp(-since * 4.0 * harmonic**0.8) * _sine(pitch * harmonic, rate_hz)
        for harmonic in range(1, 19)
    )


def shell(rng: np.random.Generator, samples: int, rate_hz: float) -> Signal:
    """Rush of noise around one and a half kilohertz that swells three to four times a second."""
    middle = rng.uniform(1200, 1800)
    swell = np.sin(np.pi * rng.uniform(3.0, 4.0) * _time(samples, rate_hz) + rng.uniform(0, 6))
    return (0.25 + swell**2) * _noise(rng, samples, rate_hz, 0.75 * middle, 1.3 * middle)


def drum(rng: np.random.Generator, samples: int, rate_hz: float) -> Signal:
    """Thumps whose pitch falls, with a click in front."""
    note, since = _notes(rng, samples, rate_hz, rng.uniform(4.0, 6.5))
    del note
    pitch = rng.uniform(70, 110) * (1 + 2.0 * np.exp(-30 * since))
    click = np.exp(-250 * since) * _noise(rng, samples, rate_hz, 500, 3000)
    return np.exp(-9 * since) * (_sine(pitch, rate_hz) + 0.5 * _sine(2 * pitch, rate_hz)) + click


def rattle(rng: np.random.Generator, samples: int, rate_hz: float) -> Signal:
    """Short bursts of hiss, nine to fourteen a second."""
    note, since = _notes(rng, samples, rate_hz, rng.uniform(9, 14))
    del note
    hiss = _noise(rng, samples, rate_hz, rng.uniform(4500, 5500), 7800)
    return np.exp(-since * rng.uniform(25, 40)) * hiss


def whistle(rng: np.random.Generator, samples: int, rate_hz: float) -> Signal:
    """One pure tone with a wide, fast vibrato."""
    time = _time(samples, rate_hz)
    vibrato = np.sin(2 * np.pi * rng.uniform(4, 7) * time + rng.uniform(0, 6))
    pitch = rng.uniform(1400, 2200) * (1 + rng.uniform(0.15, 0.25) * vibrato)
    return _sine(pitch, rate_hz) + 0.1 * _sine(2 * pitch, rate_hz)


def buzz(rng: np.random.Generator, samples: int, rate_hz: float) -> Signal:
    """Harsh high cluster, chopped thirty to fifty times a second."""
    chop = np.sin(2 * np.pi * rng.uniform(30, 50) * _time(samples, rate_hz)) > 0
    pitch = rng.uniform(2000, 2800)
    cluster = sum(
        _sine(np.full(samples, pitch * ratio), rate_hz) for ratio in (1.0, 1.12, 1.31, 1.48, 1.73)
    )
    return (0.1 + chop) * cluster


def _time(samples: int, rate_hz: float) -> Signal:
    return np.arange(samples) / rate_hz


def _notes(
    rng: np.random.Generator, samples: int, rate_hz: float, per_second: float
) -> tuple[NDArray[np.int64], Signal]:
    """Return for every sample the number of its note and the seconds since that began.

    The first note has begun before the recording; the gaps vary by a fifth.
    """
    gap = rate_hz / per_second
    gaps = gap * rng.uniform(0.8, 1.2, size=int(samples / (0.8 * gap)) + 2)
    onsets = np.cumsum(gaps) - gaps[0] - rng.uniform(0, 0.8) * gaps[0]
    at = np.arange(samples)
    note = np.searchsorted(onsets, at, side="right") - 1
    return note, (at - onsets[note]) / rate_hz


def _melody(rng: np.random.Generator, note: NDArray[np.int64]) -> Signal:
    """Return the pitch of every sample relative to the lowest: notes of a five-step scale."""
    scale = 2.0 ** (np.array([0, 2, 4, 7, 9]) / 12)
    return np.asarray(rng.choice(scale[:4], size=int(note[-1]) + 1)[note], np.float64)


def _sine(pitch_hz: Signal, rate_hz: float) -> Signal:
    """Return a sine of a varying pitch; what the sample rate cannot carry is left out."""
    audible = pitch_hz < 0.48 * rate_hz
    return np.asarray(audible * np.sin(np.cumsum(pitch_hz) * (2 * np.pi / rate_hz)), np.float64)


def _tone(pitch_hz: Signal, levels: Signal, rate_hz: float) -> Signal:
    return np.asarray(
        sum(
            level * _sine(pitch_hz * (index + 1), rate_hz)
            for index, level in enumerate(levels)
            if level
        )
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
