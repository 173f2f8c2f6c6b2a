"""Check, before anything is trained, that every row can be trained, scored and shown."""

import argparse

from avloc import paths
from avloc.config import params, rows
from avloc.data.shards.reader import open_shards
from avloc.errors import UserError, reported
from avloc.files import write_text
from avloc.inference.requirements import check_scoring
from avloc.report.requirements import check_report
from avloc.scenes.store import open_sets
from avloc.training.requirements import check_rows


def main() -> None:
    """Write data/<dataset>/checked.txt, whose content is always the same."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    name = parser.parse_args().dataset
    with reported():
        settings = params.load()
        found = [rows.read(paths.row(name, row)) for row in settings.rows_of(name)]
        given = settings.evaluate.threshold_methods
        choosing = [row.name for row in found if row.method not in given]
        # A fitted control is left out of a set without val scenes.
        choosing += [row for row, kind in settings.controls.items() if kind != "fitted"]
        faults = [
            *check_rows(found, open_shards(paths.clips(name))),
            *check_scoring(paths.cached_scenes(name), name, choosing),
            *check_report(settings, name, open_sets(paths.cached_scenes(name), "test").keys()),
        ]
        if faults:
            raise UserError("\navloc: ".join(faults))
        write_text(paths.checked(name), "every row can be trained\n")


if __name__ == "__main__":
    main()
