"""The path of every file that stages write or read; no other module builds these paths.

Parameters
----------
dataset
    Name of a data set, as in params.yaml.
row
    Name of a row, as in params.yaml.
stage
    Name of a stage, as in dvc.yaml.
"""

import os
from pathlib import Path

PARAMS = Path("params.yaml")

#: Folder of the checkpoints that are kept in git.
RELEASED = Path("released")


def raw(dataset: str) -> Path:
    """Return the folder of videos, which DVC does not track; ``$AVLOC_RAW`` replaces ``raw``."""
    return Path(os.environ.get("AVLOC_RAW", "raw")) / dataset


def scratch(kind: str) -> Path:
    """Return the folder of unfinished and shared work, which DVC does not track.

    ``$AVLOC_SCRATCH`` replaces ``scratch``; `kind` names the work, for example ``train``.
    """
    return Path(os.environ.get("AVLOC_SCRATCH", "scratch")) / kind


def inputs(dataset: str) -> Path:
    """Return the JSON file on the state of the user's own files (`avloc.data.user_inputs`)."""
    return Path("data") / dataset / "inputs.json"


def manifest(dataset: str) -> Path:
    """Return the CSV file of the available clips (`avloc.data.clips.Clip`)."""
    return Path("data") / dataset / "manifest.csv"


def annotations(dataset: str) -> Path:
    """Return the JSON file of boxes and masks (`avloc.data.annotations.Annotations`)."""
    return Path("data") / dataset / "annotations.json"


def tags(dataset: str) -> Path:
    """Return the JSON file of the tags of clips (`avloc.scenes.test_sets`)."""
    return Path("data") / dataset / "tags.json"


def units(dataset: str) -> Path:
    """Return the JSON file of what clips share with others (`avloc.datasets.DownloadResult`)."""
    return Path("data") / dataset / "units.json"


def coverage(dataset: str) -> Path:
    """Return the JSON file of how much of the catalogue is available (`avloc.data.coverage`)."""
    return Path("data") / dataset / "coverage.json"


def clips(dataset: str) -> Path:
    """Return the folder of shards, with their index and ledger (`avloc.data.shards.format`)."""
    return Path("data") / dataset / "clips"


def scenes(dataset: str) -> Path:
    """Return the JSON file of the test scenes (`avloc.scenes.scene.Scene`)."""
    return Path("data") / dataset / "scenes.json"


def cached_scenes(dataset: str) -> Path:
    """Return the folder with the images, log-mels and masks of all test scenes."""
    return Path("data") / dataset / "cached_scenes"


def row(dataset: str, row: str) -> Path:
    """Return the YAML file with the settings of a row and the fingerprints of its code."""
    return Path("data") / dataset / "rows" / f"{row}.yaml"


def code(dataset: str, stage: str) -> Path:
    """Return the YAML file with the fingerprints of a stage's code (`avloc.change_tracking`)."""
    return Path("data") / dataset / "code" / f"{stage}.yaml"


def checked(dataset: str) -> Path:
    """Return the file that exists if every row can be trained; training waits for it."""
    return Path("data") / dataset / "checked.txt"


def model(dataset: str, row: str) -> Path:
    """Return the checkpoint of a row."""
    return Path("models") / dataset / f"{row}.pt"


def released(dataset: str, row: str) -> Path:
    """Return the checkpoint of a row that is kept in git."""
    return RELEASED / dataset / f"{row}.pt"


def level(checkpoint: Path) -> Path:
    """Return the JSON file beside a checkpoint with the level from which its maps count."""
    return checkpoint.with_suffix(".json")


def model_card(dataset: str) -> Path:
    """Return the Markdown page that describes the released checkpoints."""
    return RELEASED / dataset / "README.md"


def curve(dataset: str, row: str) -> Path:
    """Return the CSV file with the training curve of a row."""
    return Path("plots") / dataset / "train" / f"{row}.csv"


def metrics(dataset: str, row: str) -> Path:
    """Return the JSON file with the metrics of a row."""
    return Path("metrics") / dataset / f"{row}.json"


def secondary_metrics(dataset: str, row: str) -> Path:
    """Return the JSON file with the secondary metrics of a row (`avloc.evaluation.secondary`)."""
    return Path("metrics") / dataset / "secondary" / f"{row}.json"


def headline(dataset: str) -> Path:
    """Return the JSON file of the scores by which experiments are compared first."""
    return Path("metrics") / f"{dataset}.json"


def maps(dataset: str, row: str) -> Path:
    """Return the file with a row's localisation maps of the scenes that figures show."""
    return Path("data") / dataset / "maps" / f"{row}.npz"


def tables(dataset: str) -> Path:
    """Return the folder of rendered tables."""
    return Path("plots") / dataset / "tables"


def figures(dataset: str) -> Path:
    """Return the folder of rendered figures."""
    return Path("plots") / dataset / "figures"


def pdf_figures(dataset: str) -> Path:
    """Return the folder of the same figures for print."""
    return Path("plots") / dataset / "pdf"


def report(dataset: str) -> Path:
    """Return the page with tables, maps, sounds and training curves."""
    return Path("plots") / dataset / "report.html"
