"""A layer's channels, weighted by their mean gradients (Grad-CAM, Selvaraju 2017)."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import interpolate

from vizkit.attribution.method import Method
from vizkit.attribution.question import Question


def _of(question: Question) -> Tensor:
    from captum.attr import LayerGradCam

    found: Tensor = LayerGradCam(question.target, question.layer).attribute(
        question.image,
        relu_attributions=not question.channels,
        attr_dim_summation=not question.channels,
    )
    if question.channels:
        return found.flatten(2).sum(2) if found.ndim > 2 else found
    size = question.image.shape[-2:]
    return interpolate(found, size, mode="bilinear", align_corners=False)[:, 0]


METHOD = Method(
    "Where, or which channels, of a layer below drive the unit.",
    _of,
    to=frozenset({"input", "layer"}),
    layer=True,
)
