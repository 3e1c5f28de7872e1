"""Two ways to mark pixels of the input, and to see which units a mark reached."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.nn.attention import SDPBackend, sdpa_kernel

from vizkit.errors import UsageError
from vizkit.receptive_fields.oracle.positive import NeverFlat, positive_copy


class Mark(Protocol):
    """A network, a way to mark pixels of its input, and a way to see the mark in its outputs."""

    module: nn.Module
    size: tuple[int, int]

    def images(self, masks: NDArray[np.bool_]) -> AbstractContextManager[Tensor]:
        """Context in which the network may be called with the marked images it gives.

        Parameters
        ----------
        masks : B x H x W, the pixels to mark, in all channels.
        """

    def reached(self, output: Tensor) -> NDArray[np.bool_]:
        """Which elements of an output carry the mark."""


class NanMark:
    """Pixels become NaN, which passes through every operation that reads them.

    It runs the network as it is, in its own precision, and depends on no weight. Operations that
    choose or compare (``where``, ``nan_to_num``, ``argmax``) may swallow it; a tap of weight 0, as
    in interpolation, lets it pass.
    """

    def __init__(self, module: nn.Module, example: Tensor) -> None:
        self.module = module
        self._image = _one_image(example, _dtype(module, example))
        self.size = (int(self._image.shape[-2]), int(self._image.shape[-1]))

    @contextmanager
    def images(self, masks: NDArray[np.bool_]) -> Iterator[Tensor]:
        """Context without gradients that gives copies of the image with NaN in them."""
        marked = torch.from_numpy(masks)[:, None].to(self._image.device)
        with torch.no_grad():
            yield torch.where(marked, torch.nan, self._image)

    def reached(self, output: Tensor) -> NDArray[np.bool_]:
        """Where the output is NaN."""
        return np.asarray(np.isnan(_numpy(output)))


class TangentMark:
    """Pixels get a derivative, which forward differentiation carries to what depends on them.

    It runs a copy of the network in float64 with positive weights and activations that are never
    flat (see `positive`), so that no derivative on the way is 0 or cancels another. Where NaN is
    swallowed, this is the oracle; a dependency without derivative (``argmax``) it cannot see.
    """

    def __init__(self, module: nn.Module, example: Tensor) -> None:
        self.module = positive_copy(module)
        generator = torch.Generator().manual_seed(0)
        shape = _one_image(example, torch.float64).shape
        # The direction is not the same everywhere: a normalization takes out what all inputs share.
        self._image, self._direction = (
            (torch.rand(shape, generator=generator, dtype=torch.float64) + 0.5).to(example.device)
            for _ in range(2)
        )
        self.size = (int(shape[-2]), int(shape[-1]))

    @contextmanager
    def images(self, masks: NDArray[np.bool_]) -> Iterator[Tensor]:
        """Context with a level of forward differentiation that gives dual images."""
        marked = torch.from_numpy(masks)[:, None].to(self._image.device)
        tangent = self._direction * marked
        # The other kernels of attention cannot be differentiated forward.
        plain_attention = sdpa_kernel(SDPBackend.MATH)
        with torch.no_grad(), plain_attention, NeverFlat(), forward_ad.dual_level():
            image = self._image.expand_as(tangent).clone()
            with warnings.catch_warnings():
                # The first dual tensor of a process loads parts of torch that it calls outdated.
                warnings.simplefilter("ignore", FutureWarning)
                warnings.simplefilter("ignore", DeprecationWarning)
                dual = forward_ad.make_dual(image, tangent)  # type: ignore[no-untyped-call]
            yield dual

    def reached(self, output: Tensor) -> NDArray[np.bool_]:
        """Where the output's derivative is not 0."""
        tangent = forward_ad.unpack_dual(output).tangent  # type: ignore[no-untyped-call]
        if tangent is None:
            return np.zeros(tuple(output.shape), dtype=np.bool_)
        return np.asarray(_numpy(tangent) != 0)


def _one_image(example: Tensor, dtype: torch.dtype) -> Tensor:
    if example.ndim != 4 or example.shape[0] != 1 or not example.is_floating_point():
        raise UsageError(
            f"the example input is {example.dtype} of shape {tuple(example.shape)}, but has to be "
            "one image of floats.\n  Give a tensor of shape (1, channels, height, width)."
        )
    return example.detach().to(dtype)


def _dtype(module: nn.Module, example: Tensor) -> torch.dtype:
    floats = (p.dtype for p in module.parameters() if p.is_floating_point())
    return next(floats, example.dtype)


def _numpy(tensor: Tensor) -> NDArray[Any]:
    tensor = tensor.detach()
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.float()
    return np.asarray(tensor.cpu().numpy())
