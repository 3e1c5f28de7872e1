"""Magnitude of the gradient, the largest of the colors (Simonyan 2013)."""

from __future__ import annotations

from torch import Tensor

from vizkit.attribution.method import Method
from vizkit.attribution.question import Question


def _of(question: Question) -> Tensor:
    from captum.attr import Saliency

    found: Tensor = Saliency(question.target).attribute(question.image)
    return found.amax(1)


METHOD = Method("How much the response changes with each pixel, at this image.", _of)
