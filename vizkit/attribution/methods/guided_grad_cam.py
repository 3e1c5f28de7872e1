"""Guided backpropagation times Grad-CAM (Selvaraju 2017)."""

from __future__ import annotations

from torch import Tensor, nn

from vizkit.attribution.method import Method
from vizkit.attribution.question import Question
from vizkit.errors import UsageError


def _of(question: Question) -> Tensor:
    from captum.attr import GuidedGradCam

    if not any(isinstance(part, nn.ReLU) for part in question.target.modules()):
        raise UsageError(
            "guided_grad_cam guides gradients through ReLUs, and this network has none up to the "
            "unit.\n  Give method='layer_grad_cam'."
        )
    found: Tensor = GuidedGradCam(question.target, question.layer).attribute(
        question.image, interpolate_mode="bilinear"
    )
    return found.sum(1)


METHOD = Method(
    "Fine detail inside of Grad-CAM's map; it can look the same with random weights.",
    _of,
    layer=True,
    separate=True,
)
