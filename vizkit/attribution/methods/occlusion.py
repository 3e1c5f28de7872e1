"""Fall of the response where a window is hidden (Zeiler 2013)."""

from __future__ import annotations

from torch import Tensor

from vizkit.attribution.method import Method
from vizkit.attribution.question import Question


def _of(question: Question) -> Tensor:
    from captum.attr import Occlusion

    colors = question.image.shape[1]
    strides = tuple(max(1, side // 2) for side in question.window)
    found: Tensor = Occlusion(question.target).attribute(
        question.image,
        sliding_window_shapes=(colors, *question.window),
        strides=(colors, *strides),
        baselines=question.baseline,
        perturbations_per_eval=question.batch,
    )
    # A window over the border of the receptive field also hides pixels that change nothing.
    return found.mean(1) * question.pixels


METHOD = Method("How far the response falls where a window of the image is black.", _of)
