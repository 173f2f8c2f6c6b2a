"""Checkpoints: written whole, equal bytes for equal content, read without running code."""

import io
import pickle
from pathlib import Path
from typing import Any

import torch

from avloc.errors import UserError
from avloc.files import atomic


def save(path: Path, content: dict[str, Any]) -> None:
    """Write tensors, numbers, strings and containers of them."""
    # Through a buffer, since torch writes the file's own (temporary) name into the archive.
    buffer = io.BytesIO()
    torch.save(content, buffer)
    with atomic(path) as temporary:
        temporary.write_bytes(buffer.getvalue())


def load(path: Path) -> dict[str, Any]:
    """Read a checkpoint onto the CPU; only tensors and plain values are let in.

    Raises
    ------
    UserError
        If the file is missing, damaged or holds anything else.
    """
    if not path.exists():
        raise UserError(f"{path} is missing; train that row first (`dvc repro`)")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError, ValueError, OSError) as error:
        reason = str(error).splitlines()[0][:120]
        raise UserError(
            f"{path} is not a readable checkpoint ({reason}); give another or train it again"
        ) from None
    if not isinstance(content, dict):
        raise UserError(f"{path} is a checkpoint of another program; give another")
    return content
