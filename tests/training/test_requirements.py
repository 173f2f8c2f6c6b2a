"""Rows that cannot be trained on a data set are refused before any training, with the cause."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from avloc.config import rows
from avloc.config.rows import Row
from avloc.data.clips import Clip
from avloc.data.shards.format import ClipFormat, write_tables
from avloc.data.shards.reader import Shards, open_shards
from avloc.data.shards.writer import write_shard
from avloc.nets.resnet18 import ResNet18
from avloc.training.requirements import CELL_PX, check_rows, faults_of
from tests.settings import settings

LABELS = [("gong",), ("flute",)] * 3

#: Makes shards of clips with these classes.
Make = Callable[..., Shards]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def shards(
        labels: Sequence[tuple[str, ...]] = LABELS,
        size_px: int = 48,
        seconds: float = 2.0,
        rate: int = 16000,
    ) -> Shards:
        with write_shard(tmp_path, "train-00000", size_px) as writer:
            for number, classes in enumerate(labels):
                writer.add(
                    Clip(f"clip{number}", "x.mp4", "train", classes, ""),
                    np.zeros((round(4 * seconds), size_px, size_px, 3), np.uint8),
                    np.ones(round(seconds * rate), np.int16),
                )
        write_tables(tmp_path, writer.entries, [], ClipFormat(4.0, size_px, rate))
        return open_shards(tmp_path)

    return shards


def row(name: str, **changes: Any) -> Row:
    """Return a row of the frozen settings; ``audio__hop=400`` changes a key within a block."""
    found = rows.resolve(settings(), "synthetic", name)
    content = found.model_dump()
    for key, value in changes.items():
        block = content
        *outer, last = key.split("__")
        for part in outer:
            block = block[part]
        block[last] = value
    return Row.model_validate(content)


ALL = sorted(settings().rows)


@pytest.mark.parametrize("name", ALL)
def test_every_method_can_be_rehearsed(name: str, make: Make) -> None:
    """Else the check would refuse rows that train."""
    changes = {"settings__unlabelled_clusters": 3} if name == "dsol" else {}
    assert faults_of(row(name, **changes), make()) == []
    assert faults_of(row(name, **changes), make([()] * 6)) == [], "without labels"


def test_untrained_rows_and_the_smallest_images_pass(make: Make) -> None:
    still = row("ours", train__steps=0, train__warm_start={**WARM, "steps": 0})
    assert faults_of(still, make(size_px=17)) == []


WARM = {"steps": 2, "learning_rate": 0.001, "temperature": 0.07}


@pytest.mark.parametrize(
    ("name", "changes", "clips", "said"),
    [
        ("ours", {"train__batch_size": 5}, {}, "batch_size: 5 is not a multiple of 2"),
        ("ours", {}, {"labels": LABELS[:1]}, "the train split has 1 usable clips"),
        ("ours", {}, {"labels": []}, "the train split has 0 usable clips"),
        ("ours", {"nodes": 3, "train__batch_size": 6}, {"labels": LABELS[:2]}, "at least 3"),
        ("ours", {"net__image_weights": "imagenet"}, {}, "imagenet needs net.width: 64, not 4"),
        (
            "ours",
            {"audio__window_s": 2.5},
            {},
            "6 of the 6 clips are shorter than a sound of 2.5 s, the first is clip0 with 2.000 s; "
            "set params.yaml: datasets.synthetic.min_duration_s to at least 2.5",
        ),
        ("ours", {}, {"rate": 8000}, "is 16000, and the clips were extracted at 8000"),
        ("ours", {}, {"size_px": 16}, "image_px: 16 gives maps of one cell"),
        ("dsol", {"settings__clusters_per_class": 4}, {}, "6 training clips cannot be put into 8"),
        ("dsol", {}, {"labels": [()] * 6}, "6 training clips cannot be put into 12 clusters"),
        (
            "sound-of-pixels",
            {"audio__mels": 31},
            {},
            "unet_levels: 5 needs log-mels of at least 32 x 32, and audio.window_s, hop and mels "
            "give 193 x 31; set unet_levels to at most 4",
        ),
        ("sound-of-pixels", {"audio__hop": 512}, {}, "give 31 x 64"),
    ],
)
def test_what_would_stop_the_training_is_found(
    name: str, changes: dict[str, Any], clips: dict[str, Any], said: str, make: Make
) -> None:
    """Each of these stopped only after other rows had been trained, some with a traceback."""
    faults = faults_of(row(name, **changes), make(**clips))
    assert len(faults) == 1
    assert said in faults[0]


def test_a_u_net_that_just_fits_is_rehearsed(make: Make) -> None:
    """The rule about unet_levels must be that of the network, not a stricter one."""
    assert faults_of(row("sound-of-pixels", audio__mels=32, audio__hop=495), make()) == []


def test_a_method_that_fails_in_the_words_of_a_library_is_named(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def loss(*_: object) -> None:
        raise RuntimeError("sizes of tensors\nmust match")

    monkeypatch.setattr("avloc.methods.mixloc.System.loss", loss)
    (fault,) = faults_of(row("ours"), make())
    assert "its method mixloc fails on images of 48 pixels" in fault
    assert "(sizes of tensors must match)" in fault


def test_all_faults_of_all_rows_are_told_at_once(make: Make) -> None:
    """Else a user would mend one, wait, and meet the next."""
    wrong = {"train__batch_size": 5}
    found = check_rows(
        [row("ours", **wrong), row("isi", **wrong), row("dsol", settings__clusters_per_class=4)],
        make(),
    )
    assert [fault.partition(" cannot")[0] for fault in found] == [
        "the rows ours, isi",
        "the row dsol",
    ]


def test_a_row_without_labels_says_so_before_training(
    make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    assert faults_of(row("sound-of-pixels"), make([()] * 6)) == []
    assert "check: sound-of-pixels: no training clip" in capsys.readouterr().out


def test_a_cell_is_as_wide_as_the_trunk_makes_it() -> None:
    """The check would refuse sizes that work, or let maps of one cell through."""
    assert ResNet18(3, 4)(torch.zeros(1, 3, 4 * CELL_PX, 2 * CELL_PX)).shape[2:] == (4, 2)
