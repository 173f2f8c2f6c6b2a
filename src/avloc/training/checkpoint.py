"""Checkpoint files: equal content gives equal bytes, and reading one runs no code."""

import io
from pathlib import Path
from typing import Any

import torch

from avloc.errors import UserError
from avloc.files import atomic


def save(path: Path, content: dict[str, Any]) -> None:
    """Write a checkpoint atomically.

    Parameters
    ----------
    path
        File to write or to replace.
    content
        Tensors, numbers, strings, and lists and dicts of them.
    """
    # Through a buffer, since torch would write the temporary name of the file into it.
    buffer = io.BytesIO()
    torch.save(content, buffer)
    with atomic(path) as temporary:
        temporary.write_bytes(buffer.getvalue())


def load(path: Path) -> dict[str, Any]:
    """Read a checkpoint onto the CPU.

    Raises
    ------
    UserError
        If the file is missing, is damaged, or holds more than tensors and plain values.
    """
    if not path.exists():
        raise UserError(f"{path} is missing; train that row first (`dvc repro`)")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        # A damaged file raises whatever its instructions run into, at times without a word.
        reason = str(error).partition("\n")[0][:120] or type(error).__name__
        raise UserError(
            f"{path} is not a readable checkpoint ({reason}); give another or train it again"
        ) from None
    if not isinstance(content, dict):
        raise UserError(f"{path} is not a checkpoint of this program; give another")
    return content
