"""The generated video of `avloc demo`: one of two objects sounds, then both, then the other.

It is drawn by the generator of the embedded data set, with the same looks and timbres, but larger
and longer than a training video, and no training video has sounds that come and go.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avloc.datasets.generator.instruments import INSTRUMENTS
from avloc.datasets.generator.scene import MovingScene, Style, draw_scene
from avloc.datasets.generator.timbres import SOUND_RMS, Waveform, play
from avloc.seeding import rng

SIDE_PX = 320
FPS = 12
SAMPLE_RATE_HZ = 16000
#: Length of each of the three parts: the first object alone, both, the second alone.
PART_S = 2
PARTS = ((0,), (0, 1), (1,))

#: As in the embedded data set (params.yaml), but always with all twelve classes and no silent one.
STYLE = Style(
    width_px=SIDE_PX,
    height_px=SIDE_PX,
    object_size=(0.4, 0.5),
    clutter_size=(0.12, 0.25),
    clutter_max=2,
    silent_class_probability=0.0,
    hue_spread_deg=40,
    sway=0.05,
    centring=0.4,
)


@dataclass(frozen=True)
class DemoVideo:
    """A video that is known in full.

    Parameters
    ----------
    names
        Classes of the two objects.
    scene
        What it shows.
    waveform
        What is heard, (samples,) at `SAMPLE_RATE_HZ`.
    """

    names: tuple[str, str]
    scene: MovingScene
    waveform: Waveform

    def frames(self) -> NDArray[np.uint8]:
        """Return all pictures, (T, S, S, 3) RGB."""
        count = PART_S * len(PARTS) * FPS
        return np.stack([self.scene.frame(number / FPS) for number in range(count)])

    def masks(self, time_s: float) -> NDArray[np.bool_]:
        """Return the visible pixels of both objects at a time, (2, S, S)."""
        owners = self.scene.owners(time_s)
        layers = [layer.category for layer in self.scene.layers]
        return np.stack([owners == layers.index(name) for name in self.names])


def demo_video(seed: int) -> DemoVideo:
    """Return the video of a seed; equal seeds give equal videos."""
    random = rng(seed, "demonstration")
    first, second = (INSTRUMENTS[n] for n in random.permutation(len(INSTRUMENTS))[:2].tolist())
    scene = draw_scene(STYLE, (first, second), (), random)
    length = PART_S * len(PARTS) * SAMPLE_RATE_HZ
    sounds = [play(one.timbre, random, length, SAMPLE_RATE_HZ) for one in (first, second)]
    parts = [
        _as_loud(np.mean([sounds[n] for n in heard], axis=0)[_samples(number)])
        for number, heard in enumerate(PARTS)
    ]
    return DemoVideo((first.name, second.name), scene, np.concatenate(parts).astype(np.float32))


def _samples(part: int) -> slice:
    """Return which samples a part of the video has."""
    return slice(part * PART_S * SAMPLE_RATE_HZ, (part + 1) * PART_S * SAMPLE_RATE_HZ)


def _as_loud(sound: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return a sound at the loudness of all others."""
    return np.asarray(sound * (SOUND_RMS / np.sqrt(np.mean(sound**2))))
