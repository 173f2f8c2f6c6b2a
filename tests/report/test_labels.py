"""What labels.yaml names, and what is shown of rows that it does not name or does not fit."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from avloc.config import params, rows
from avloc.errors import UserError
from avloc.report.labels import Labels, checked, read_trained
from avloc.report.results import Results
from avloc.report.score_tables import score_table

CYCLE = {"method": "mixloc", "loss": "cycle", "nodes": 2, "steps": 400}


@pytest.fixture
def content(labels: Labels) -> dict[str, Any]:
    return deepcopy(labels.model_dump(mode="json"))


def test_every_row_of_the_project_has_a_name(labels: Labels) -> None:
    """Its tables would show a key where a reader looks for a method."""
    settings = params.load()
    assert {*settings.rows, *settings.controls} <= labels.rows.keys()


def test_unknown_key(content: dict[str, Any]) -> None:
    content["rows"]["ours"]["lable"] = "Ours"
    with pytest.raises(UserError, match=r"labels.yaml: rows.ours.lable is not a known key"):
        checked(content)


@pytest.mark.parametrize("line", ["34.0* 39.7 20.2*", "34.0* 39.7 20.2* 21.3* 1.0"])
def test_a_line_of_the_wrong_length(content: dict[str, Any], line: str) -> None:
    content["paper"]["music-duet"]["scores"]["ours"] = line
    with pytest.raises(UserError, match=r"paper.music-duet: scores.ours has not one number"):
        checked(content)


def test_a_number_that_is_none(content: dict[str, Any]) -> None:
    content["paper"]["music-duet"]["scores"]["ours"] = "47,4 53.9 21.2* 26.3*"
    with pytest.raises(UserError, match="'47,4' is neither"):
        checked(content)


def test_names_that_refer_to_nothing(content: dict[str, Any]) -> None:
    content["tables"]["intervals"]["reference"] = "our"
    with pytest.raises(UserError, match="row 'our' is not named under rows"):
        checked(content)
    content["tables"]["intervals"]["reference"] = "ours"
    content["tables"]["triple"]["notes"] = ["third"]
    with pytest.raises(UserError, match=r"tables.triple names 'third', which notes lacks"):
        checked(content)
    content["tables"]["triple"]["notes"] = []
    content["tables"]["table1"]["blocks"][0][0]["paper"] = ["music-solos"]
    with pytest.raises(UserError, match=r"tables.table1 names 'music-solos'"):
        checked(content)
    content["tables"]["table1"]["blocks"][0][0]["paper"] = ["music-solo", "music-duet"]
    with pytest.raises(UserError, match="different metrics beside 'solo'"):
        checked(content)


def test_a_row_without_a_label_is_shown_under_its_own_name(labels: Labels) -> None:
    """Adding a row or a control must need no edit of the report."""
    own = labels.for_rows({"ours": CYCLE, "my-row": {"method": "mine"}}, ["control-corners"])
    scores = {row: {"pair": {"half": 60.0}} for row in ("ours", "my-row", "control-corners")}
    table = score_table("listening", own, Results("synthetic", scores))
    assert [(line.label, table.sections[line.section]) for line in table.lines] == [
        ("Ours", "Proposed (self-supervised)"),
        ("my-row", "Not in the paper"),
        ("control-corners", "control (not in the paper)"),
    ]


@pytest.mark.parametrize("loss", ["isi", {"isi": 1.0}])
def test_a_row_that_was_trained_with_another_loss_says_so(labels: Labels, loss: Any) -> None:
    """After `-S loss=isi` the tables would call ISI "Ours"."""
    own = labels.for_rows({"ours": CYCLE | {"loss": loss}}, [])
    table = score_table("listening", own, Results("synthetic", {"ours": {"pair": {"half": 60.0}}}))
    assert [line.label for line in table.lines] == ["Ours (loss: isi)"]
    assert (
        "Ours (loss: isi): the name 'Ours' stands for loss: cycle, but the row was trained"
        " otherwise." in table.notes
    )


def test_the_projects_own_rows_are_trained_as_their_names_say(
    labels: Labels, tmp_path: Path
) -> None:
    """Or every table would carry a note that is wrong."""
    settings = params.load()
    for dataset in ("synthetic", "stills", "music"):
        trained = {}
        for row in settings.rows_of(dataset):
            rows.write(tmp_path / f"{row}.yaml", rows.resolve(settings, dataset, row))
            trained[row] = read_trained(tmp_path / f"{row}.yaml", row)
        assert labels.for_rows(trained, settings.controls) == labels


def test_a_file_that_is_not_a_rows_names_the_stage(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"ours.yaml is missing: run the resolve stage"):
        read_trained(tmp_path / "ours.yaml", "ours")
    (tmp_path / "ours.yaml").write_text(yaml.safe_dump({"method": "mixloc"}))
    with pytest.raises(UserError, match=r"is not the file of a row .*: run the resolve stage"):
        read_trained(tmp_path / "ours.yaml", "ours")


def test_test_sets_that_no_table_names_have_one_of_their_own(labels: Labels) -> None:
    """Adding a test set must need no edit of the report."""
    sets = {"pair": {"half": 80.0}, "duet-strings": {"cap": 50.0, "cap_swapped": 45.0}}
    table = score_table("tagged", labels, Results("mine", {"ours": sets}))
    assert [(column.group, column.title) for column in table.columns] == [
        ("duet-strings, mine", title) for title in ("CAP", "CAP swapped", "gain")
    ]
    assert [cell.text for cell in table.lines[0].cells] == ["50.0", "45.0", "+5.0"]
