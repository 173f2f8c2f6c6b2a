"""Cache the images, log-mels and masks of the test scenes of a data set."""

import argparse

from avloc import paths
from avloc.audio.logmel import LogMel
from avloc.audio.windows import window_samples
from avloc.config import params
from avloc.data.annotations import read_annotations
from avloc.data.shards.reader import open_shards
from avloc.errors import reported
from avloc.scenes.cache import cache_scenes
from avloc.scenes.negatives import cache_negatives
from avloc.scenes.scene import read_scenes


def main() -> None:
    """Write data/<dataset>/cached_scenes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    name = parser.parse_args().dataset
    with reported():
        audio = params.load().audio
        log_mel = LogMel(audio.sample_rate_hz, audio.n_fft, audio.hop, audio.mels)
        cache_scenes(
            read_scenes(paths.scenes(name)),
            read_annotations(paths.annotations(name)),
            open_shards(paths.clips(name)),
            log_mel,
            audio.window_s,
            paths.cached_scenes(name),
        )
        window = window_samples(audio.window_s, audio.sample_rate_hz)
        cache_negatives(log_mel, window, paths.cached_scenes(name))


if __name__ == "__main__":
    main()
