"""Gradients on the straight way from the baseline (Sundararajan 2017)."""

from __future__ import annotations

from torch import Tensor

from vizkit.attribution.method import Method
from vizkit.attribution.question import Question


def _of(question: Question) -> Tensor:
    from captum.attr import IntegratedGradients

    found: Tensor = IntegratedGradients(question.target).attribute(
        question.image,
        question.baseline,
        n_steps=question.steps,
        internal_batch_size=question.batch,
    )
    return found.sum(1)


METHOD = Method("What each pixel adds on the way from black to the image.", _of, complete=True)
