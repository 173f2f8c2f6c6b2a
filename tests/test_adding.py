"""Adding things: one new file and at most one block of params.yaml each, in a copy of the project.

A method, a loss, a kind of data set, a recipe of test sets and a metric are added to the copy, and
its stages run on a dozen tiny videos. If one of them needed another edit, in a list, a registry or
a table of labels, the stage that misses it would stop, or its name would not be in the results.
"""

import json
import sys
from textwrap import dedent
from typing import Any

import pytest
import yaml

from tests.projects import Project, copy_project
from tests.settings import content

pytestmark = pytest.mark.slow

METHOD = '''
    """Mean cosine: a sound belongs to the frame whose cells are nearest to it on average."""

    import torch
    import torch.nn.functional as F
    from pydantic import PositiveFloat
    from torch import Tensor

    from avloc.methods.base import (
        Batch,
        LossAndMonitors,
        MethodSettings,
        SharedSettings,
        TwoTowerMethod,
    )
    from avloc.nets.similarity import similarity_maps


    class Settings(MethodSettings):
        """Keys of params.yaml that this method reads."""

        sharpness: PositiveFloat


    class System(TwoTowerMethod):
        """Two towers with one vector per sound."""

        def __init__(self, shared: SharedSettings, settings: Settings) -> None:
            super().__init__(shared, heads=1)
            self.sharpness = settings.sharpness

        def loss(self, batch: Batch) -> LossAndMonitors:
            """Return the cross-entropy of each sound with the frames of the batch."""
            cells = self.towers.image(batch.frames[0]).mean(dim=(2, 3))
            vectors = self.towers.audio(self.log_mel(batch.sounds[0]))[:, 0]
            logits = self.sharpness * vectors @ cells.T
            own = torch.arange(len(logits), device=logits.device)
            right = (logits.detach().argmax(dim=1) == own).float().mean()
            return F.cross_entropy(logits, own), {"right": right}

        def localise(self, image: Tensor, logmel: Tensor) -> Tensor:
            """Return the cosines."""
            return similarity_maps(self.towers.image(image), self.towers.audio(logmel))
'''

LOSS = '''
    """Hinge: an image's own mixture must be nearer than the other mixtures, by a margin."""

    from torch import Tensor

    FRAMES = 1
    SOUNDS = 1

    MARGIN = 0.5


    def loss(phi: Tensor, temperature: float) -> Tensor:  # noqa: ARG001  # it has none
        """Return the mean over images of max(0, margin + other - own)."""
        near = phi[0, 0].mean(dim=-1)  # (M, k, M)
        own = near.diagonal(dim1=0, dim2=2).T[:, :, None]
        return (MARGIN + near - own).relu().mean()
'''

KIND = '''
    """Two tones: videos of a red square that hums, or of a blue one that whistles."""

    import numpy as np
    from pydantic import BaseModel, ConfigDict, PositiveInt

    from avloc.data.annotations import AnnotatedObject, AnnotatedTime
    from avloc.data.clips import Clip, Seconds
    from avloc.datasets import DownloadContext, DownloadResult
    from avloc.files import sha256
    from avloc.media import encode
    from avloc.seeding import rng

    CLASSES = {"hum": (0, 300.0), "whistle": (2, 3000.0)}
    FPS, SIZE_PX, RATE_HZ, SECONDS = 8.0, 48, 16000, 1.5


    class Settings(BaseModel):
        """Keys of params.yaml."""

        model_config = ConfigDict(extra="forbid", frozen=True)
        videos: PositiveInt


    def download(settings: Settings, context: DownloadContext) -> DownloadResult:
        """Write so many videos of each class for each split."""
        clips, annotations = [], {}
        context.raw.mkdir(parents=True, exist_ok=True)
        for split in ("train", "val", "test"):
            for name, (channel, hertz) in CLASSES.items():
                for number in range(settings.videos):
                    id = f"{split}-{name}-{number}"
                    random = rng(context.seed, id)
                    top, left = random.integers(0, 24, 2)
                    frames = np.zeros((int(FPS * SECONDS), SIZE_PX, SIZE_PX, 3), np.uint8)
                    frames[:, top : top + 24, left : left + 24, channel] = 255
                    samples = np.arange(int(RATE_HZ * SECONDS))
                    turns = hertz * random.uniform(0.9, 1.1) / RATE_HZ * samples
                    tone = 0.3 * np.sin(2 * np.pi * turns)
                    path = context.raw / f"{id}.mp4"
                    encode(path, frames, FPS, tone.astype(np.float32), RATE_HZ)
                    clips.append(Clip(id, path.name, split, (name,), sha256(path)))
                    box = tuple(float(side) / SIZE_PX for side in (left, top, 24, 24))
                    seen = (AnnotatedObject(name, box),)
                    times = (Seconds(0.5), Seconds(0.75))
                    annotations[id] = tuple(AnnotatedTime(time, seen) for time in times)
        return DownloadResult.complete(clips, annotations)
'''

