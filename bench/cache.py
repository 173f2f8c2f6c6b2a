"""The log-mels of test scenes against torchaudio on one large batch."""

from pathlib import Path

import torch
from torch import Tensor, nn
from torchaudio.transforms import MelSpectrogram

from avloc.audio.logmel import LogMel
from avloc.config.blocks import Audio
from avloc.data.clips import Moment, Seconds
from avloc.data.shards.reader import Shards
from avloc.scenes.cache import cache_scenes
from avloc.scenes.scene import Scene, Target
from bench import project
from bench.data_sets import boxes, write_shards
from bench.sizes import Size
from bench.timing import Rounds, timed

#: Log-mels that are cached of a pair: of the mixture and of each sound.
LOG_MELS = 3


def measure(size: Size, device: torch.device, folder: Path) -> dict[str, float]:
    """Return how long caching takes, divided by the time of its log-mels in one batch.

    Parameters
    ----------
    size, device, folder
        As in every yardstick; nothing is done on the device.
    """
    del device
    audio = project.row(size).audio
    shards = write_shards(folder / f"clips-{size.image_px}-test", size.clips, size.image_px, "test")
    scenes = pairs(shards, size.scenes)
    log_mel = log_mel_of(audio)
    batched = Batched(log_mel.spectrogram)
    sounds = 0.1 * torch.randn(LOG_MELS * size.scenes, round(audio.window_s * audio.sample_rate_hz))
    annotations = boxes(shards)

    def one_by_one() -> None:
        for sound in sounds:
            log_mel(sound[None])

    def whole() -> None:
        cache_scenes(scenes, annotations, shards, log_mel, audio.window_s, folder / "cached")

    rounds = Rounds(
        {
            "one by one": timed(one_by_one),
            "whole": timed(whole),
            "batch": timed(lambda: batched(sounds)),
        },
        size.rounds,
    )
    return {
        "cache_ratio": rounds.ratio("one by one", "batch"),
        "cache_whole_ratio": rounds.ratio("whole", "batch"),
        "cache_scenes_s": size.scenes / rounds.seconds("whole"),
    }


class Batched(nn.Module):
    """Log-mels of all sounds at once, with torchaudio alone.

    Parameters
    ----------
    spectrogram
        Of torchaudio.
    """

    def __init__(self, spectrogram: MelSpectrogram) -> None:
        super().__init__()
        self.spectrogram = spectrogram

    def forward(self, sounds: Tensor) -> Tensor:
        """Return (B, mels, T) log-mels of (B, N) waveforms."""
        power: Tensor = self.spectrogram(sounds)
        return 20 * power.clamp(min=1e-5).log10() / 100


def log_mel_of(audio: Audio) -> LogMel:
    """Return the log-mel with these settings."""
    return LogMel(audio.sample_rate_hz, audio.n_fft, audio.hop, audio.mels)


def pairs(shards: Shards, scenes: int) -> list[Scene]:
    """Return scenes of two clips side by side.

    Parameters
    ----------
    shards
        Of the test split.
    scenes
        Their number.
    """
    entries, clips = shards.entries, len(shards.entries)

    def scene(number: int) -> Scene:
        own = [entries[number % clips], entries[(number + 1) % clips]]
        moments = tuple(Moment(entry.id, Seconds(1.0)) for entry in own)
        return Scene(
            id=f"pair-test-{number}",
            set="pair",
            split="test",
            layout="side-by-side",
            tiles=moments,
            sounds=moments,
            targets=tuple(Target(tile, entry.classes[0]) for tile, entry in enumerate(own)),
            swap=f"pair-test-{(number + 1) % scenes}",
        )

    return [scene(number) for number in range(scenes)]
