"""params.yaml: strict, resolved row by row, and stable under DVC's rewriting."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from ruamel.yaml import YAML

from avloc import datasets, paths
from avloc.config import params, rows
from avloc.errors import UserError
from tests import settings as frozen
from tests.settings import settings


@pytest.fixture
def content() -> dict[str, Any]:
    return frozen.content()


def loaded(content: dict[str, Any], folder: Path) -> params.Params:
    path = folder / "params.yaml"
    path.write_text(yaml.safe_dump(content))
    return params.load(path)


def test_committed_parameters_are_valid_for_every_row_and_data_set() -> None:
    """The pipeline of another data set than the embedded one would stop at once."""
    committed = params.load()
    rows.check_top_level(committed)
    for dataset, block in committed.datasets.items():
        datasets.load(block.kind).Settings.model_validate(block.source)
        for name in committed.rows_of(dataset):
            rows.resolve(committed, dataset, name)


def test_rewriting_by_dvc_changes_no_line() -> None:
    """`dvc exp run -S` writes the file through ruamel; a reformatted file would be a noisy diff."""
    yaml_ = YAML()
    text = paths.PARAMS.read_text()
    out = StringIO()
    yaml_.dump(yaml_.load(text), out)
    assert out.getvalue() == text


def test_loss_reaches_only_the_rows_without_their_own(
    content: dict[str, Any], tmp_path: Path
) -> None:
    before = loaded(content, tmp_path)
    after = loaded({**content, "loss": "isi"}, tmp_path)
    changed = [
        name
        for name in before.rows
        if rows.resolve(before, "synthetic", name) != rows.resolve(after, "synthetic", name)
    ]
    assert changed == ["ours"]


def test_rows_take_the_data_sets_overrides_then_their_own(
    content: dict[str, Any], tmp_path: Path
) -> None:
    content["rows"]["ours"] = {"train": {"steps": 3}}
    row = rows.resolve(loaded(content, tmp_path), "synthetic", "ours")
    assert row.train.steps == 3
    assert row.train.batch_size == content["profiles"]["thin"]["train"]["batch_size"]
    assert row.train.warm_start.steps == 2, "the override of the data set"
    assert row.train.crop_scale_min == content["train"]["crop_scale_min"]


def test_a_row_may_differ_on_one_data_set_only(content: dict[str, Any], tmp_path: Path) -> None:
    content["datasets"]["local"]["rows"] = {
        "ots": {"initial_scale": 7.0, "seeds": [0, 1, 2], "train": {"steps": 5}}
    }
    before, after = settings(), loaded(content, tmp_path)
    row = rows.resolve(after, "local", "ots")
    assert (row.settings["initial_scale"], row.seeds, row.train.steps) == (7.0, (0, 1, 2), 5)
    assert row.train.batch_size == rows.resolve(before, "local", "ots").train.batch_size
    for dataset, name in (("synthetic", "ots"), ("local", "ots-mix")):
        assert rows.resolve(after, dataset, name) == rows.resolve(before, dataset, name)


@pytest.mark.parametrize(
    ("differences", "sentence"),
    [
        ({"ost": {}}, r"datasets\.local\.rows\.ost is not a row of `rows`, which has attention, "),
        ({"ots": {"scale": 1}}, r"datasets\.local\.rows\.ots\.scale is not a key of method ots"),
    ],
)
def test_wrong_differences_of_a_data_set_are_named(
    differences: dict[str, Any], sentence: str, content: dict[str, Any], tmp_path: Path
) -> None:
    content["datasets"]["local"]["rows"] = differences
    changed = loaded(content, tmp_path)
    with pytest.raises(UserError, match=sentence):
        for name in changed.rows_of("local"):
            rows.resolve(changed, "local", name)


def test_a_row_survives_its_file(tmp_path: Path) -> None:
    row = rows.resolve(settings(), "synthetic", "ots")
    rows.write(tmp_path / "ots.yaml", row)
    assert rows.read(tmp_path / "ots.yaml") == row


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"train": {"steps": "many"}}, r"train\.steps = 'many': .*correct it"),
        ({"lr": 0.1}, r"lr is not a known key; remove it"),
        ({"nodes": 1}, r"nodes = 1: .*greater than or equal to 2"),
    ],
)
def test_wrong_parameters_are_named(
    change: dict[str, Any], sentence: str, content: dict[str, Any], tmp_path: Path
) -> None:
    for key, value in change.items():
        content[key] = {**content[key], **value} if isinstance(value, dict) else value
    with pytest.raises(UserError, match=sentence):
        rows.check_top_level(loaded(content, tmp_path))


def test_missing_parameter_is_named(content: dict[str, Any], tmp_path: Path) -> None:
    del content["audio"]["hop"]
    with pytest.raises(UserError, match=r"audio\.hop is missing; add it"):
        loaded(content, tmp_path)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"loss": "Isi"}, "loss: 'Isi' does not exist"),
        ({"method": "ots"}, r"rows\.ours: initial_scale is missing"),
        ({"lerning_rate": 1}, r"rows\.ours\.lerning_rate is not a key of method mixloc"),
        ({"train": {"stepz": 1}}, r"rows\.ours: stepz is not a known key"),
    ],
)
def test_wrong_rows_are_named(
    row: dict[str, Any], sentence: str, content: dict[str, Any], tmp_path: Path
) -> None:
    content["rows"]["ours"] = row
    with pytest.raises(UserError, match=sentence):
        rows.resolve(loaded(content, tmp_path), "synthetic", "ours")


def test_no_data_set_of_that_name() -> None:
    with pytest.raises(UserError, match=r"datasets\.musik does not exist; choose one of synthetic"):
        settings().dataset("musik")
