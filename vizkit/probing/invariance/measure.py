"""Scores of invariance of all units of layers, from one pass of each image and value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Sized

from vizkit.images.sources import ImageSource, is_stream
from vizkit.networks.given import Given, given_network
from vizkit.networks.network import Network
from vizkit.probing.grid import grid
from vizkit.probing.invariance.network_scores import NetworkScores
from vizkit.probing.invariance.result import Invariance
from vizkit.probing.passes import in_pairs, layer_names
from vizkit.probing.readout import Response
from vizkit.progress import OnProgress, Progress
from vizkit.transforms import Transform

BATCH = 4
"""Images of one pass, and of the sample that errors of transforms are measured on."""


def invariance(
    network: Given,
    layers: Iterable[str] | str | None = None,
    transform: str | Transform = "rotation",
    *,
    images: ImageSource = "photographs",
    values: Sequence[float] | None = None,
    response: Response = "center",
    after_activation: bool = True,
    rate: float = 0.01,
    progress: OnProgress | None = None,
) -> Invariance:
    """Scores of invariance of every unit of the layers, and of the layers as a whole.

    One forward pass per image and value, to the deepest of the layers, serves all of them. To see
    what training did, hold the scores against those of the same network with random weights.

    Parameters
    ----------
    network : a name, a network of `vizkit.load`, or a module.
    layers : names or aliases; by default the layers that the network shows.
    transform : name or instance of a transform.
    images : B C H W in [0, 1], the name of a set, a folder, or an iterable of tensors; two or more.
    values : of the transform's parameter; by default its own.
    response : what stands for a channel: its unit at the ``"center"``, or ``"mean"`` or ``"max"``
        of its map.
    after_activation : responses after the ReLU that follows a layer, or those before it.
    rate : global firing rate of the scores of Goodfellow et al. Theirs, 1 %, takes a thousand
        images times values; with fewer give 0.1, or heed `Goodfellow.coarse`.
    progress : called with the number of images that are done.

    Raises
    ------
    LayerNotFoundError, NotFoundError : no such layer or transform.
    UsageError : images or values that cannot be used.

    Examples
    --------
    >>> dark = invariance("lenet5", ["c1"], "brightness", images="noise", values=(0, 0.2))
    >>> dark
    <Invariance of lenet5@digits to brightness at 2 values, 1 layer, 8 images>
    >>> dark["c1"].goodfellow.score.shape, dark["c1"].distance.distance[0].item(), dark.passes
    (torch.Size([6]), 0.0, 16)
    """
    known = given_network(network)
    names = layer_names(known, layers)
    # Mistakes in names come before the first image is read.
    for name in names:
        known.layer(name)
    swept = grid(transform, values)
    images, count = counted(known, images)
    scores: NetworkScores | None = None
    for batch in in_pairs(known.batches(images, BATCH)):
        if scores is None:
            scores = NetworkScores(
                known,
                names,
                [swept],
                batch[:BATCH],
                response=response,
                after_activation=after_activation,
            )
        scores.add(batch)
        if progress is not None:
            done = scores.images
            progress(Progress(done, max(count, done), f"{known.source} {swept.name}"))
    assert scores is not None  # there are images, or in_pairs has said so
    return scores.result(0, rate)


def counted(network: Network, images: ImageSource) -> tuple[ImageSource, int]:
    """The images, as a set where that can be, and their number; 0 of a stream."""
    if not is_stream(images):
        images = network.images(images)
    return images, len(images) if isinstance(images, Sized) else 0
