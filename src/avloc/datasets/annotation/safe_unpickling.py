"""Unpickle arrays from untrusted files: plain numpy arrays, and nothing else.

A pickle is a program that may call any function. Here the few names that a pickled array needs are
replaced by inert stand-ins of this module, so that not even numpy's own constructors run before
type, shape and number of bytes are checked. Every other name is refused.
"""

import io
import math
import pickle
import pickletools
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avloc.errors import UserError

#: Booleans, integers and floating-point numbers, as numpy writes them into a pickle.
PLAIN = re.compile(r"[<>|=]?(b1|[iu][1248]|f[248]|bool|u?int(8|16|32|64)|float(16|32|64))")

#: The pickle of an array stores a dozen values for later use; a much larger index only serves to
#: fill the memory.
LARGEST_MEMO_INDEX = 1000


class _Refused(Exception):  # noqa: N818  # about a file, and caught in this module
    """What is wrong with a pickle, in a few words."""


class _Type:
    """Stand-in for ``numpy.dtype``: a name, and the byte order that follows as its state."""

    def __init__(self, name: object, *_: object) -> None:
        if not isinstance(name, str) or not PLAIN.fullmatch(name):
            raise _Refused(f"its numbers are of type {name!r:.40}")
        self._name = name

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, tuple) or len(state) < 5 or state[1] not in ("<", ">", "|", "="):
            raise _Refused("its type has an unknown state")
        if any(part is not None for part in state[2:5]):
            raise _Refused("its numbers are of a compound type")
        self._name = state[1] + np.dtype(self._name).str[1:]

    @property
    def numpy(self) -> np.dtype[Any]:
        return np.dtype(self._name)


class _Array:
    """Stand-in for an array, filled by the state that follows ``_reconstruct``."""

    value: NDArray[Any] | None = None

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, tuple) or len(state) != 5:
            raise _Refused("its array has an unknown state")
        _, shape, kind, columns_first, content = state
        self.value = _filled(content, kind, shape, "F" if columns_first else "C")


def _filled(content: object, kind: object, shape: object, order: object) -> NDArray[Any]:
    """Return the array of these bytes; refuse a type and shape that do not fit them."""
    if isinstance(content, str):  # Python 2
        content = _encode(content, "latin1")
    if isinstance(content, bytearray):
        content = bytes(content)
    if not isinstance(kind, _Type) or not isinstance(content, bytes) or order not in ("C", "F"):
        raise _Refused("its array is not made of bytes of a plain type")
    if not isinstance(shape, tuple) or not all(type(n) is int and n >= 0 for n in shape):
        raise _Refused("its array has no shape")
    if math.prod(shape) * kind.numpy.itemsize != len(content):
        raise _Refused(f"its array of shape {shape} has {len(content)} bytes")
    flat: NDArray[Any] = np.frombuffer(content, kind.numpy)
    return flat.reshape(shape, order="F" if order == "F" else "C")


def _reconstruct(*_: object) -> _Array:
    return _Array()


def _from_buffer(content: object, kind: object, shape: object, order: object) -> _Array:
    array = _Array()
    array.value = _filled(content, kind, shape, order)
    return array


def _encode(text: object, encoding: object) -> bytes:
    """Stand-in for ``_codecs.encode``, which protocol 2 of Python 3 uses for bytes."""
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise _Refused("it encodes something other than bytes")
    try:
        return text.encode("latin1")
    except UnicodeEncodeError:
        raise _Refused("it encodes something other than bytes") from None


#: Module and name in a pickle -> stand-in. numpy 2 has moved its core.
STAND_INS = {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Type,
    ("_codecs", "encode"): _encode,
    **{
        (f"numpy.{core}.{module}", name): stand_in
        for core in ("core", "_core")
        for module, name, stand_in in (
            ("multiarray", "_reconstruct", _reconstruct),
            ("numeric", "_frombuffer", _from_buffer),
        )
    },
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return STAND_INS[module, name]
        except KeyError:
            raise _Refused(f"it names {module}.{name}") from None

    def persistent_load(self, _: object) -> Any:
        raise _Refused("it names something outside itself")


def load_array(content: bytes, where: str) -> NDArray[Any]:
    """Return the one array that a pickle holds.

    Parameters
    ----------
    content
        The pickle, of any protocol and of Python 2 or 3.
    where
        The file, for the message.

    Returns
    -------
    ndarray
        Read-only, of booleans, integers or floating-point numbers, of any shape.

    Raises
    ------
    UserError
        If it holds anything else or is no pickle. None of its code has been run.
    """
    try:
        for opcode, argument, _ in pickletools.genops(content):
            if "PUT" in opcode.name and argument is not None and argument > LARGEST_MEMO_INDEX:
                raise _Refused("it stores values under impossible numbers")
        found = _Unpickler(io.BytesIO(content), encoding="latin1").load()
        if not isinstance(found, _Array):
            raise _Refused(f"it holds no array but something of type {type(found).__name__}")
        if found.value is None:
            raise _Refused("its array was never filled")
    except _Refused as refused:
        fault = str(refused)
    except Exception as error:  # a broken pickle may raise nearly anything
        fault = f"it is no pickle ({type(error).__name__})"
    else:
        return found.value
    raise UserError(
        f"{where} is not a pickled array of plain numbers: {fault}. None of its code was run; "
        "get the file again from its authors"
    )
