"""What a metric is: one number, or a few under one name, for each picture of a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from vizkit.evidence.subject import Subject
from vizkit.plugins import Registry

Values = Tensor | Mapping[str, Tensor]
"""B numbers, NaN where the metric does not apply; or several of them by name."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One measure of pictures.

    Attributes
    ----------
    name : key in JSON.
    says : what it tells, in one sentence.
    wrong_if : what would make it mislead, in one sentence.
    better : whether larger is better; None where a natural value is best.
    of : computes it.
    needs_photographs : whether it compares with natural images.
    """

    name: str
    says: str
    wrong_if: str
    better: Literal["higher", "lower"] | None
    of: Callable[[Subject], Values]
    needs_photographs: bool = False


METRICS: Registry[Metric] = Registry("metric", "vizkit.metrics", "vizkit.evidence.metrics.*:METRIC")
"""Metrics by the names of their files; ``METRICS.register(name, metric)`` adds one."""
