"""docs/scale.md: its commands for a SLURM array and for a cluster work as printed."""

import os
import re
from pathlib import Path

import pytest
import yaml

from tests.toy_pipeline import ROWS, ToyPipeline

PAGE = Path("docs/scale.md").read_text(encoding="utf-8")
#: What stands for `sbatch --wait`: the tasks of the array, one after the other.
SBATCH = """#!/bin/sh
test "$1" = --wait
for task in $(seq $(echo "$2" | sed 's/--array=\\([0-9]*\\)-\\([0-9]*\\)/\\1 \\2/')); do
  SLURM_ARRAY_TASK_ID=$task bash "$3" || exit 1
  echo "$task" >> tasks.log
done
"""
#: What stands for `make reproduce`, without its set-up.
MAKE = '#!/bin/sh\nexec python -m avloc reproduce --dataset "${2#DATASET=}"\n'


def test_no_stage_depends_on_where_its_work_is_done() -> None:
    """Another executor would run a stage, and all after it, again."""
    stages = yaml.safe_load(Path("dvc.yaml").read_text())["stages"]
    tracked = {key for stage in stages.values() for key in stage.get("do", stage).get("params", [])}
    assert not tracked & {"executor", "workers", "device", "fetch"}


@pytest.mark.slow
def test_rows_of_a_slurm_array_become_dvcs_state(tmp_path: Path) -> None:
    """A task would train another row than its own, or DVC would refuse what tasks have left."""
    toy = ToyPipeline(tmp_path / "project")
    expected = toy.state()
    for name in ("data", "models", "metrics", "plots"):
        toy.run(f"rm -rf {name}")
    toy.run("rm -rf dvc.lock .dvc/cache && mkdir -p .venv/bin && touch .venv/bin/activate")
    script = re.search(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    commands = re.search(r"```sh\n(export DATASET.*?)```", PAGE, re.DOTALL)
    assert script and commands
    (toy.folder / "rows.sbatch").write_text(script[1])
    programs = tmp_path / "bin"
    programs.mkdir()
    for program, text in (("sbatch", SBATCH), ("make", MAKE)):
        (programs / program).write_text(text)
        (programs / program).chmod(0o755)
    toy.environment["PATH"] = f"{programs}{os.pathsep}{toy.environment['PATH']}"
    # The embedded data set's pipeline lies at the root.
    text = commands[1].replace("DATASET=music", "DATASET=synthetic")
    toy.run(text.replace("pipelines/$DATASET/dvc.yaml:check", "check"))
    assert (toy.folder / "tasks.log").read_text().split() == [
        str(number) for number in range(1, len(ROWS) + 1)
    ]
    found = toy.state()
    assert {k: v for k, v in found.items() if k != "dvc.lock"} == {
        k: v for k, v in expected.items() if k != "dvc.lock"
    }
    assert "up to date" in toy.run("dvc repro")
