"""Whether a network can be looked at: what it is, what it takes, and why its pass failed."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import nn
from torch.nn.modules.lazy import LazyModuleMixin

from vizkit.errors import UsageError
from vizkit.tracing.forward import eval_mode, same_random_state
from vizkit.tracing.held_back import held_back

_FLAT = (nn.Conv2d, nn.ConvTranspose2d)
_OTHERS = {
    nn.Conv1d: "sequences",
    nn.ConvTranspose1d: "sequences",
    nn.Conv3d: "volumes",
    nn.ConvTranspose3d: "volumes",
}


def check_kind(module: nn.Module, name: str) -> None:
    """Refuse a module whose layers nobody can look at with images, before any work.

    Raises
    ------
    UsageError : it is scripted or quantized, has modules without weights yet, or takes sequences or
        volumes.
    """
    parts = list(module.modules())
    if any(isinstance(part, torch.jit.ScriptModule) for part in parts):
        raise UsageError(
            f"{name} is scripted or traced: its modules are compiled, and no hook reaches them.\n"
            "  Give the nn.Module that it was made from; its state_dict() fits."
        )
    if any(isinstance(part, LazyModuleMixin) for part in parts):
        raise UsageError(
            f"{name} has lazy modules, whose weights have no shape before the first image.\n"
            "  Run it once on an image first: module(image)."
        )
    quantized = next((part for part in parts if ".quantized" in type(part).__module__), None)
    if quantized is not None:
        raise UsageError(
            f"{name} is quantized: {type(quantized).__name__} computes with whole numbers, which "
            "have no gradient.\n  Give the network in float32 that it was made from."
        )
    if not any(isinstance(part, _FLAT) for part in parts):
        for part in parts:
            if type(part) in _OTHERS:
                raise UsageError(
                    f"{name} takes {_OTHERS[type(part)]}: its first convolution is a "
                    f"{type(part).__name__}, and vizkit shows images, B x C x H x W.\n"
                    "  Networks with 2-D convolutions are supported."
                )


def first_channels(module: nn.Module) -> int:
    """Channels of the images that `module` takes: those of its first convolution, else 3."""
    for part in module.modules():
        if isinstance(part, nn.Conv1d | nn.Conv2d | nn.Conv3d):
            return part.in_channels
    return 3


def guessed_channels(module: nn.Module, size: tuple[int, int]) -> int:
    """Channels of the images of `size` that `module` takes, by trying those that it may mean.

    What is rearranged before the first convolution has other channels than that takes. Shapes alone
    are computed.

    Examples
    --------
    >>> guessed_channels(nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(12, 4, 3)), (16, 16))
    3
    """
    first = first_channels(module)
    for channels in dict.fromkeys((first, 3, 1, first // 4, 4, 2)):
        if channels and _takes(module, (1, channels, *size)):
            return channels
    return first


def _takes(module: nn.Module, shape: tuple[int, ...]) -> bool:
    from torch._subclasses.fake_tensor import FakeTensorMode  # takes a second

    like = next((p for p in module.parameters() if p.is_floating_point()), torch.empty(0))
    try:
        with (
            held_back(),
            same_random_state(module),
            eval_mode(module),
            torch.no_grad(),
            FakeTensorMode(allow_non_fake_inputs=True),
        ):
            module(torch.empty(shape, dtype=like.dtype, device=like.device))
    except Exception:
        return False
    return True


def failed(module: nn.Module, name: str, shape: Iterable[int], error: Exception) -> UsageError:
    """Error that says why the forward pass of `module` on an image, 1 C H W, did not succeed."""
    _, channels, height, width = shape
    text = str(error).strip().split("\n")[0]
    if "channel" in text and (first := guessed_channels(module, (height, width))) != channels:
        return UsageError(
            f"{name} takes {first} channels, not {channels}.\n"
            f"  Give {first} x {height} x {width}: --input {first}x{height}x{width}, "
            f"or input_size=({first}, {height}, {width})."
        )
    if "numpy" in str(error).lower():
        return UsageError(
            f"{name} leaves PyTorch for NumPy: {text}\n"
            "  Only operations of PyTorch can be followed; say the same with them."
        )
    what = f"{name} at {height} x {width}"
    if _decides(error, text):
        return UsageError(
            f"{what} takes a decision that depends on the values of the image: {text}\n"
            "  What its units see differs from image to image. Give a part of the network without "
            "that decision, as a module of its own."
        )
    if isinstance(error, TypeError) and "argument" in text:
        return UsageError(
            f"{what} needs other inputs than one image: {text}\n"
            "  Wrap it in a module whose forward takes the image alone and fills in the others."
        )
    if any(word in text for word in _TOO_SMALL):
        return UsageError(
            f"{what}: the image is too small for it: {text}\n"
            "  Give a larger one: --input 224, or input_size=224."
        )
    return UsageError(
        f"{what} cannot be run. Its own forward pass failed on an image of 1 x {channels} x "
        f"{height} x {width}: {type(error).__name__}: {text}\n"
        + _place(error)
        + "  Give the size and channels that it takes, (channels, height, width), or --input HxW."
    )


def _decides(error: Exception, text: str) -> bool:
    kind, whole = type(error).__name__, str(error)
    return (
        "DataDependent" in kind
        or "DynamicOutputShape" in kind
        or "nonzero" in text
        or "data-dependent" in whole
        or "item()" in text
        or "aten::_local_scalar_dense" in whole
        or "Boolean value of Tensor" in text
    )


def _place(error: Exception) -> str:
    """Line that says where in the network's own files it was; empty where it was in torch."""
    ours = Path(__file__).parents[1]
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "/torch/" not in frame.filename.replace("\\", "/")
        and ours not in Path(frame.filename).parents
    ]
    return f"  See {frames[-1].filename}, line {frames[-1].lineno}.\n" if frames else ""


_TOO_SMALL = (
    "Kernel size can't be greater",
    "Output size is too small",
    "smaller than kernel",
    "should be at least",
    "bigger than",
    "Expected more than 1",
    "Padding size should be less",
    "non-zero",
    "greater than zero",
    "too small",
)
