"""The real dvc.yaml with stages that write numbers in place of networks: DVC's part of the work.

A run of all stages takes seconds, so a test can follow a researcher through many experiments.
"""

import hashlib
import os
import subprocess
from pathlib import Path

import yaml

from tests import settings
from tests.projects import ROOT

ROWS = ("ours", "isi", "ots")

#: Every stage is this file. What it reads and writes is what the real one reads and writes.
STAGE = """
import argparse, hashlib, json
from pathlib import Path

import yaml

parser = argparse.ArgumentParser()
parser.add_argument("--dataset")
parser.add_argument("--row")
options = parser.parse_args()
stage, row = Path(__file__).stem, options.row
data, metrics, plots = (Path(k) / options.dataset for k in ("data", "metrics", "plots"))
params = yaml.safe_load(Path("params.yaml").read_text())


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))


if stage == "resolve":
    shared = {key: params[key] for key in ("loss", "temperature", "seeds", "train")}
    for name, own in params["rows"].items():
        # Another method than the paper's reads none of its settings.
        base = {"seeds": shared["seeds"]} if "method" in own else shared
        write(data / f"rows/{name}.yaml", {**base, **own})
    for name in ("download extract scenes cache check evaluate control render").split():
        write(data / f"code/{name}.yaml", name)
elif stage == "download":
    for name in ("manifest.csv", "annotations.json", "tags.json", "units.json", "coverage.json"):
        write(data / name, name)
elif stage == "extract":
    write(data / "clips/index", "clips")
elif stage == "scenes":
    write(data / "scenes.json", "scenes")
elif stage == "cache":
    write(data / "cached_scenes/images", "images")
elif stage == "check":
    write(data / "checked.txt", "checked")
elif stage == "train":
    found = (data / f"rows/{row}.yaml").read_text()
    write(Path("models") / options.dataset / f"{row}.pt", found)
    write(plots / f"train/{row}.csv", "step,loss\\n" + "".join(f"{i},{1 / i}\\n" for i in (1, 2)))
elif stage in ("evaluate", "control"):
    found = {"seeds": [0]}
    if stage == "evaluate":
        found = json.loads((Path("models") / options.dataset / f"{row}.pt").read_text())
    number = hashlib.sha256(json.dumps(found, sort_keys=True).encode()).digest()[0] / 10
    main = {"solo": "ap", "pair": "cap"}
    write(metrics / f"{row}.json", {
        test_set: {key: 50 + number, f"{key}_swapped": 20.0} for test_set, key in main.items()
    })
    errors = {f"{key}_se": 1.0 for key in ("gain", "ap", "cap", "ap_swapped", "cap_swapped")}
    several = len(found["seeds"]) > 1
    write(metrics / f"secondary/{row}.json", {t: errors if several else {} for t in main})
    write(data / f"maps/{row}.npz", str(number))
else:
    scores = {p.stem: json.loads(p.read_text())["pair"]["cap"] for p in metrics.glob("*.json")}
    lines = [f"| {name} | {cap:.1f} |" for name, cap in sorted(scores.items())]
    write(plots / "tables/listening.md", "\\n".join(lines))
    write(plots / "figures/figure3.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>")
    write(plots / "pdf/figure3.pdf", "%PDF")
    write(plots / "report.html", "<p>" + "".join(lines))
    headline = {name: {"pair": {"cap": cap}} for name, cap in scores.items()}
    write(Path("metrics") / f"{options.dataset}.json", headline)
"""


class ToyPipeline:
    """A committed project whose pipeline has run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        stages = ("resolve", "download", "extract", "scenes", "cache", "check", "train", "evaluate",
                  "control", "render")  # fmt: skip
        files = {f"stages/{name}.py": STAGE for name in stages} | {"src/avloc/net.py": ""}
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        for name in ("dvc.yaml", ".dvc/config", ".dvc/plots.html", ".dvc/.gitignore", ".dvcignore",
                     ".gitignore"):  # fmt: skip
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text((ROOT / name).read_text())
        params = settings.content()
        params["rows"] = {row: params["rows"][row] for row in ROWS}
        (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
        self.environment = {
            **os.environ,
            "DVC_NO_ANALYTICS": "1",
            "DVC_SITE_CACHE_DIR": str(folder.parent / "site"),
            "PYTHONPATH": str(ROOT / "src"),
            **{f"GIT_{who}_{what}": "t@t" for who in ("AUTHOR", "COMMITTER")
               for what in ("NAME", "EMAIL")},
        }  # fmt: skip
        self.run("git init -q && dvc repro -q && git add --all && git commit -qm Start")

    def run(self, script: str, cwd: Path | None = None) -> str:
        """Run lines of a shell, which end at the first that fails, and return what they say."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=cwd or self.folder, env=self.environment, capture_output=True, text=True,
            check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 0, f"{script}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout + done.stderr

    def state(self, folder: Path | None = None) -> dict[str, str]:
        """Return a hash of every result in the workspace, or in that of a clone."""
        folder = folder or self.folder
        return {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for top in ("data", "models", "metrics", "plots", "dvc.lock", "params.yaml")
            for path in [folder / top, *(folder / top).rglob("*")]
            if path.is_file()
        }
