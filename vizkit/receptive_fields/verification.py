"""Proof of calculated receptive fields: an oracle measures every unit of the network itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from vizkit.networks.network import Network
from vizkit.progress import OnProgress
from vizkit.receptive_fields.calculate import described_network, receptive_field
from vizkit.receptive_fields.layer_field import LayerField
from vizkit.receptive_fields.oracle.boxes import Boxes
from vizkit.receptive_fields.oracle.certificate import Certificate
from vizkit.receptive_fields.oracle.certify import certify


def verify(
    network: str | Network | nn.Module,
    input_size: int | Sequence[int] | None = None,
    *,
    progress: OnProgress | None = None,
) -> Certificate:
    """Compare the calculated field of every unit of every module with a measured one.

    The network runs as it is, in eval mode; a network given by name is built without its trained
    weights, which do not matter to what a unit sees, and nothing is downloaded. Functions are
    covered by the modules that call them.

    Parameters
    ----------
    network, input_size : as for `receptive_field`.
    progress : told after each pass how many half-planes have gone through the network.

    Raises
    ------
    NetworkNotFoundError, NotFoundError, UsageError : as `receptive_field`.
    FieldError : weights are not finite, or the network's calls depend on its input.

    Examples
    --------
    >>> verify(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()).eval(), 8).agree
    True
    """
    fields = receptive_field(network, input_size)
    module = described_network(network, numbers=True).module
    like = next((p for p in module.parameters() if p.is_floating_point()), torch.zeros(()))
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(fields.graph.source.shape, generator=generator)
    expected = {(row.name, row.call - 1): boxes(row) for row in fields if row.place.module}
    return certify(module, image.to(like), expected, progress=progress)


def boxes(row: LayerField) -> Boxes:
    """What all units of a layer see, as the oracle writes it."""
    ends = []
    for axis, table in enumerate(row.propagation.tables):
        first, last = row.ends(axis)
        nothing = first > last
        first, last = np.where(nothing, table.lines, first), np.where(nothing, -1, last)
        single = row.place.shape[:1] == (1,)
        ends.append((first[0], last[0]) if single else (first, last))
    (top, bottom), (left, right) = ends
    return Boxes(top, left, bottom, right)
