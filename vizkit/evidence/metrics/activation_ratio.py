"""The response to a picture against that to the best natural crop of its size."""

from __future__ import annotations

import torch
from torch import Tensor

from vizkit.evidence.metric import Metric
from vizkit.evidence.subject import Subject


def activation_ratio(subject: Subject) -> Tensor:
    """Response over the best crop's; NaN where no crop has a positive one."""
    best = subject.natural.amax(0)
    return torch.where(best > 0, subject.response / best, torch.nan)


METRIC = Metric(
    name="activation_ratio",
    says="How many times more the unit responds to its picture than to the best photograph.",
    wrong_if="With few photographs the best one is poor: their number stands beside it.",
    better="higher",
    of=activation_ratio,
    needs_photographs=True,
)
