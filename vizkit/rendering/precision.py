"""Which number format runs inside the network."""

from __future__ import annotations

import torch
from torch import nn

from vizkit.errors import DeviceError
from vizkit.networks.device import fast_bfloat16

_WIDE = 64
"""Channels from which a convolution is faster in bfloat16; where all are narrower, conversion costs
more than it saves."""


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
