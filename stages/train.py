"""Train one table row on a data set's train split, once per seed.

Started by torchrun, several processes train it together (docs/distributed.md).
"""

import argparse
from dataclasses import asdict, replace

import pandas as pd
import torch

from avloc import paths
from avloc.change_tracking import key
from avloc.config import params, rows
from avloc.data.clips import read_manifest
from avloc.data.shards.format import INDEX, SETTINGS
from avloc.data.shards.reader import open_shards
from avloc.errors import reported
from avloc.files import atomic
from avloc.nets.ranks import rank
from avloc.training import distributed, trained_row
from avloc.training.batches import classes_of
from avloc.training.inputs import TrainingContext
from avloc.training.loop import Curve
from avloc.training.run import train_row
from avloc.training.trained_row import TrainedRow, TrainingData

#: Columns of the empty curve of a network that is not trained.
COLUMNS = ["phase", "step", "loss"]


def data_hash(dataset: str) -> str:
    """Return a hash of the videos that a data set's shards were extracted from, and of how.

    It covers the content of the videos, not where they lie.
    """
    clips = read_manifest(paths.manifest(dataset))
    tables = [(paths.clips(dataset) / name).read_text() for name in (INDEX, SETTINGS)]
    return key([[asdict(replace(clip, path="")) for clip in clips], tables])


def mean_curve(curves: list[Curve]) -> pd.DataFrame:
    """Return the mean of the curves of all seeds at each step."""
    table = pd.concat([pd.DataFrame(curve, columns=None if curve else COLUMNS) for curve in curves])
    columns = list(table.columns)
    return table.groupby(["phase", "step"], as_index=False).mean()[columns]


def main() -> None:
    """Write models/<dataset>/<row>.pt and plots/<dataset>/train/<row>.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--row", required=True)
    options = parser.parse_args()
    dataset, name = options.dataset, options.row
    with reported(), distributed.joined():
        row = rows.read(paths.row(dataset, name))
        settings = params.load()
        torch.set_num_threads(row.train.threads)
        context = TrainingContext(
            open_shards(paths.clips(dataset)),
            data_hash(dataset),
            paths.scratch("train"),
            distributed.device_of_rank(settings.device),
            settings.checkpoint_every_s,
        )
        states, curves = [], list[Curve]()
        for seed in row.seeds:
            method, curve = train_row(row, context, seed)
            states.append({key: tensor.cpu() for key, tensor in method.state_dict().items()})
            curves.append(curve)
        if rank() > 0:
            return
        shards = context.shards
        data = TrainingData(
            image_px=shards.size_px,
            fps=shards.fps,
            clips=sum(entry.split == "train" for entry in shards.entries),
            hash=context.data_hash,
        )
        trained = TrainedRow(row=row, classes=classes_of(shards), data=data)
        trained_row.save(paths.model(dataset, name), trained, states)
        with atomic(paths.curve(dataset, name)) as temporary:
            mean_curve(curves).round(5).to_csv(temporary, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
