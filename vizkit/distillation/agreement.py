"""How far a student answers as its teacher does."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from vizkit.errors import UsageError
from vizkit.models.network import Network
from vizkit.trace import first_tensor

_TOP = 5
_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of two classifiers over the same images.

    Attributes
    ----------
    top1 : share of the images where both name the same class first.
    top5 : share of the images where the teacher's first class is among the student's first five.
    kl : mean Kullback-Leibler divergence of the student's probabilities from the teacher's, nats.
    images, classes : their numbers; chance is 1 / classes and, of five or more,
        5 / classes.
    """

    top1: float
    top5: float
    kl: float
    images: int
    classes: int

    def interval(self, share: float) -> tuple[float, float]:
        """Wilson's 95 % interval of a `share` of the images, as if they were independent."""
        n = self.images
        middle = share + _Z**2 / (2 * n)
        half = _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
        return (middle - half) / (1 + _Z**2 / n), (middle + half) / (1 + _Z**2 / n)


def agreement(student: Network, teacher: Network, batches: Iterable[Tensor]) -> Agreement:
    """Agreement of `student` with `teacher`.

    Parameters
    ----------
    student, teacher : classifiers with the same classes, in eval mode.
    batches : of images, B 3 H W in [0, 1], on the device of both.

    Raises
    ------
    UsageError : no image, or outputs of different shapes.
    """
    first = among = images = classes = 0
    divergence = 0.0
    for batch in batches:
        with torch.no_grad():
            own, given = _scores(student, batch), _scores(teacher, batch)
        if own.shape != given.shape:
            raise UsageError(
                f"{student.source} gives {tuple(own.shape[1:])} scores and {teacher.source} "
                f"{tuple(given.shape[1:])}.\n  Give two classifiers of the same classes."
            )
        best = given.argmax(1, keepdim=True)
        first += int((own.argmax(1, keepdim=True) == best).sum())
        among += int((own.topk(min(_TOP, own.shape[1]), 1)[1] == best).any(1).sum())
        divergence += float(
            functional.kl_div(own.log_softmax(1), given.softmax(1), reduction="sum")
        )
        images, classes = images + len(batch), own.shape[1]
    if not images:
        raise UsageError("no image to compare the networks on.\n  Give at least one batch.")
    return Agreement(first / images, among / images, divergence / images, images, classes)


def _scores(network: Network, batch: Tensor) -> Tensor:
    scores = first_tensor(network(batch))
    if scores is None or scores.dim() != 2:
        raise UsageError(f"{network.source} is no classifier: it gives no scores, B x classes.")
    return scores.double()
