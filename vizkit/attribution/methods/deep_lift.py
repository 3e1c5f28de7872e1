"""Differences from the baseline, passed back through each nonlinearity (Shrikumar 2017)."""

from __future__ import annotations

from torch import Tensor

from vizkit.attribution.method import Method
from vizkit.attribution.question import Question


def _of(question: Question) -> Tensor:
    from captum.attr import DeepLift

    found: Tensor = DeepLift(question.target).attribute(question.image, question.baseline)
    return found.sum(1)


METHOD = Method(
    "What each pixel's difference from black adds, by DeepLIFT's rescale rule.",
    _of,
    separate=True,
    complete=True,
    strict=True,
)
