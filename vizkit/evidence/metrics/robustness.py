"""What is left of the response after changes that no recipe trains on."""

from __future__ import annotations

import torch
from torch import Tensor

from vizkit.evidence.changes import CHANGES, applies
from vizkit.evidence.metric import Metric
from vizkit.evidence.subject import Subject


def robustness(subject: Subject) -> dict[str, Tensor]:
    """Response after each change over the response before; NaN where there was none."""
    before = subject.response
    kept = {}
    for name, change in CHANGES.items():
        if applies(name, tuple(subject.pictures.shape[1:])):
            after = subject.responses(change(subject.pictures))
            kept[name] = torch.where(before > 0, after / before, torch.nan)
        else:
            kept[name] = torch.full_like(before, torch.nan)
    return kept


METRIC = Metric(
    name="robustness",
    says="What is left of the response after changes that people hardly notice.",
    wrong_if="A unit that looks for noise or fine texture itself loses its response rightly.",
    better="higher",
    of=robustness,
)
