"""Resolve what every other stage depends on: the settings of the rows, and the code.

One stage for all, since starting Python for each would take longer than the work. Each stage and
each row has a file of its own, so that nothing runs again but what has changed.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path

import yaml

from avloc import datasets, methods, paths
from avloc.change_tracking import SOURCES, closure, code_of
from avloc.config import params, rows
from avloc.errors import reported
from avloc.files import write_text
from avloc.scenes.recipes import modules_of

STAGES = Path("stages")
TRAIN = STAGES / "train.py"
#: They have no such file: training has its rows', `resolve` sees all code, `inputs` always runs.
WITHOUT_CODE = ("__init__", "resolve", "inputs", TRAIN.stem)


def code_of_stages(kind: str, test_sets: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return stage -> fingerprints of its code, for all stages but training, which has its rows'.

    Parameters
    ----------
    kind
        Kind of the data set: its module is loaded by name.
    test_sets
        Names of the data set's test sets: the modules of their recipes are loaded by name. Metrics
        are loaded by name, too, and all of them.

    Raises
    ------
    UserError
        If a recipe does not exist.
    """
    package = SOURCES / "avloc"
    loaded_by = {
        package / "datasets": [package / "datasets" / f"{kind.replace('-', '_')}.py"],
        package / "scenes" / "recipes": [_file_of(name) for name in modules_of(test_sets)],
        package / "evaluation" / "metrics": list((package / "evaluation" / "metrics").glob("*.py")),
    }
    found = {}
    for stage in sorted(STAGES.glob("*.py")):
        if stage.stem not in WITHOUT_CODE:
            imported = closure([stage])
            loaded = [
                module
                for folder, modules in loaded_by.items()
                if folder / "__init__.py" in imported
                for module in modules
            ]
            found[stage.stem] = code_of([stage, *loaded])
    return found


def code_of_row(row: rows.Row, shared: dict[str, str]) -> rows.Code:
    """Return the fingerprints of the code of a row's training: for all rows, and for this one."""
    settings = methods.load(row.method).Settings.model_validate(row.settings)
    own = [f"avloc.methods.{row.method.replace('-', '_')}", *settings.modules()]
    found = code_of(_file_of(name) for name in own)
    return rows.Code(shared=shared, own={k: v for k, v in found.items() if k not in shared})


def _file_of(module: str) -> Path:
    return SOURCES.joinpath(*module.split(".")).with_suffix(".py")


def main() -> None:
    """Write data/<dataset>/rows/<row>.yaml and data/<dataset>/code/<stage>.yaml."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    dataset = parser.parse_args().dataset
    with reported():
        settings = params.load()
        rows.check_top_level(settings)
        datasets.load(settings.dataset(dataset).kind)  # refuses a misspelt kind
        shared = code_of([TRAIN])
        for name in settings.rows_of(dataset):
            row = rows.resolve(settings, dataset, name)
            row = row.model_copy(update={"code": code_of_row(row, shared)})
            rows.write(paths.row(dataset, name), row)
        block = settings.dataset(dataset)
        for stage, code in code_of_stages(block.kind, block.scenes).items():
            write_text(paths.code(dataset, stage), yaml.safe_dump(code))


if __name__ == "__main__":
    main()
