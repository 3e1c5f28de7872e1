"""Devices by name."""

from __future__ import annotations

import torch

from vizkit.errors import DeviceError


def best_device() -> torch.device:
    """CUDA if the machine has it, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def device_named(name: str | torch.device) -> torch.device:
    """Device that `name` spells: ``cpu``, ``cuda``, ``cuda:1``, ``mps``, or ``auto`` for the best.

    Raises
    ------
    DeviceError : this machine has no such device.
    """
    if name == "auto":
        return best_device()
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is None or not _present(device):
        raise DeviceError(
            f"{str(name)!r} is not a device of this machine. It has: {', '.join(_devices())}.\n"
            "  Leave --device out to take the best one."
        )
    return device


def _present(device: torch.device) -> bool:
    if device.type == "cuda":
        return (device.index or 0) < torch.cuda.device_count()
    return device.type in _devices()


def _devices() -> list[str]:
    cuda = [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    return ["cpu", *cuda, *(["mps"] if torch.backends.mps.is_available() else [])]
