"""Download or generate the videos of a data set, and write its manifest and coverage."""

import argparse
import os

from avloc import datasets, executors, paths
from avloc.config import params
from avloc.data.annotations import write_annotations
from avloc.data.clips import write_manifest
from avloc.data.coverage import count, write_coverage
from avloc.errors import reported
from avloc.files import write_json


def main() -> None:
    """Write manifest, annotations, tags, units and coverage into data/<dataset>."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    name = parser.parse_args().dataset
    with reported():
        settings = params.load()
        block = settings.dataset(name)
        own_settings = datasets.read_settings(name, block)
        workers = settings.workers or os.cpu_count() or 1
        result = datasets.load(block.kind).download(
            own_settings,
            datasets.DownloadContext(
                paths.raw(name),
                settings.seed,
                workers,
                settings.fetch,
                executors.named(settings.executor),
            ),
        )
        write_annotations(paths.annotations(name), result.annotations)
        write_json(paths.tags(name), result.tags)
        write_json(paths.units(name), result.units)
        write_coverage(paths.coverage(name), count(result.catalogue))
        write_manifest(paths.manifest(name), result.clips)
        print(f"{name}: {len(result.clips)} of {len(result.catalogue)} clips are available")


if __name__ == "__main__":
    main()
