"""Whether a unit is found among its layer by its picture."""

from __future__ import annotations

import torch
from torch import Tensor

from vizkit.evidence.metric import Metric
from vizkit.evidence.subject import Subject


def identification(subject: Subject) -> Tensor:
    """Share of the layer's other channels that respond less to the picture than its unit.

    Responses are means over the map, in deviations of the channel over natural crops, so that loud
    channels do not win everywhere.
    """
    natural = subject.natural_means
    mean, deviation = natural.mean(0), natural.std(0, correction=0)
    floor = deviation[deviation > 0]
    if len(floor) == 0 or natural.shape[1] < 2:
        return torch.full((len(subject.units),), torch.nan)
    scores = (subject.means(subject.pictures) - mean) / deviation.clamp(
        min=float(floor.median()) / 10
    )
    channels = torch.tensor([unit.channel for unit in subject.units], device=scores.device)
    own = scores.gather(1, channels[:, None])
    return (scores < own).sum(1) / (natural.shape[1] - 1)


METRIC = Metric(
    name="identification",
    says="Whether the picture shows this unit and no other of its layer.",
    wrong_if="Two units of a layer that look for the same share their picture.",
    better="higher",
    of=identification,
    needs_photographs=True,
)
