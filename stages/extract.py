"""Extract the videos of a data set's manifest into shards of frames and waveforms."""

import argparse
from collections import Counter

from avloc import executors, paths
from avloc.config import params
from avloc.data.clips import read_manifest
from avloc.data.shards.extraction import extract
from avloc.data.shards.format import ClipFormat
from avloc.data.shards.source_video import ExtractionSettings
from avloc.errors import reported


def main() -> None:
    """Write data/<dataset>/clips."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    name = parser.parse_args().dataset
    with reported():
        settings = params.load()
        dataset = settings.dataset(name)
        ledger = extract(
            read_manifest(paths.manifest(name)),
            paths.raw(name),
            paths.clips(name),
            paths.scratch("extract"),
            ExtractionSettings(
                ClipFormat(dataset.fps, dataset.image_px, settings.audio.sample_rate_hz),
                dataset.min_duration_s,
                dataset.max_duration_s,
                dataset.videos_per_shard,
            ),
            settings.workers,
            executors.named(settings.executor),
        )
        counts = Counter(outcome.status for outcome in ledger)
        print(
            f"extract: {counts['ok']} videos read, {counts['silent']} silent, "
            f"{counts['unusable']} cannot be used"
        )


if __name__ == "__main__":
    main()
