"""Train one table row on a data set's train split."""

import argparse
import hashlib

import numpy as np
import pandas as pd
import torch

from avloc import params, paths, rows
from avloc.errors import reported
from avloc.files import atomic
from avloc.methods.base import TwoTowerMethod
from avloc.seeding import seed_of
from avloc.shards.format import open_shards
from avloc.shards.sampling import Sampler
from avloc.training import checkpoint
from avloc.training.batches import batches
from avloc.training.device import choose_device
from avloc.training.loop import Resumption, Schedule, train


def main() -> None:
    """Write models/<dataset>/<row>.pt and plots/<dataset>/train/<row>.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--row", required=True)
    options = parser.parse_args()
    with reported():
        run(options.dataset, options.row)


def run(dataset: str, name: str) -> None:
    """Train, from the beginning or from where an interrupted run of the same plan stopped."""
    plan = paths.plan(dataset, name)
    row, device = rows.read(plan), choose_device(params.load().device)
    torch.manual_seed(seed_of(row.seed, "weights"))
    method = rows.build(row).to(device, memory_format=torch.channels_last)
    shards = open_shards(paths.clips(dataset))
    clips = np.array([n for n, entry in enumerate(shards.entries) if entry.split == "train"])
    sampler = Sampler(
        frames=np.array([shards.entries[n].frames for n in clips]),
        samples=np.array([shards.entries[n].samples for n in clips]),
        fps=shards.fps,
        sample_rate_hz=shards.sample_rate_hz,
        window=row.audio.window,
        batch_size=row.train.batch_size,
        group=method.nodes,
        frame_draws=method.frames,
        sound_draws=method.sounds,
        crop_scale_min=row.train.crop_scale_min,
        seed=row.seed,
    )
    unfinished = hashlib.sha256(plan.read_bytes()).hexdigest()[:32]
    resumption = Resumption(
        paths.scratch("train") / f"{unfinished}.pt", row.train.checkpoint_every_rows
    )
    curve = train(
        method,
        lambda step: batches(shards, clips, sampler, step, row.train.steps, device),
        method.correspondence_loss if isinstance(method, TwoTowerMethod) else None,
        Schedule(
            steps=row.train.steps,
            warm_start_steps=row.train.warm_start_steps,
            learning_rate=row.train.learning_rate,
            weight_decay=row.train.weight_decay,
            shape=row.train.schedule,
        ),
        resumption,
        row.train.log_every,
        device,
        row.train.precision,
        task=f"train {name}",
    )
    state = {key: tensor.cpu() for key, tensor in method.state_dict().items()}
    checkpoint.save(paths.model(dataset, name), {"row": row.model_dump(), "method": state})
    with atomic(paths.curve(dataset, name)) as temporary:
        columns = ["step", "phase", "loss"]
        pd.DataFrame(curve, columns=None if curve else columns).round(5).to_csv(
            temporary, index=False, lineterminator="\n"
        )
    resumption.path.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
