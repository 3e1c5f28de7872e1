"""How far a student answers as its teacher does."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from vizkit.errors import UsageError
from vizkit.networks.network import Network
from vizkit.tracing.forward import first_tensor

_TOP = 5
_Z = 1.959964
_LEAST = 1e-45
"""In place of probabilities that float32 could not tell from 0."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of two classifiers over the same images.

    Attributes
    ----------
    top1 : share of the images where both name the same class first.
    top5 : share of the images where the teacher's first class is among the student's first five.
    kl : mean Kullback-Leibler divergence of the student's probabilities from the teacher's, nats.
    dealt_top1, dealt_top5 : those shares if the student's answers were dealt out to the images at
        random: what agreement there is because some classes are common among the answers of both.
    images, classes : their numbers; a class at random would agree in 1 / classes.
    """

    top1: float
    top5: float
    kl: float
    dealt_top1: float
    dealt_top5: float
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
    student, teacher : classifiers with the same classes, in eval mode; they give scores or
        probabilities.
    batches : of images, B 3 H W in [0, 1], on the device of both.

    Raises
    ------
    UsageError : no image, or outputs of different shapes.
    """
    own, given = [], []
    for batch in batches:
        own.append(_log_probabilities(student, batch))
        given.append(_log_probabilities(teacher, batch))
        if own[-1].shape != given[-1].shape:
            raise UsageError(
                f"{student.source} gives {tuple(own[-1].shape[1:])} scores and {teacher.source} "
                f"{tuple(given[-1].shape[1:])}.\n  Give two classifiers of the same classes."
            )
    return _compared(_joined(own), _joined(given))


def best_constant(teacher: Network, batches: Iterable[Tensor]) -> Agreement:
    """Agreement of the answer that does best when it is the same one for every image.

    It knows what the teacher says: its first five classes are those that the teacher names most
    often, and its probabilities are the teacher's mean.

    Parameters
    ----------
    teacher, batches : as for `agreement`.

    Raises
    ------
    UsageError : no image.
    """
    given = _joined([_log_probabilities(teacher, batch) for batch in batches])
    images, classes = given.shape
    counts = _shares(given.argmax(1), classes).sort(descending=True)[0]
    top1, top5 = float(counts[0]), float(counts[:_TOP].sum())
    mean = given.exp().mean(0).log().expand_as(given)
    return Agreement(top1, top5, _divergence(mean, given), top1, top5, images, classes)


def _compared(own: Tensor, given: Tensor) -> Agreement:
    """Agreement of log probabilities, images x classes."""
    images, classes = given.shape
    best = given.argmax(1)
    named = torch.zeros_like(given).scatter_(1, own.argmax(1, keepdim=True), 1)
    among = torch.zeros_like(given).scatter_(1, own.topk(min(_TOP, classes), 1)[1], 1)
    wanted = _shares(best, classes)
    places = torch.arange(images)
    return Agreement(
        float(named[places, best].mean()),
        float(among[places, best].mean()),
        _divergence(own, given),
        float(named.mean(0) @ wanted),
        float(among.mean(0) @ wanted),
        images,
        classes,
    )


def _shares(answers: Tensor, classes: int) -> Tensor:
    return torch.bincount(answers, minlength=classes).double() / len(answers)


def _divergence(own: Tensor, given: Tensor) -> float:
    return float(functional.kl_div(own, given, reduction="batchmean", log_target=True))


def _joined(parts: Sequence[Tensor]) -> Tensor:
    if not any(len(part) for part in parts):
        raise UsageError("no image to compare the networks on.\n  Give at least one.")
    return torch.cat(list(parts))


def _log_probabilities(network: Network, batch: Tensor) -> Tensor:
    """Of each image, float64 on the CPU, from scores or from probabilities."""
    if batch.shape[1] != network.input_channels:
        raise UsageError(
            f"{network.source} takes images of {network.input_channels} channels, not of "
            f"{batch.shape[1]}.\n  Give a classifier of such images."
        )
    with torch.no_grad():
        scores = first_tensor(network(batch))
    if scores is None or scores.dim() != 2:
        raise UsageError(f"{network.source} is no classifier: it gives no scores, B x classes.")
    scores = scores.cpu().double()
    sums = scores.sum(1)
    if bool((scores >= 0).all()) and torch.allclose(sums, torch.ones_like(sums), atol=1e-4):
        scores = scores.clamp_min(_LEAST).log()
    return scores.log_softmax(1)
