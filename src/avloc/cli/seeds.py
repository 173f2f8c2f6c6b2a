"""Keep the tables of a run as one page under docs/results, with the commit and the seeds.

`make seeds` calls it after it has trained every row with several seeds.
"""

import argparse
import subprocess
from collections.abc import Sequence
from pathlib import Path

from avloc import paths
from avloc.config import params
from avloc.errors import UserError, reported
from avloc.files import write_text
from avloc.report.labels import read_labels

RESULTS = Path("docs/results")


def page(dataset: str, seeds: Sequence[int], commit: str, tables: Path) -> str:
    """Return the page as Markdown.

    Parameters
    ----------
    dataset, seeds, commit
        What the tables were made from.
    tables
        The folder of the rendered tables; they come in the order of labels.yaml.

    Raises
    ------
    UserError
        If no table was rendered.
    """
    found = [path for name in read_labels().tables if (path := tables / f"{name}.md").exists()]
    if not found:
        raise UserError(f"{tables} holds no table; run `dvc repro` first")
    numbers = ",".join(map(str, seeds))
    head = (
        f"# {dataset}, {len(seeds)} seed{'s' if len(seeds) > 1 else ''}\n\n"
        f"Written by `make seeds SEEDS={numbers} DATASET={dataset}` at commit `{commit}`.\n"
        "Training seeds differ; data and test scenes are the same.\n"
    )
    return "\n".join([head, *(f"{path.read_text(encoding='utf-8').strip()}\n" for path in found)])


def head_commit() -> str:
    """Return the commit of the workspace, and whether code or parameters were changed since."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip()
    changed = subprocess.run(
        ["git", "status", "--porcelain", "--", "src", "stages", "dvc.yaml"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    return f"{commit} with changes" if changed else commit


def main(arguments: Sequence[str] | None = None) -> None:
    """Write docs/results/<dataset>-seeds-<seed>-<seed>.md."""
    parser = argparse.ArgumentParser(prog="avloc seeds", description=__doc__)
    parser.add_argument("--dataset", required=True)
    dataset = parser.parse_args(arguments).dataset
    with reported():
        settings = params.load()
        seeds = settings.dataset(dataset).overrides.get("seeds", settings.seeds)
        path = RESULTS / f"{dataset}-seeds-{'-'.join(map(str, seeds))}.md"
        write_text(path, page(dataset, seeds, head_commit(), paths.tables(dataset)))
        print(f"{path} written")
