"""What a transform is: one number turns an image into another."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vizkit.errors import UsageError

Size = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Transform(ABC):
    """Transforms of images in pixel space, one for each value of a parameter.

    One of your own is a frozen dataclass that says these attributes and defines ``_apply(images,
    value)``; `vizkit.transforms.register` makes its name known.

    Attributes
    ----------
    name : how it is called, e.g. ``"rotation"``.
    unit : of its parameter, e.g. ``"degrees"``.
    values : the sweep to make when none is asked for.
    identity : the value that changes nothing. Turned and sheared images are discs on gray at every
        value, and crops are crops: so compare with ``apply(images, identity)``, not with `images`.
    allowed : lowest and highest value.
    period : after which the parameter begins anew; None where it does not.
    whole : True where only whole numbers mean something.
    moves : True where pixels move, as the maps of an equivariant layer then do too.
    """

    name: str
    unit: str
    values: tuple[float, ...]
    identity: float = 0.0
    allowed: tuple[float, float] = (-math.inf, math.inf)
    period: float | None = None
    whole: bool = False
    moves: ClassVar[bool] = False

    def apply(self, images: Tensor, value: float) -> Tensor:
        """`images` transformed; B C H W in [0, 1], on their device and in their number format.

        Raises
        ------
        UsageError : `value` is not allowed, or `images` cannot be transformed so.
        """
        if images.ndim != 4 or not images.is_floating_point():
            raise UsageError(
                f"images of shape {tuple(images.shape)} and type {images.dtype} cannot be "
                "transformed.\n  Give floating-point numbers in [0, 1], B x C x H x W."
            )
        self.check(value, tuple(images.shape[1:]))
        return self._apply(images, float(value))

    def exact(self, value: float, size: Size) -> bool:  # noqa: ARG002
        """True if no pixel of an image of `size` (height, width) is interpolated."""
        return True

    def floor(self, images: Tensor, value: float) -> float:
        """Error of the transform itself, which no network can be blamed for.

        0.0 where the transform is `exact`. Otherwise the error of going there and back,
        ``|g^-1 g x - x| / |x - mean|``, over those pixels that stay inside on both ways.
        """
        self.check(value, tuple(images.shape[1:]))
        if self.exact(value, size_of(images)):
            return 0.0
        back = self._move(self._move(images, float(value)), self._inverse(float(value)))
        inside = self._returns(size_of(images), float(value)).to(images.device)
        before, after = images[..., inside].double(), back[..., inside].double()
        spread = before - before.mean(-1, keepdim=True)
        return float((after - before).norm() / spread.norm().clamp(min=1e-12))

    def check(self, value: float, shape: tuple[int, ...]) -> None:
        """Refuse a value that is not allowed, or that images of `shape` (C, H, W) cannot bear.

        Raises
        ------
        UsageError : so it is.
        """
        low, high = self.allowed
        if not (low <= value <= high and math.isfinite(value)):
            allowed = "every finite value" if math.isinf(high - low) else f"{low:g} to {high:g}"
            raise UsageError(
                f"{self.name}={value!r} is not allowed.\n  Give {allowed}, in {self.unit}."
            )
        if self.whole and not float(value).is_integer():
            raise UsageError(
                f"{self.name}={value!r} is not a whole number of {self.unit}.\n"
                f"  Give {math.floor(value)} or {math.ceil(value)}."
            )
        self._check_shape(float(value), shape)

    @abstractmethod
    def _apply(self, images: Tensor, value: float) -> Tensor: ...

    def _move(self, images: Tensor, value: float) -> Tensor:
        """The transform by itself, with nothing cut out of the image."""
        return self._apply(images, value)

    def _inverse(self, value: float) -> float:
        """The value that undoes `value`, for transforms that interpolate."""
        return -value

    def _check_shape(self, value: float, shape: tuple[int, ...]) -> None:  # noqa: B027
        """Refuse what images of `shape` cannot bear; most transforms take any."""

    def _returns(self, size: Size, value: float) -> Tensor:  # noqa: ARG002
        """Pixels whose way there and back stays inside, boolean, H W."""
        return torch.ones(size, dtype=torch.bool)


def size_of(images: Tensor) -> Size:
    """(height, width) of images."""
    return images.shape[2], images.shape[3]
