"""Pixel times gradient (Shrikumar 2016)."""

from __future__ import annotations

from torch import Tensor

from vizkit.attribution.method import Method
from vizkit.attribution.question import Question


def _of(question: Question) -> Tensor:
    from captum.attr import InputXGradient

    found: Tensor = InputXGradient(question.target).attribute(question.image)
    return found.sum(1)


METHOD = Method("What each pixel adds, were the unit linear.", _of)
