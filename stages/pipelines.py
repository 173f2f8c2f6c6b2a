"""Write the pipeline of every data set but the embedded one, as a copy of dvc.yaml.

DVC cannot include one dvc.yaml in another. One file for all data sets would either run them all
or, with the data set as a parameter, let an untargeted `dvc exp run` delete the other data sets'
results from the workspace. A pipeline per folder does neither; links are out, since DVC cannot
follow them in git's history.
"""

from pathlib import Path

from avloc import params
from avloc.errors import reported
from avloc.files import write_text

SOURCE = Path("dvc.yaml")
FOLDER = Path("pipelines")
EMBEDDED = "vars:\n- dataset: synthetic\n  root: .\n"


def pipelines(source: str, datasets: list[str]) -> dict[Path, str]:
    """Return the text of each data set's dvc.yaml by its path."""
    head, separator, stages = source.partition(EMBEDDED)
    if not separator:
        raise ValueError(f"{SOURCE} does not start with its vars block any more")
    del head
    note = "# Written by `make pipelines` from dvc.yaml; change that one.\n"
    return {
        FOLDER / name / "dvc.yaml": note
        + f"vars:\n- ../../params.yaml\n- dataset: {name}\n  root: ../..\n{stages}"
        for name in datasets
        if name != "synthetic"
    }


def main() -> None:
    """Write pipelines/<data set>/dvc.yaml."""
    with reported():
        text = SOURCE.read_text(encoding="utf-8")
        for path, content in pipelines(text, list(params.load().datasets)).items():
            write_text(path, content)
            print(path)


if __name__ == "__main__":
    main()
