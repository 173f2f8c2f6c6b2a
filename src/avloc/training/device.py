"""The device and the number format of the networks."""

from contextlib import AbstractContextManager
from typing import Literal

import torch

from avloc.errors import UserError

Precision = Literal["auto", "float32", "bfloat16"]


def choose_device(name: str) -> torch.device:
    """Return the named device; ``auto`` is CUDA if there is a GPU, else the CPU.

    Raises
    ------
    UserError
        If torch does not know the name, or the machine has no such device.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"device {name!r} cannot be used ({reason}); set it to auto") from None
    return device


def has_bfloat16(device: torch.device) -> bool:
    """Return whether the device multiplies bfloat16 in hardware; emulation would be slow."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        # torch has no public function for this. Without AVX512-BF16 or AMX it emulates.
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported()) and (
            torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
        )
    return False


def autocast(device: torch.device, precision: Precision) -> AbstractContextManager[object]:
    """Return the context in which networks compute.

    Parameters
    ----------
    device
        Where they compute.
    precision
        ``auto`` is bfloat16 if the device has it in hardware, else float32.
    """
    fast = precision == "bfloat16" or (precision == "auto" and has_bfloat16(device))
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=fast)
