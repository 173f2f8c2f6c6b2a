"""Render the test scenes of a data set to images, log-mels and masks."""

import argparse

from avloc import params, paths
from avloc.audio.logmel import LogMel
from avloc.errors import reported
from avloc.records import read_annotations, read_scenes
from avloc.scenes.arrays import render_scenes
from avloc.scenes.negatives import render_negatives
from avloc.shards.format import open_shards


def main() -> None:
    """Write data/<dataset>/logmel."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    name = parser.parse_args().dataset
    with reported():
        audio = params.load().audio
        log_mel = LogMel(audio.sample_rate_hz, audio.n_fft, audio.hop, audio.mels)
        render_scenes(
            read_scenes(paths.scenes(name)),
            read_annotations(paths.annotations(name)),
            open_shards(paths.clips(name)),
            log_mel,
            audio.window_s,
            paths.logmel(name),
        )
        render_negatives(log_mel, audio.window, paths.logmel(name))


if __name__ == "__main__":
    main()
