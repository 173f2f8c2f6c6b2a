"""Resolve what every other stage depends on: the settings of the rows, and the code.

One stage for all, since starting Python for each would take longer than the work. Each stage and
each row has a file of its own, so that nothing runs again but what has changed.
"""

import argparse
from pathlib import Path

import yaml

from avloc import methods, paths
from avloc.change_tracking import SOURCES, code_of
from avloc.config import params, rows
from avloc.errors import reported
from avloc.files import write_text

STAGES = Path("stages")
TRAIN = STAGES / "train.py"


def code_of_stages(kind: str) -> dict[str, dict[str, str]]:
    """Return stage -> fingerprints of its code, for all stages but training, which has its rows'.

    Parameters
    ----------
    kind
        Of the data set: it names the module that the download stage loads. Evaluation loads all
        metrics by their names.
    """
    metrics = sorted((SOURCES / "avloc" / "evaluation" / "metrics").glob("*.py"))
    loaded = {
        "download": [SOURCES / "avloc" / "datasets" / f"{kind.replace('-', '_')}.py"],
        "evaluate": metrics,
        "control": metrics,
    }
    stages = {path.stem: path for path in sorted(STAGES.glob("*.py"))}
    return {
        name: code_of([path, *loaded.get(name, [])])
        for name, path in stages.items()
        if name not in ("__init__", "resolve", TRAIN.stem)
    }


def code_of_row(row: rows.Row, shared: dict[str, str]) -> rows.Code:
    """Return the fingerprints of the code of a row's training: for all rows, and for this one."""
    settings = methods.load(row.method).Settings.model_validate(row.settings)
    own = [f"avloc.methods.{row.method.replace('-', '_')}", *settings.modules()]
    found = code_of(SOURCES.joinpath(*name.split(".")).with_suffix(".py") for name in own)
    return rows.Code(shared=shared, own={k: v for k, v in found.items() if k not in shared})


def main() -> None:
    """Write data/<dataset>/rows/<row>.yaml and data/<dataset>/code/<stage>.yaml."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    dataset = parser.parse_args().dataset
    with reported():
        settings = params.load()
        rows.check_top_level(settings)
        shared = code_of([TRAIN])
        for name in settings.rows_of(dataset):
            row = rows.resolve(settings, dataset, name)
            row = row.model_copy(update={"code": code_of_row(row, shared)})
            rows.write(paths.row(dataset, name), row)
        for stage, code in code_of_stages(settings.dataset(dataset).kind).items():
            write_text(paths.code(dataset, stage), yaml.safe_dump(code))


if __name__ == "__main__":
    main()
