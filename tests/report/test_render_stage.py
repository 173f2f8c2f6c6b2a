"""The whole stage on a small data set that has only solo scenes and pairs."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from avloc import paths
from avloc.config import params, rows
from avloc.data.catalogue import CatalogueEntry
from avloc.data.clips import Clip, Moment, Seconds, write_manifest
from avloc.data.coverage import count, write_coverage
from avloc.data.shards.format import (
    ClipFormat,
    ExtractionOutcome,
    IndexEntry,
    files_of,
    write_tables,
)
from avloc.evaluation.thresholds import GRID
from avloc.scenes.scene import Layout, Scene, Target, write_scenes
from stages import render
from tests.projects import keep_rows

pytestmark = pytest.mark.slow

DATASET = "synthetic"
SCENES = 6
SAMPLES = 16000
SOLO = {"ap": 60.0, "auc": 30.0, "iou@0.5": 20.0, "iou@0.3": 40.0, "ap_swapped": 50.0}
PAIR = {
    **{"cap": 40.0, "piap": 50.0, "auc": 20.0, "ciou@0.3": 10.0, "ciou@0.1": 70.0},
    **{"cap_swapped": 25.0, "half": 75.0},
}
SECONDARY = {"cap_fixed": 35.0, "cap_mean": 30.0, "area_right": 20.0, "area_silence": 2.0}
FORMATS = ("md", "tex", "csv")
CURVE = "step,phase,loss,node_cosine\n10,0,3.5,\n20,1,0.7,0.9\n30,1,0.6,0.8\n"


def save(path: Path, array: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, array)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def write_clips() -> None:
    """Of seven clips one is not available; the ledger says that one of the others is unusable."""
    clips = [Clip(f"v{n}", f"v{n}.mp4", "test", ("bell",), "") for n in range(SCENES)]
    catalogue = [CatalogueEntry(clip.id, clip.split, clip.classes, "") for clip in clips]
    catalogue.append(CatalogueEntry("w", "test", ("bell",), "private"))
    write_coverage(paths.coverage(DATASET), count(catalogue))
    write_manifest(paths.manifest(DATASET), clips)
    write(paths.units(DATASET), "{}")
    bad = ExtractionOutcome("v0", "unusable", "truncated")
    good = ExtractionOutcome("v1", "ok", "")
    entries = [
        IndexEntry(clip.id, "test", ("bell",), "test-00000", 4 * n, 4, SAMPLES * n, SAMPLES)
        for n, clip in enumerate(clips)
    ]
    write_tables(paths.clips(DATASET), entries, [bad, good], ClipFormat(4, 48, 16000))
    frames, audio = files_of(paths.clips(DATASET), "test-00000")
    save(frames, np.zeros((4 * SCENES, 48, 48, 3), np.uint8))
    save(audio, np.random.default_rng(1).integers(-999, 999, SAMPLES * SCENES, np.int16))


def planned(test_set: str, number: int, videos: list[str], classes: list[str]) -> Scene:
    moments = tuple(Moment(video, Seconds(0.5)) for video in videos)
    targets = tuple(Target(tile, name) for tile, name in enumerate(classes))
    layout: Layout = "single" if len(videos) == 1 else "side-by-side"
    name = f"{test_set}-test-{number}"
    return Scene(name, test_set, "test", layout, moments, moments, targets)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    content = yaml.safe_load(paths.PARAMS.read_text(encoding="utf-8"))
    content["report"]["figures"]["dots_per_inch"] = 50
    keep_rows(content, ("ours", "isi", "ots"))
    content["controls"] = {"control-ones": "ones"}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["render", "--dataset", DATASET])
    paths.PARAMS.write_text(yaml.safe_dump(content), encoding="utf-8")
    random = np.random.default_rng(0)
    plans = []
    for name, width, sources in (("pair", 64, 2), ("solo", 32, 1)):
        stem = paths.cached_scenes(DATASET) / f"test-{name}"
        save(Path(f"{stem}.images.npy"), random.integers(0, 256, (SCENES, 32, width, 3), np.uint8))
        masks = np.zeros((SCENES, sources, 32, width), dtype=bool)
        for source in range(sources):
            masks[:, source, 8:24, 8 + 32 * source : 24 + 32 * source] = True
        save(Path(f"{stem}.masks.npy"), np.packbits(masks, axis=-1))
        save(Path(f"{stem}.mixture.npy"), np.zeros((SCENES, 1, 2, 2), np.float32))
        save(Path(f"{stem}.swap.npy"), np.arange(SCENES)[::-1])
        ids = [f"{name}-test-{n}" for n in range(SCENES)]
        videos = [[f"v{n}", f"v{(n + 1) % SCENES}"][:sources] for n in range(SCENES)]
        about = [
            {"id": scene, "videos": own, "classes": ["bell", "horn"][:sources]}
            for scene, own in zip(ids, videos, strict=True)
        ]
        write(Path(f"{stem}.scenes.json"), json.dumps(about))
        write(Path(f"{stem}.ids.json"), json.dumps(ids))
        plans += [planned(name, n, own, ["bell", "horn"][:sources]) for n, own in enumerate(videos)]
    write_scenes(paths.scenes(DATASET), plans)
    write_clips()
    settings = params.load()
    for row in [*settings.rows, *settings.controls]:
        count = 2 if row in ("ours", "isi") else 1
        pair = {**PAIR, "assigned": 80.0} if count > 1 else PAIR
        write(paths.metrics(DATASET, row), json.dumps({"solo": SOLO, "pair": pair}))
        write(paths.secondary_metrics(DATASET, row), json.dumps({"pair": SECONDARY, "solo": {}}))
        write(paths.curve(DATASET, row), CURVE)
        if row in settings.rows:
            rows.write(paths.row(DATASET, row), rows.resolve(settings, DATASET, row))
        archive = paths.maps(DATASET, row)
        archive.parent.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, Any] = {}
        for name, width in (("pair", 8), ("solo", 4)):
            arrays[f"{name}.maps"] = random.random((SCENES, count, 4, width)).astype(np.float16)
            arrays[f"{name}.score"] = random.random(SCENES).astype(np.float32)
            arrays[f"{name}.thresholds"] = np.full(SCENES, 0.4, np.float32)
            arrays[f"{name}.sweep"] = random.random(len(GRID)).astype(np.float32)
            main = "ap" if name == "solo" else "cap"
            for score in (main, f"{main}_swapped", "iou"):
                arrays[f"{name}.scenes.{score}"] = random.random((1, SCENES)).astype(np.float32)
        np.savez(archive, **arrays)
    return tmp_path


def written(project: Path) -> dict[str, bytes]:
    folders = [
        project / folder(DATASET) for folder in (paths.tables, paths.figures, paths.pdf_figures)
    ]
    files = [path for folder in folders for path in folder.iterdir()]
    return {path.name: path.read_bytes() for path in (*files, project / paths.report(DATASET))}


def test_the_stage_writes_the_same_bytes_each_time(project: Path) -> None:
    render.main()
    first = written(project)
    names = ["table1", "table2", "table3", "listening", "secondary", "negatives", "intervals"]
    names += ["classes-pair"]
    tables = {f"{name}.{ending}" for name in names for ending in FORMATS}
    # No duets and no mosaics: figures 4 and 5 have nothing to show; nor is ours-plus run.
    figures = ("figure1", "figure2", "figure3", "listening", "sweep", "curves", "monitors")
    drawn = {f"{figure}.{ending}" for figure in figures for ending in ("png", "pdf")}
    assert set(first) == tables | {"scores.csv", "coverage.md", "report.html"} | drawn
    assert b" 60.0 " in first["table1.md"]
    for table in tables:
        assert (
            table.endswith("csv") or b"Coverage: test 5 of 7 clips of the catalogue" in first[table]
        )
    assert b"5 of 7 | private 1, unusable 1" in b" ".join(first["coverage.md"].split())
    render.main()
    assert written(project) == first


def test_another_loss_is_named_in_tables(project: Path) -> None:
    """`dvc exp run -S loss=isi` would otherwise show ISI as "Ours"."""
    content = yaml.safe_load(paths.PARAMS.read_text())
    settings = params.Params.model_validate(content | {"loss": "isi"})
    rows.write(paths.row(DATASET, "ours"), rows.resolve(settings, DATASET, "ours"))
    render.main()
    tables = [
        path for path in (project / paths.tables(DATASET)).glob("*.md") if path.stem != "coverage"
    ]
    assert all("the name 'Ours' stands for loss: cycle" in path.read_text() for path in tables)


def test_a_row_without_secondary_metrics_is_one_sentence(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / paths.secondary_metrics(DATASET, "ots")).unlink()
    with pytest.raises(SystemExit):
        render.main()
    said = capsys.readouterr().err
    assert said.startswith("avloc: metrics/synthetic/secondary/ots.json is missing: run the evalu")


def test_a_row_that_was_not_evaluated_is_one_sentence(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths.metrics(DATASET, "isi").unlink()
    with pytest.raises(SystemExit):
        render.main()
    said = capsys.readouterr().err
    assert said.startswith("avloc: metrics/synthetic/isi.json is missing: run the evaluate stage")
    assert said.count("\n") == 1
    assert not (project / "plots" / DATASET / "tables").exists()
