"""Kinds of data sets: wrong if a module is not found by its name, or something else is."""

import pkgutil

import pytest

from avloc import datasets
from avloc.errors import UserError


def test_every_module_is_a_kind() -> None:
    """A module without these two could be chosen in params.yaml and would fail later."""
    names = [item.name for item in pkgutil.iter_modules(datasets.__path__) if not item.ispkg]
    assert names
    for name in names:
        module = datasets.load(name.replace("_", "-"))
        assert all(field.is_required() for field in module.Settings.model_fields.values())
        assert callable(module.download)


@pytest.mark.parametrize("kind", ["download", "annotation", "generator", "nonsense", ""])
def test_sub_packages_and_unknown_names_are_no_kinds(kind: str) -> None:
    """`kind: download` would end in an AttributeError instead of a sentence with the choice."""
    with pytest.raises(
        UserError, match=r"does not exist; choose one of local, music, stills, "
    ) as e:
        datasets.load(kind)
    assert "download," not in str(e.value)
