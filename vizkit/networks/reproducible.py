"""Numbers of a GPU that are the same in every run, and float32 that is float32."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import torch
from torch.backends import cuda, cudnn


@contextmanager
def reproducible(device: torch.device) -> Iterator[None]:
    """Context in which a GPU computes the same bits every time, and in full float32.

    By default cuDNN sums gradients in an order that changes from run to run, may choose another
    algorithm every time, and rounds float32 to the 10 bits of TF32. The caller's settings are
    restored. On any other device nothing is changed.
    """
    if device.type != "cuda":
        yield
        return
    before = [(place, name, getattr(place, name)) for place, name, _ in _WANTED]
    older = _older()
    try:
        # The older of torch's two ways too: settings that contradict each other are an error as
        # soon as anyone asks for them.
        if "matmul" in older:
            torch.set_float32_matmul_precision("highest")
        if "cudnn" in older:
            cudnn.allow_tf32 = False
        _set(_WANTED)
        yield
    finally:
        if "matmul" in older:
            torch.set_float32_matmul_precision(older["matmul"])
        if "cudnn" in older:
            cudnn.allow_tf32 = True
        _set(before)


_WANTED: list[tuple[Any, str, Any]] = [(cudnn, "deterministic", True), (cudnn, "benchmark", False)]
if hasattr(cudnn, "conv"):  # torch 2.9
    _WANTED += [(each, "fp32_precision", "ieee") for each in (cudnn.conv, cudnn.rnn, cuda.matmul)]


def _older() -> dict[str, str]:
    """Which settings of torch's older kind allow TF32, and how much of it."""
    found = {}
    with suppress(RuntimeError):  # the newer kind contradicts it
        if torch.get_float32_matmul_precision() != "highest":
            found["matmul"] = torch.get_float32_matmul_precision()
    with suppress(RuntimeError):
        if cudnn.allow_tf32:
            found["cudnn"] = "tf32"
    return found


def _set(settings: list[tuple[Any, str, Any]]) -> None:
    for place, name, value in settings:
        setattr(place, name, value)