RECIPE = '''
    """Alone: an annotated frame of a clip with one class and its own sound, scored by source."""

    from avloc.scenes.candidates import Candidates
    from avloc.scenes.drawing import draw_single_clips
    from avloc.scenes.scene import Scene

    LAYOUT = "single"
    SCORED_AS = "multi"
    SCORED_BY_SIDE = False
    NEEDS = "two annotated times of clips with one class"


    def draw(candidates: Candidates, wanted: int) -> list[Scene]:
        """Return at most the wanted number of scenes."""
        return draw_single_clips(candidates, candidates.annotated_clips(classes=(1,)), wanted)
'''

METRIC = '''
    """Pointing game: whether the highest pixel of the overall map lies in a source."""

    from avloc.evaluation.localised_scene import LocalisedScene
    from avloc.evaluation.metric import Metric


    def pointing(scene: LocalisedScene) -> float:
        """Return 1 if it does, or 0."""
        overall = scene.at_mask_size(scene.prediction.overall_map)[0]
        return float(scene.all_sources[0].flat[overall.argmax()])


    METRIC = Metric(pointing, kinds=("solo", "multi"))
'''

#: The one new file of each thing.
FILES = {
    "methods/mean_cosine.py": METHOD,
    "losses/hinge.py": LOSS,
    "datasets/two_tones.py": KIND,
    "scenes/recipes/alone.py": RECIPE,
    "evaluation/metrics/pointing.py": METRIC,
}
DATASET, ROWS = "tones", {"mean-cosine": {"method": "mean-cosine", "sharpness": 5.0},
                          "hinge": {"loss": "hinge"}}  # fmt: skip
SCENES = {name: {"val": 3, "test": 4} for name in ("solo", "pair", "alone")}
CONTROL = "control-ones"

#: Tests of whatever a folder or params.yaml holds.
TESTS = [
    "tests/config/test_rows.py",
    "tests/evaluation/test_metrics.py::test_file_function_and_metric_have_one_name",
    "tests/losses",
    "tests/methods/test_methods.py",
    "tests/scenes/test_recipes.py",
    "tests/test_structure.py",
    # The copy's params.yaml is not formatted as the committed one.
    "--deselect=tests/config/test_rows.py::test_rewriting_by_dvc_changes_no_line",
]

#: Runs stages one after another in one process: they share the import of torch.
RUN = """
import importlib, json, sys
for name, *arguments in json.loads(sys.argv[1]):
    sys.argv = [name, *arguments]
    importlib.import_module(f"stages.{name}").main()
"""


