"""A page of a small data set, and the scripts of the page run by node."""

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from avloc.data.clips import Moment, Seconds
from avloc.data.coverage import Count
from avloc.report.contents import Content
from avloc.report.labels import Labels
from avloc.report.maps import Masks, SetMaps
from avloc.report.page.assemble import FOLDER
from avloc.report.page.gallery import Sources
from avloc.report.results import Results
from avloc.report.samples import Samples
from avloc.report.settings import Settings
from avloc.report.training_curve import Curve
from avloc.scenes.scene import Layout, Scene, Target

SIZE = 32
SCENES = 6
#: Row -> test set -> how many maps it has.
MAPS = {
    "ots": {"pair": 1, "solo": 1},
    "dsol": {"pair": 2, "solo": 1},
    "ours": {"pair": 2, "solo": 2},
}
RATE = 16000


@dataclass(frozen=True)
class SmallSet:
    """The scenes of a small test set; the last has one source only."""

    images: NDArray[np.uint8]
    targets: Masks
    classes: tuple[tuple[str, ...], ...]
    mixture: NDArray[np.float32]

    def masks(self, number: int, /) -> Masks:
        found = self.targets[number]
        return np.asarray(found[found.any(axis=(1, 2))])


def _small_set(tiles: int) -> SmallSet:
    random = np.random.default_rng(tiles)
    images = random.integers(0, 256, (SCENES, SIZE, SIZE * tiles, 3), np.uint8)
    masks = np.zeros((SCENES, tiles, SIZE, SIZE * tiles), dtype=bool)
    for tile in range(tiles):
        masks[:, tile, 8:24, SIZE * tile + 6 : SIZE * tile + 20] = True
    names: list[tuple[str, ...]] = [("bell", "reed_box")[:tiles]] * SCENES
    if tiles > 1:
        masks[-1, -1] = False
        names[-1] = ("bell",)
    return SmallSet(images, masks, tuple(names), np.zeros((SCENES, 1, 6, 4), np.float32))


def _plan(name: str, number: int, tiles: int) -> Scene:
    moments = tuple(Moment(f"v{(number + tile) % SCENES}", Seconds(0.5)) for tile in range(tiles))
    targets = tuple(Target(tile, ("bell", "reed_box")[tile]) for tile in range(tiles))
    layout: Layout = "side-by-side" if tiles > 1 else "single"
    return Scene(f"{name}-{number}", name, "test", layout, moments, moments, targets)


def small_content(labels: Labels, settings: Settings) -> tuple[Content, Sources]:
    """Return what a page is made from: three rows, six pairs and six solo scenes."""
    sets = {"pair": _small_set(2), "solo": _small_set(1)}
    random = np.random.default_rng(0)
    maps: dict[str, dict[str, SetMaps]] = {}
    samples: dict[str, dict[str, Samples]] = {}
    for row, counts in MAPS.items():
        for name, count in counts.items():
            tiles = sets[name].targets.shape[1]
            values = random.uniform(-1, 1, (SCENES, count, 4, 4 * tiles)).astype(np.float16)
            score = random.random(SCENES).astype(np.float32)
            found = SetMaps(values, score, np.full(SCENES, 0.55, np.float32))
            maps.setdefault(row, {})[name] = found
            main = "ap" if name == "solo" else "cap"
            samples.setdefault(row, {})[name] = Samples({main: score[None]}, 0.55, None)
    metrics: Mapping[str, Mapping[str, Mapping[str, float]]] = {
        row: {"pair": {"cap": 40.0, "assigned": 50.0} if row == "ours" else {"cap": 30.0}}
        for row in MAPS
    }
    steps = 50 * np.arange(1, 9).astype(np.float64)
    content = Content(
        labels=labels,
        settings=settings,
        results=Results("small", metrics, nodes={"ours": 2}, temperatures={"ours": 0.07}),
        samples=samples,
        units={},
        classes={},
        coverage={"test": {"bell": Count(6, 5, {"private": 1})}},
        curves={"ours": Curve({"step": steps, "loss": 100 / steps})},
        maps=maps,
        scenes=sets,
    )
    tiles_of = {"pair": 2, "solo": 1}
    return content, Sources(
        plans={n: [_plan(n, s, t) for s in range(SCENES)] for n, t in tiles_of.items()},
        maps_of=lambda row: maps[row],
        sounds_of=lambda scene: [_tone(int(sound.video[1:])) for sound in scene.sounds],
        sample_rate_hz=RATE,
    )


def _tone(number: int) -> NDArray[np.float32]:
    time = np.arange(RATE // 10) / RATE
    return (0.02 * np.sin(2 * np.pi * (200 + 40 * number) * time)).astype(np.float32)


def data_of(text: str) -> Any:
    """Return the data in a page."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found
    return json.loads(found[1])


def maps_in(entry: dict[str, Any]) -> Any:
    """Return the maps of an entry of the pool, (M, h, w) float16."""
    return np.frombuffer(base64.b64decode(entry["data"]), "<f2").reshape(entry["shape"])


def run_scripts(names: tuple[str, ...], program: str, given: Any) -> Any:
    """Return what a JavaScript program returns that may use the scripts of the page.

    Skips the test where there is no node: the page itself needs none.
    """
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed, which runs the page's scripts without a browser")
    scripts = "\n".join((FOLDER / f"{name}.js").read_text() for name in names)
    source = (
        f"{scripts}\nconst given = JSON.parse(require('fs').readFileSync(0, 'utf8'));\n"
        f"const result = (() => {{ {program} }})();\n"
        "process.stdout.write(JSON.stringify(result));\n"
    )
    done = subprocess.run(
        [node, "--eval", source],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
