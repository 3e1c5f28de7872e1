"""Scores of invariance of all units of layers, from one pass of each image and value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor

from vizkit.errors import UsageError
from vizkit.images.sources import ImageSource
from vizkit.networks.network import Network
from vizkit.probing.grid import grid
from vizkit.probing.invariance.scored import Invariance, NetworkScores
from vizkit.probing.readout import Response
from vizkit.transforms import Transform

_BATCH = 4


def invariance(
    network: Network,
    layers: Iterable[str] | str | None = None,
    transform: str | Transform = "rotation",
    values: Sequence[float] | None = None,
    images: ImageSource = "photographs",
    *,
    response: Response = "center",
    raw: bool = False,
    rate: float = 0.01,
) -> Invariance:
    """Scores of invariance of every unit of the layers, and of the layers as a whole.

    One forward pass per image and value, to the deepest of the layers, serves all of them. To see
    what training did, hold the scores against those of the same network with random weights.

    Parameters
    ----------
    network : of `vizkit.load`.
    layers : names or aliases; by default the layers that the network shows.
    transform : name or instance of a transform.
    values : of its parameter; by default the transform's own.
    images : B C H W in [0, 1], the name of a set, a folder, or an iterable of tensors; two or more.
    response : what stands for a channel: its unit at the ``"center"``, or ``"mean"`` or ``"max"``
        of its map.
    raw : responses before the ReLU that follows a layer; by default after it.
    rate : global firing rate of the scores of Goodfellow et al. Theirs, 1 %, takes a thousand
        images times values; with fewer give 0.1, or heed `Goodfellow.coarse`.

    Raises
    ------
    LayerNotFoundError, NotFoundError : no such layer or transform.
    UsageError : images or values that cannot be used.

    Examples
    --------
    >>> import vizkit
    >>> found = invariance(vizkit.load("lenet5"), ["c1"], "brightness", (0, 0.2), "noise")
    >>> found["c1"].goodfellow.score.shape, found["c1"].distance.distance[0].item(), found.passes
    (torch.Size([6]), 0.0, 16)
    """
    chosen = network.default_layers() if layers is None else layers
    names = [chosen] if isinstance(chosen, str) else list(chosen)
    # Mistakes in names come before the first image is read.
    for name in names:
        network.layer(name)
    values_of = grid(transform, values)
    scores: NetworkScores | None = None
    for batch in in_pairs(network.batches(images, _BATCH)):
        if scores is None:
            shape = (batch.shape[1], batch.shape[2], batch.shape[3])
            scores = NetworkScores(network, names, [values_of], shape, response=response, raw=raw)
        scores.add(batch)
    assert scores is not None  # there are images, or in_pairs has said so
    return scores.result(0, rate=rate)


def in_pairs(batches: Iterable[Tensor]) -> Iterator[Tensor]:
    """The batches, none of them with a single image."""
    waiting: Tensor | None = None
    for batch in batches:
        if waiting is not None and len(batch) == 1:
            batch, waiting = torch.cat([waiting, batch]), None
        if waiting is not None:
            yield waiting
        waiting = batch
    if waiting is None or len(waiting) == 1:
        raise UsageError(
            "one image cannot be told from another.\n  Give two images or more: distances between "
            "them are the unit of the scores."
        )
    yield waiting
