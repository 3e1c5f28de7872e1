"""Integrated gradients that flow through each channel of a layer (Dhamdhere 2018)."""

from __future__ import annotations

from math import ceil

import torch
from torch import Tensor

from vizkit.attribution.method import Method
from vizkit.attribution.question import Question

_STEPS = 8
"""Steps of one piece: captum keeps the layer's gradients of all steps of a call."""


def _of(question: Question) -> Tensor:
    from captum.attr import LayerConductance

    conductance = LayerConductance(question.target, question.layer)
    pieces = ceil(question.steps / _STEPS)
    total: Tensor | None = None
    for piece in range(pieces):
        start, stop = (
            torch.lerp(question.baseline, question.image, share / pieces)
            for share in (piece, piece + 1)
        )
        found: Tensor = conductance.attribute(
            stop,
            start,
            n_steps=_STEPS,
            method="riemann_trapezoid",  # the only one that reaches both ends of a piece
            internal_batch_size=question.batch,
        )
        found = found.detach().flatten(2).sum(2) if found.ndim > 2 else found.detach()
        total = found if total is None else total + found
    assert total is not None  # there is at least one piece
    return total


METHOD = Method(
    "What each channel of a layer passes on, on the way from black to the image.",
    _of,
    to=frozenset({"layer"}),
    layer=True,
    complete=True,
)
