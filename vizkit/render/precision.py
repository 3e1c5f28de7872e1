"""Which number format runs inside the network."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import nn

from vizkit.errors import DeviceError

_WIDE = 64
"""Channels from which a convolution is faster in bfloat16 on a CPU; below, conversion costs more
than it saves (LeNet-5)."""


def choose_dtype(asked: str, module: nn.Module, device: torch.device) -> torch.dtype:
    """Number format for the convolutions of a rendering.

    Raises
    ------
    DeviceError : bfloat16 asked of a device that cannot compute with it.
    """
    if asked == "float32":
        return torch.float32
    if asked == "bfloat16":
        if device.type == "cuda" and not torch.cuda.is_bf16_supported():
            raise DeviceError(
                f"--dtype bfloat16: {torch.cuda.get_device_name(device)} does not compute in "
                "bfloat16.\n  Leave --dtype out, or give --dtype float32."
            )
        return torch.bfloat16
    widest = max(
        (each.out_channels for each in module.modules() if isinstance(each, nn.Conv2d)), default=0
    )
    return torch.bfloat16 if widest >= _WIDE and fast_bfloat16(device) else torch.float32


def fast_bfloat16(device: torch.device) -> bool:
    """Return whether the device multiplies bfloat16 faster than float32."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type == "cpu":
        # torch before 2.13 cannot tell, and computes in float32.
        capabilities: Mapping[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
        return any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return False


def network_precision(dtype: torch.dtype, device: torch.device) -> AbstractContextManager[object]:
    """Context in which the network computes in `dtype`; the canvas stays in float32."""
    if dtype == torch.float32:
        return nullcontext()
    return torch.autocast(device.type, dtype=dtype)
