"""`avloc tolerances`: wrong if what cannot be measured ends in a traceback, or in no tolerances."""

from pathlib import Path

import pytest
import yaml

from avloc import paths
from avloc.cli.tolerances import main
from avloc.files import write_json
from tests import settings


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a project whose rows have two seeds, and which has no metrics yet."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(settings.content() | {"seeds": [0, 1]}))


@pytest.mark.parametrize(
    ("seeds", "fault"), [("0", "one seed at least"), ("-2", "one seed"), ("1", "no metrics yet")]
)
def test_what_cannot_be_measured_is_one_sentence(
    seeds: str, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["--dataset", "synthetic", "--seeds", seeds])
    assert fault in capsys.readouterr().err


def test_the_rows_with_metrics_are_measured(capsys: pytest.CaptureFixture[str]) -> None:
    """A gain has its own spread, which the two scores do not tell."""
    write_json(paths.metrics("synthetic", "ours"), {"pair": {"cap": 40.0, "cap_swapped": 30.0}})
    errors = {"cap_se": 40.0, "cap_swapped_se": 50.0, "gain_se": 2.0}
    write_json(paths.secondary_metrics("synthetic", "ours"), {"pair": errors})
    main(["--dataset", "synthetic", "--seeds", "2"])
    found = yaml.safe_load(capsys.readouterr().out)["synthetic"]["pair"]
    # There are three scenes: one of them is 33.4 points.
    assert found == {"cap": 40.0, "cap_swapped": 50.0, "gain": 33.4}
