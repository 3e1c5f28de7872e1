"""The one pass: every image of a set is shown once, and all units of all layers are read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from vizkit.dataset_examples.readout import Readout
from vizkit.dataset_examples.responses import Responses
from vizkit.errors import UsageError
from vizkit.images.image_set import ImageSet
from vizkit.images.sources import ImageSource
from vizkit.networks.given import Given, network_of_units
from vizkit.networks.units import Units
from vizkit.progress import OnProgress, Progress

BATCH = 16
"""Images in one forward pass. A batch is always the same numbers of the set, so that what a network
gives for an image does not depend on where a pass was interrupted, or which shard it is in."""


def collect(
    network: Given | Units,
    units: Units | None = None,
    *,
    images: ImageSource,
    file: str | Path,
    shard: tuple[int, int] = (1, 1),
    progress: OnProgress | None = None,
) -> Responses:
    """Responses of units to the images of a set, or of a shard of it, in a file.

    What the file has already is not computed again: a pass that was interrupted goes on. Files of
    all shards are merged with `Responses.merge`, to the bytes of a file that one pass has filled.

    Parameters
    ----------
    network, units, images : as for `vizkit.examples`.
    file : where the responses are kept, 8 bytes for each image and unit.
    shard : (k, n), from 1 to n: batches of 16 images are dealt in turn.
    progress : called with the number of images that are done.

    Raises
    ------
    UsageError : as `vizkit.examples`; a shard that there is not; a file of other units or images.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     responses = collect("lenet5/c1:0-3", images="digits", file=f"{folder}/responses")
    ...     len(responses.numbers()), responses.units
    (40, 4)
    """
    net, named = network_of_units(network, units)
    return fill(Readout(net, named), net.images(images), file, shard, progress)


def fill(
    readout: Readout,
    images: ImageSet,
    file: str | Path,
    shard: tuple[int, int] = (1, 1),
    progress: OnProgress | None = None,
) -> Responses:
    """`collect`, of a readout."""
    number, count = shard
    if not 1 <= number <= count:
        raise UsageError(f"shard={shard} is none.\n  Give (k, n) with k from 1 to n.")
    responses = Responses(file, _about(readout, images))
    pending = responses.states() == 0
    mine = [
        first
        for first in range((number - 1) * BATCH, len(images), count * BATCH)
        if pending[first : first + BATCH].any()
    ]
    what = f"{readout.network.source}: examples"
    for done, first in enumerate(mine):
        if progress is not None:
            progress(Progress(done * BATCH, len(mine) * BATCH, what))
        _show(readout, images, responses, first)
    return responses


def _show(readout: Readout, images: ImageSet, responses: Responses, first: int) -> None:
    count = min(BATCH, len(images) - first)
    states = np.full(count, 2, np.uint8)
    seen = []
    for place in range(count):
        try:
            seen.append(images[first + place])
        except UsageError:
            continue
        states[place] = 1
    values = np.zeros((count, responses.units), np.float32)
    positions = np.full((count, responses.units), 0, np.int32)
    if seen:
        read = readout.read(readout.maps(torch.cat(seen)))
        values[states == 1], positions[states == 1] = (numbers.numpy() for numbers in read)
    responses.write(first, states, values, positions)


def _about(readout: Readout, images: ImageSet) -> dict[str, object]:
    return {
        "network": readout.network.source,
        "weights": readout.network.weights.sha256,
        "images": len(images),
        "set": images.name,
        "digest": images.digest,
        "size": list(images.size),
        "batch": BATCH,
        "units": [unit.key for unit in readout.units],
    }
