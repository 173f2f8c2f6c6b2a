"""Untrusted pickles: wrong if anything but an array is accepted, or a plain array is refused."""

import os
import pickle
import pickletools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from avloc.datasets.annotation.safe_unpickling import load_array
from avloc.errors import UserError

MASK = np.arange(24).reshape(4, 6) % 5 == 0


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    "array",
    [MASK, MASK.astype(np.uint8), MASK.astype(np.float64) / 3, np.asfortranarray(MASK),
     MASK.astype(">i4"), MASK[::2, ::-1]],
    ids=["bool", "uint8", "float64", "columns", "big-endian", "view"],
)  # fmt: skip
def test_every_plain_array_comes_back(array: np.ndarray[Any, Any], protocol: int) -> None:
    found = load_array(pickle.dumps(array, protocol), "a.pkl")
    assert found.shape == array.shape
    assert found.dtype == array.dtype
    assert (found == array).all()


def test_arrays_of_python_2_and_of_numpy_1_come_back() -> None:
    """The authors' files are from 2021: numpy 1, whose core is not numpy._core."""
    new = pickle.dumps(MASK, 2)
    old = new.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    assert old != new
    assert (load_array(old, "a.pkl") == MASK).all()
    python_2 = (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b"
        b"\x87R(K\x01K\x01K\x02\x86cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff"
        b"\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x02\x01\xfftb."
    )
    assert load_array(python_2, "a.pkl").tolist() == [[1, 255]]


class Hostile:
    """Its pickle calls a function."""

    def __init__(self, call: Callable[..., Any], *arguments: Any) -> None:
        self.asked = (call, arguments)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.asked


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_nothing_is_run(tmp_path: Path, protocol: int) -> None:
    target = tmp_path / "written"
    for call, arguments in (
        (os.system, (f"touch {target}",)),
        (eval, (f"open({str(target)!r}, 'w')",)),
        (os.mkdir, (str(target),)),
        (np.save, (str(target), MASK)),
        (np.fromfile, ("/etc/hostname",)),
    ):
        with pytest.raises(UserError, match=r"a\.pkl is not a pickled array .* it names"):
            load_array(pickle.dumps(Hostile(call, *arguments), protocol), "a.pkl")
    assert not target.exists()


#: The type u1 on top of the stack of a pickle.
U1 = b"cnumpy\ndtype\nX\x02\x00\x00\x00u1\x89\x88\x87R"
RECONSTRUCT = b"cnumpy._core.multiarray\n_reconstruct\ncnumpy\nndarray\n"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "no pickle"),
        (b"PK\x03\x04 no pickle", "no pickle"),
        (pickle.dumps(MASK)[:-20], "no pickle"),
        (pickle.dumps({"mask": MASK}), "no array but something of type dict"),
        (pickle.dumps([MASK]), "no array but"),
        (pickle.dumps(b"bytes"), "no array but"),
        (pickle.dumps(np.array([{}, None])), "numbers are of type 'O8'"),
        (pickle.dumps(np.array(["text"])), "numbers are of type"),
        (pickle.dumps(np.zeros(2, [("a", "i4"), ("b", "f8")])), "numbers are of type"),
        (pickle.dumps(np.float64(3)), r"names numpy\._core\.multiarray\.scalar"),
        (pickle.dumps(pickle.loads), r"names _?pickle\._?loads"),
        (b"cos\nsystem\n.", r"names os\.system"),
        # A class inside an allowed one: STACK_GLOBAL takes dotted names.
        (b"\x80\x04\x8c\x05numpy\x8c\x0andarray.__subclasses__\x93.", "no pickle|names numpy"),
        (b"cnumpy\nndarray.__class__\n.", r"names numpy\.ndarray\.__class__"),
        # The stand-ins themselves, wrongly used.
        (b"cnumpy\nndarray\n.", "no array but"),
        (b"cnumpy\nndarray\n)R.", "never filled"),
        (b"cnumpy\nndarray\n)RK\x05b.", "unknown state"),
        (RECONSTRUCT + b"K\x00\x85C\x01b\x87R(K\x01J\xff\xff\xff\x7f\x85" + U1 + b"\x89C\x00tb.",
         r"shape \(2147483647,\) has 0 bytes"),
        (RECONSTRUCT + b"K\x00\x85C\x01b\x87R(K\x01J\xff\xff\xff\xff\x85" + U1 + b"\x89C\x00tb.",
         "no shape"),
        (b"c_codecs\nencode\n(X\x01\x00\x00\x00aX\x03\x00\x00\x00hextR.", "encodes something"),
        (b"K\x01r\xff\xff\xff\x7f.", "stores values under impossible numbers"),
        (b"p999999999\n.", "stores values under impossible numbers|no pickle"),
        (b"Pname\n.", "names something outside"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_the_name_of_the_file(content: bytes, fault: str) -> None:
    with pytest.raises(UserError, match=rf"Masks/7\.pkl is not a pickled array.*({fault})"):
        load_array(content, "Masks/7.pkl")


def test_a_pickle_of_a_model_or_a_class_is_refused() -> None:
    """A checkpoint is the pickle that is most often taken for data."""
    content = pickle.dumps(Path("a"))
    assert any(opcode.name == "STACK_GLOBAL" for opcode, _, _ in pickletools.genops(content))
    with pytest.raises(UserError, match="it names pathlib"):
        load_array(content, "a.pkl")
