"""A mistake in the block ``render`` is one sentence that names the key."""

from copy import deepcopy
from typing import Any

import pytest

from avloc.errors import UserError
from avloc.report.settings import Settings, check_rows, read_settings


@pytest.fixture
def block(settings: Settings) -> dict[str, Any]:
    return deepcopy(settings.model_dump(mode="json"))


def test_the_projects_own_block_is_accepted(settings: Settings) -> None:
    assert list(settings.tables) == ["table1", "table2", "table3"]
    assert settings.rows["dsol"].section == "semi-supervised"


def test_unknown_key(block: dict[str, Any]) -> None:
    block["rows"]["ours"]["lable"] = "Ours"
    with pytest.raises(UserError, match=r"params.yaml: render: rows.ours.lable is not a known key"):
        read_settings(block)


def test_missing_key(block: dict[str, Any]) -> None:
    del block["figures"]["failures"]
    with pytest.raises(UserError, match=r"figures.failures is missing"):
        read_settings(block)


@pytest.mark.parametrize("line", ["34.0* 39.7 20.2*", "34.0* 39.7 20.2* 21.3* 1.0"])
def test_a_line_of_the_wrong_length(block: dict[str, Any], line: str) -> None:
    block["paper"]["music-duet"]["scores"]["ours"] = line
    with pytest.raises(UserError, match=r"render.paper.music-duet: scores.ours has not one number"):
        read_settings(block)


def test_a_number_that_is_none(block: dict[str, Any]) -> None:
    block["paper"]["music-duet"]["scores"]["ours"] = "47,4 53.9 21.2* 26.3*"
    with pytest.raises(UserError, match="'47,4' is neither"):
        read_settings(block)


def test_names_that_refer_to_nothing(block: dict[str, Any]) -> None:
    block["figures"]["ranked_by"] = "our"
    with pytest.raises(UserError, match="row 'our' is not described under rows"):
        read_settings(block)
    block["figures"]["ranked_by"] = "ours"
    block["tables"]["table1"]["groups"][0]["paper"] = ["music-solos"]
    with pytest.raises(UserError, match=r"tables.table1 names 'music-solos'"):
        read_settings(block)
    block["tables"]["table1"]["groups"][0]["paper"] = ["music-solo", "music-duet"]
    with pytest.raises(UserError, match="different metrics beside 'solo'"):
        read_settings(block)


def test_a_quantile_that_is_a_percentage(block: dict[str, Any]) -> None:
    block["figures"]["quantiles"] = [95, 50]
    with pytest.raises(UserError, match="quantiles are fractions"):
        read_settings(block)


def test_a_run_row_without_a_name_in_print(settings: Settings) -> None:
    check_rows(settings, {"ours": {}})
    with pytest.raises(UserError, match=r"render.rows lacks 'ours-k3', which is run"):
        check_rows(settings, {"ours": {}, "ours-k3": {}})


def test_intervals_and_collapse_have_limits(block: dict[str, Any]) -> None:
    block["intervals"]["tables"]["intervals"]["reference"] = "our"
    with pytest.raises(UserError, match="row 'our' is not described under rows"):
        read_settings(block)
    block["intervals"]["level"] = 95
    with pytest.raises(UserError, match=r"render: intervals.level = 95"):
        read_settings(block)
    block["intervals"]["level"] = 0.95
    block["collapse"]["node_cosine_max"] = 2
    with pytest.raises(UserError, match=r"render: collapse.node_cosine_max = 2"):
        read_settings(block)


def test_a_row_with_several_maps_must_carry_stars(settings: Settings) -> None:
    check_rows(settings, {"ours": {"pair": {"assigned": 90.0}}})
    with pytest.raises(UserError, match=r"render.rows.ots.best_pairing is false"):
        check_rows(settings, {"ots": {"pair": {"assigned": 90.0}}})