def with_blocks(committed: dict[str, Any]) -> dict[str, Any]:
    """Return the frozen settings with a block for each of the two rows and for the data set."""
    changed = content()
    changed["report"] = committed["report"]
    changed["rows"] = {"ours": {}} | ROWS
    block = changed["datasets"]["local"] | {"kind": "two-tones", "source": {"videos": 3}}
    block["overrides"] = {"train": {"steps": 4, "warm_start": {"steps": 1}}}
    changed["datasets"][DATASET] = block | {"scenes": SCENES}
    return changed


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy to which one of each was added, and whose stages were run."""
    made = copy_project(tmp_path_factory.mktemp("adding") / "project", with_blocks)
    for name, text in FILES.items():
        path = made.folder / "src/avloc" / name
        assert not path.exists()
        path.write_text(dedent(text).lstrip())
    rows = [(stage, row) for row in ("ours", *ROWS) for stage in ("train", "evaluate")]
    stages = [[stage] for stage in ("download", "extract", "scenes", "cache", "resolve")]
    stages += [[stage, "--row", row] for stage, row in [*rows, ("control", CONTROL)]]
    commands = [[*stage, "--dataset", DATASET] for stage in stages]
    made.run(sys.executable, "-c", RUN, json.dumps(commands))
    return made


def metrics(project: Project, row: str) -> Any:
    return json.loads((project.folder / "metrics" / DATASET / f"{row}.json").read_text())


def code(project: Project, name: str) -> Any:
    return yaml.safe_load((project.folder / "data" / DATASET / name).read_text())


def test_a_method_is_a_file_and_a_row(project: Project) -> None:
    """It is trained, scored, tracked and named, though no other file knows of it."""
    assert {"solo", "pair"} <= set(metrics(project, "mean-cosine"))
    own = code(project, "rows/mean-cosine.yaml")
    assert own["settings"] == {"sharpness": 5.0}
    assert "src/avloc/methods/mean_cosine.py" in own["code"]["own"]
    curve = (project.folder / "plots" / DATASET / "train/mean-cosine.csv").read_text()
    assert curve.startswith("phase,step,loss,right\n")


def test_a_loss_is_a_file_and_a_row(project: Project) -> None:
    """The paper's method takes it by its name."""
    assert {"solo", "pair"} <= set(metrics(project, "hinge"))
    own = code(project, "rows/hinge.yaml")
    assert own["method"] == "mixloc"
    assert "src/avloc/losses/hinge.py" in own["code"]["own"]
    assert "src/avloc/losses/cycle.py" not in own["code"]["own"]


def test_a_data_set_is_a_file_and_a_block(project: Project) -> None:
    """A download of another kind of data set would be tracked by the wrong code."""
    manifest = (project.folder / "data" / DATASET / "manifest.csv").read_text()
    assert manifest.count("\ntest-") == 6
    assert "src/avloc/datasets/two_tones.py" in code(project, "code/download.yaml")


def test_a_test_set_is_a_file_and_a_key(project: Project) -> None:
    """Scenes of the new recipe are planned, cached and scored for every row."""
    for row in (*ROWS, CONTROL):
        assert {"cap", "piap"} <= set(metrics(project, row)["alone"])
    assert "src/avloc/scenes/recipes/alone.py" in code(project, "code/scenes.yaml")


def test_a_metric_is_a_file(project: Project) -> None:
    """It is in the results of every row and set, and its code is tracked."""
    for row in (*ROWS, CONTROL):
        for scores in metrics(project, row).values():
            assert 0 <= scores["pointing"] <= 100
    # A map without a peak points at the upper left corner, which no square covers in all scenes.
    assert metrics(project, CONTROL)["solo"]["pointing"] < 100
    for stage in ("evaluate", "control"):
        assert "src/avloc/evaluation/metrics/pointing.py" in code(project, f"code/{stage}.yaml")


def test_tables_name_what_was_added(project: Project) -> None:
    """Labels are declared for the paper's rows only; a new row must not need one."""
    project.run(sys.executable, "-c", RUN, json.dumps([["render", "--dataset", DATASET]]))
    tables = [path.read_text() for path in (project.folder / "plots" / DATASET).rglob("*.md")]
    for row in ROWS:
        assert any(row in table for table in tables)


def test_the_pipeline_has_the_new_rows(project: Project) -> None:
    """`dvc repro` would leave them out without a word."""
    project.run(sys.executable, "-m", "avloc", "pipelines", "--dataset", DATASET)
    listed = project.run("dvc", "stage", "list", "--name-only", f"pipelines/{DATASET}/dvc.yaml")
    for row in ROWS:
        for stage in ("train", "evaluate"):
            assert f"dvc.yaml:{stage}@{row}\n" in listed


def test_the_tests_of_the_project_ask_for_no_more(project: Project) -> None:
    """A list in a test would be one more place to touch."""
    project.run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS)
