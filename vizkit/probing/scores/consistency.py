"""Whether a classifier says the same of two views of an image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from vizkit.errors import UsageError
from vizkit.images.views import Images
from vizkit.networks.network import Network
from vizkit.probing.canvas import Canvas, canvas_of
from vizkit.probing.scores.bootstrap import Estimate, wilson
from vizkit.tracing.forward import eval_mode, first_tensor

_BATCH = 16
_DIRECTIONS = ((-1, 0), (1, 0), (0, -1), (0, 1))


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often the best class is the same in both views of an image.

    Attributes
    ----------
    share : of the pairs, with Wilson's interval of 95 %.
    chance : share of pairs of different images with the same best class. A network that says the
        same of everything is consistent, and `chance` is 1.
    pairs : number of pairs of views.
    """

    share: Estimate
    chance: float
    pairs: int

    @property
    def changes(self) -> float:
        """Share of the pairs in which the best class changes."""
        return 1 - self.share.value


def agreement(first: Tensor, second: Tensor) -> Agreement:
    """Agreement of the best classes of the first and second views, one number per pair.

    Raises
    ------
    UsageError : no pairs, or not as many second views as first ones.

    Examples
    --------
    >>> found = agreement(torch.tensor([1, 1, 5, 7]), torch.tensor([1, 2, 5, 7]))
    >>> found.share.value, round(found.chance, 2)
    (0.75, 0.08)
    """
    if first.shape != second.shape or first.ndim != 1 or not len(first):
        raise UsageError(
            f"classes of shapes {tuple(first.shape)} and {tuple(second.shape)} are no pairs.\n"
            "  Give one class per view."
        )
    count = len(first)
    same = int((first == second).sum())
    # Of the first view of one image and the second of another.
    matches = int((first.unsqueeze(1) == second).sum()) - same
    chance = matches / (count * (count - 1)) if count > 1 else 1.0
    return Agreement(wilson(same, count), chance, count)


def crop_consistency(
    network: Network | nn.Module,
    images: Images = "photographs",
    *,
    span: int = 32,
    pairs: int = 1,
    seed: int = 0,
) -> Agreement:
    """Agreement over two random crops of each image, as Zhang (2019) measures it.

    The crops are `span` pixels smaller than the image per side, and their offsets from 0 to
    `span` - 1: crops of 224 of images of 256 pixels in the paper.

    Parameters
    ----------
    images : ``"photographs"`` or ``"noise"``, made `span` pixels larger than the network's input,
        or a tensor, B C H W in [0, 1].
    pairs : of crops, for each image.

    Raises
    ------
    UsageError : images that are no larger than `span`, or fewer than two.

    Examples
    --------
    >>> net = nn.Sequential(nn.AdaptiveMaxPool2d(1), nn.Flatten())
    >>> crop_consistency(net, torch.rand(4, 3, 40, 40), span=8).pairs
    4
    """

    def offsets(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        first, second = torch.randint(span, (2, count, 2), generator=generator)
        return first, second

    return _compared(network, images, span, pairs, seed, offsets)


def one_pixel_stability(
    network: Network | nn.Module,
    images: Images = "photographs",
    *,
    span: int = 32,
    pairs: int = 1,
    seed: int = 0,
) -> Agreement:
    """Agreement over a random crop and the one beside it, a single pixel away (Azulay and Weiss).

    `Agreement.changes` is their probability that the best class changes. The pixel is up, down,
    left or right at random; parameters and errors are those of `crop_consistency`.

    Examples
    --------
    >>> net = nn.Sequential(nn.AdaptiveMaxPool2d(1), nn.Flatten())
    >>> one_pixel_stability(net, torch.ones(4, 3, 40, 40), span=8).changes
    0.0
    """

    def offsets(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        first = torch.randint(1, max(2, span - 1), (count, 2), generator=generator)
        way = torch.randint(len(_DIRECTIONS), (count,), generator=generator)
        return first, first + torch.tensor(_DIRECTIONS)[way]

    if span < 3:
        raise UsageError(f"span={span!r} leaves no pixel to move by.\n  Give 3 or more.")
    return _compared(network, images, span, pairs, seed, offsets)


def _compared(
    network: Network | nn.Module,
    images: Images,
    span: int,
    pairs: int,
    seed: int,
    offsets: Callable[[int, torch.Generator], tuple[Tensor, Tensor]],
) -> Agreement:
    if span < 1 or pairs < 1:
        raise UsageError(f"span={span!r} and pairs={pairs!r} must be 1 or more.")
    canvas = _canvas(network, images, span)
    module = network.module if isinstance(network, Network) else network
    generator = torch.Generator().manual_seed(seed)
    best: tuple[list[Tensor], list[Tensor]] = ([], [])
    with torch.no_grad(), eval_mode(module):
        for _ in range(pairs):
            for batch in torch.split(canvas.images, _BATCH):
                for found, places in zip(best, offsets(len(batch), generator), strict=True):
                    found.append(best_class(network, _crops(batch, canvas, places)))
    return agreement(torch.cat(best[0]), torch.cat(best[1]))


def best_class(network: Network | nn.Module, images: Tensor) -> Tensor:
    """Number of the largest of the network's outputs, one per image, on the CPU.

    Raises
    ------
    UsageError : its output is not a vector of classes.
    """
    output: Any = network(images)
    scores = first_tensor(output)
    if scores is None or scores.ndim != 2:
        shape = None if scores is None else tuple(scores.shape)
        raise UsageError(
            f"an output of shape {shape} names no classes.\n  Give a classifier: B x classes."
        )
    return scores.argmax(1).cpu()


def _canvas(network: Network | nn.Module, images: Images, span: int) -> Canvas:
    if isinstance(images, str) and isinstance(network, Network):
        height, width = network.input_size
        given = canvas_of(network, images, (height + span, width + span), room=False).images
    else:
        given = canvas_of(network, images, None, room=False).images
    height, width = (side - span for side in given.shape[2:])
    if min(height, width) < 1:
        raise UsageError(
            f"images of {tuple(given.shape[2:])} have no crops that are {span} pixels smaller.\n"
            "  Give larger images or a smaller span."
        )
    return Canvas(given, (height, width))


def _crops(images: Tensor, canvas: Canvas, places: Tensor) -> Tensor:
    height, width = canvas.window
    pairs = zip(images, places.tolist(), strict=True)
    return torch.stack([image[:, y : y + height, x : x + width] for image, (y, x) in pairs])
