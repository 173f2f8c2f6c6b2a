"""Where each artefact lives; nobody else joins these names."""

import os
from pathlib import Path

PARAMS = Path("params.yaml")


def raw(dataset: str) -> Path:
    """Folder of raw videos, outside DVC; ``$AVLOC_RAW`` moves it to another disk."""
    return Path(os.environ.get("AVLOC_RAW", "raw")) / dataset


def scratch(kind: str) -> Path:
    """Folder for unfinished work (resumable checkpoints), outside DVC; ``$AVLOC_SCRATCH``."""
    return Path(os.environ.get("AVLOC_SCRATCH", "scratch")) / kind


def manifest(dataset: str) -> Path:
    """CSV of the clips that were had (`avloc.data.clips.Clip`)."""
    return Path("data") / dataset / "manifest.csv"


def annotations(dataset: str) -> Path:
    """JSON of boxes and masks (`avloc.data.annotations.Annotations`)."""
    return Path("data") / dataset / "annotations.json"


def tags(dataset: str) -> Path:
    """JSON of the tags of clips (`avloc.scenes.test_sets`)."""
    return Path("data") / dataset / "tags.json"


def coverage(dataset: str) -> Path:
    """JSON of how many of the listed clips were had (`avloc.data.coverage`)."""
    return Path("data") / dataset / "coverage.json"


def clips(dataset: str) -> Path:
    """Folder of shards with frames and waveforms, their index and the extract ledger."""
    return Path("data") / dataset / "clips"


def scenes(dataset: str) -> Path:
    """JSON list of test scenes (`avloc.scenes.scene.Scene`)."""
    return Path("data") / dataset / "scenes.json"


def cached_scenes(dataset: str) -> Path:
    """Folder with the images, log-mels and masks of every test scene."""
    return Path("data") / dataset / "cached_scenes"


def row(dataset: str, row: str) -> Path:
    """YAML with the resolved settings of a row and the code of its training."""
    return Path("data") / dataset / "rows" / f"{row}.yaml"


def code(dataset: str, stage: str) -> Path:
    """YAML with the fingerprints of the code that a stage's results depend on."""
    return Path("data") / dataset / "code" / f"{stage}.yaml"


def model(dataset: str, row: str) -> Path:
    """Trained checkpoint of a table row."""
    return Path("models") / dataset / f"{row}.pt"


def released(dataset: str, row: str) -> Path:
    """Small checkpoint of a table row that is kept in git."""
    return Path("released") / dataset / f"{row}.pt"


def model_card(dataset: str) -> Path:
    """Markdown page that says what the released checkpoints are."""
    return Path("released") / dataset / "README.md"


def curve(dataset: str, row: str) -> Path:
    """CSV of the training curve of a table row."""
    return Path("plots") / dataset / "train" / f"{row}.csv"


def metrics(dataset: str, row: str) -> Path:
    """JSON of the scores of a table row."""
    return Path("metrics") / dataset / f"{row}.json"


def secondary_metrics(dataset: str, row: str) -> Path:
    """JSON of the secondary metrics of a row (`avloc.evaluation.secondary`)."""
    return Path("metrics") / dataset / "secondary" / f"{row}.json"


def maps(dataset: str, row: str) -> Path:
    """Localisation maps of the scenes that figures show, saved by the evaluate stage."""
    return Path("data") / dataset / "maps" / f"{row}.npz"


def tables(dataset: str) -> Path:
    """Folder of the rendered tables."""
    return Path("plots") / dataset / "tables"


def figures(dataset: str) -> Path:
    """Folder of the rendered figures."""
    return Path("plots") / dataset / "figures"
