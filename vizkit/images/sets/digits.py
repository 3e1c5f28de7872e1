"""Handwritten digits that scikit-learn brings along, in LeNet-5's field."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from vizkit.images.image_set import ImageSet

FIELD = 32
"""Side of the images in pixels."""
SIDE = 20
"""Side of the digits within them, as in the paper of LeNet-5."""
_SHOWN = 40
HELD_OUT = 360
"""Number of digits, the last ones, that no weights of vizkit were trained on."""


def digits(*, held_out: bool = False) -> tuple[Tensor, Tensor]:
    """Images, N 1 32 32 in [0, 1], and classes, N, of the handwritten digits of scikit-learn.

    The digits, of 8 x 8 pixels, are enlarged to 20 x 20 by bilinear interpolation and stand in the
    middle of the field, bright on black. They are 1797, in the order of scikit-learn, which keeps
    digits of one hand together: the held-out ones, at the end, are mostly by other hands.

    Parameters
    ----------
    held_out : True for the last 360, which `lenet5@digits` did not see; else the 1437 before them.

    Examples
    --------
    >>> images, classes = digits(held_out=True)
    >>> images.shape, classes[:10].tolist()
    (torch.Size([360, 1, 32, 32]), [2, 3, 4, 5, 6, 7, 8, 9, 0, 9])
    """
    images, classes = _all()
    part = slice(-HELD_OUT, None) if held_out else slice(-HELD_OUT)
    return images[part].clone(), classes[part].clone()


class DigitImages(ImageSet):
    """The first 40 of the held-out digits, enlarged to what the network expects."""

    name = "digits"

    def __len__(self) -> int:
        return _SHOWN

    def _read(self, number: int) -> Tensor:
        digit = _all()[0][number - HELD_OUT][None].expand(-1, self.preprocessing.channels, -1, -1)
        return functional.interpolate(digit, self.size, mode="bilinear")


@cache
def _all() -> tuple[Tensor, Tensor]:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    small = torch.from_numpy(bunch.images).float()[:, None] / 16
    large = functional.interpolate(small, (SIDE, SIDE), mode="bilinear", align_corners=False)
    margin = (FIELD - SIDE) // 2
    return functional.pad(large, (margin,) * 4), torch.from_numpy(bunch.target).long()


SET = DigitImages
