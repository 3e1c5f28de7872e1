"""What a network expects of an image: range, channel order, mean, deviation and size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vizkit.errors import UsageError

if TYPE_CHECKING:
    import torch
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """Map from images in [0, 1] to the numbers that a network was trained on.

    ``input = (image[order] * scale - mean) / std``, per channel.

    Attributes
    ----------
    mean, std : one number per input channel, after `scale` and in the order `order`.
    input_size : (height, width) in pixels that the network was trained on.
    scale : factor on images in [0, 1]; 255 for networks of the Caffe age.
    order : for each network channel the channel of the RGB (or gray) image that feeds it.
    resize : pixels of the shorter side before the center crop; None crops without resizing.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    input_size: tuple[int, int]
    scale: float = 1.0
    order: tuple[int, ...] = ()
    resize: int | None = None

    def __post_init__(self) -> None:
        if not self.order:
            object.__setattr__(self, "order", tuple(range(len(self.mean))))
        if not len(self.mean) == len(self.std) == len(self.order) > 0:
            raise UsageError(
                f"preprocessing has {len(self.mean)} means, {len(self.std)} deviations and "
                f"{len(self.order)} channels in its order.\n  Give one of each per input channel."
            )
        if min(self.std) <= 0:
            raise UsageError(f"std={self.std} has a deviation that is not positive.")
        if min(self.input_size) < 1:
            raise UsageError(
                f"input_size={self.input_size} is not a size (height, width) in pixels."
            )

    @property
    def channels(self) -> int:
        """Number of channels of an image for this network."""
        return len(self.mean)

    def __call__(self, images: Tensor) -> Tensor:
        """Network input for `images`, float, B C H W in [0, 1]; differentiable."""
        scale, shift = self.affine(images.device, images.dtype)
        if self.order != tuple(range(self.channels)):
            images = images[:, list(self.order)]
        return images * scale + shift

    def affine(self, device: torch.device, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Scale and shift, each 1 C 1 1, with ``input = image[order] * scale + shift``."""
        import torch

        std = torch.tensor(self.std, dtype=torch.float64, device="cpu")
        mean = torch.tensor(self.mean, dtype=torch.float64, device="cpu")

        def shaped(values: Tensor) -> Tensor:
            return values.to(device, dtype).view(1, -1, 1, 1)

        return shaped(self.scale / std), shaped(-mean / std)


def imagenet_preprocessing(size: int = 224, resize: int = 256) -> Preprocessing:
    """Preprocessing that torchvision's ImageNet networks share."""
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    return Preprocessing(mean, std, (size, size), resize=resize)
