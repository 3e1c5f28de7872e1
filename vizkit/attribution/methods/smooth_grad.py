"""Saliency, averaged over noisy copies of the image (Smilkov 2017)."""

from __future__ import annotations

import torch
from torch import Tensor

from vizkit.attribution.method import Method
from vizkit.attribution.question import Question

_NOISE, _COPIES = 0.15, 24
"""Standard deviation, as a share of [0, 1], and number: the paper finds 10 to 20 % good."""


def _of(question: Question) -> Tensor:
    from captum.attr import NoiseTunnel, Saliency

    devices = [question.image.device] if question.image.is_cuda else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(0)
        found: Tensor = NoiseTunnel(Saliency(question.target)).attribute(
            question.image,
            nt_type="smoothgrad",
            nt_samples=_COPIES,
            nt_samples_batch_size=question.batch,
            stdevs=_NOISE,
        )
    return found.amax(1)


METHOD = Method("Mean saliency of noisy copies of the image.", _of)
