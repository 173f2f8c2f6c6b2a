"""Device and number format of a run."""

from contextlib import AbstractContextManager
from typing import Literal

import torch

from avloc.errors import UserError

Precision = Literal["auto", "float32", "bfloat16"]


def choose_device(name: str) -> torch.device:
    """Return the named device; ``auto`` is CUDA where there is one, else the CPU.

    Raises
    ------
    UserError
        If the name is none of torch's, or that device is not there.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"device: {name!r} cannot be used ({reason}); set device: auto") from None
    return device


def has_bfloat16(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 in hardware; emulating it would be slow."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        # torch has no public question for this; without AVX512-BF16 or AMX it falls back.
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported()) and (
            torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
        )
    return False


def autocast(device: torch.device, precision: Precision) -> AbstractContextManager[object]:
    """Return the context in which networks run: bfloat16 where it is fast, float32 elsewhere."""
    fast = precision == "bfloat16" or (precision == "auto" and has_bfloat16(device))
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=fast)
