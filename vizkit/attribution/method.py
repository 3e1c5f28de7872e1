"""What a method of attribution is; our own are in `vizkit.attribution.methods`, a file each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from vizkit.attribution.question import Question
from vizkit.plugins import Registry


@dataclass(frozen=True, slots=True)
class Method:
    """One way to share a response out to what it came from.

    Attributes
    ----------
    says : what it shows, in one sentence.
    of : computes it, 1 x H x W; 1 x C where the channels of a layer are asked for.
    to : what it can be asked for.
    layer : whether it goes through a layer even where pixels are asked for.
    separate : whether it follows modules one by one, so that each must be called once.
    complete : whether its numbers promise to sum up to the response's change from the baseline.
    strict : whether missing that means that the network has operations which it cannot take.
    """

    says: str
    of: Callable[[Question], Tensor]
    to: frozenset[Literal["input", "layer"]] = frozenset({"input"})
    layer: bool = False
    separate: bool = False
    complete: bool = False
    strict: bool = False


METHODS: Registry[Method] = Registry(
    "method of attribution", "vizkit.attributions", "vizkit.attribution.methods.*:METHOD"
)
"""Methods by the names of their files; ``METHODS.register(name, method)`` adds one."""
