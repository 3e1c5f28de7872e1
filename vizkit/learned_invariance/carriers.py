"""Which member of a pooled or summed group carries the response as the input is transformed.

The lecture's example is a unit that takes the maximum of three detectors of a rotated 5: it is
invariant, and each of the three does a part of it (Goodfellow, Bengio, Courville: Deep Learning,
chapter 9.3).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import torch
from torch import Tensor

from vizkit.address import Address
from vizkit.errors import UsageError
from vizkit.images.sources import ImageSource
from vizkit.networks.given import network_of_units
from vizkit.networks.network import Network
from vizkit.probing.grid import grid
from vizkit.probing.readout import Response
from vizkit.probing.responses import responses
from vizkit.transforms import Transform

HOW = ("max", "sum")


@dataclass(frozen=True, eq=False)
class Carriers:
    """Who carries a group's response, value by value.

    Attributes
    ----------
    members : addresses of the members.
    how : ``"max"`` or ``"sum"``: what the group does with them.
    transform, parameter_unit : its name, and what `values` are measured in.
    values : of the transforms.
    response : images x values x members.
    pooled : images x values: maximum or sum of the members.
    carries : values x members: share of the images in which a member is the largest, for a sum by
        its size. Images in which the largest are equal, because all are silent, count for none.
    example : V x C x H x W, the first image at every value.
    random : True when the network's weights were never trained.
    """

    members: tuple[str, ...]
    how: str
    transform: str
    parameter_unit: str
    values: tuple[float, ...]
    response: Tensor
    pooled: Tensor
    carries: Tensor
    example: Tensor
    random: bool

    @property
    def silent(self) -> Tensor:
        """Share of the images in which no member carries, one per value."""
        return 1 - self.carries.sum(1)

    @property
    def carrier(self) -> tuple[int | None, ...]:
        """Place of the member that carries most images at each value; None if more are silent."""
        most, place = self.carries.max(1)
        return tuple(
            int(p) if m > 0 and m >= s else None
            for m, p, s in zip(most, place, self.silent, strict=True)
        )

    @property
    def kept(self) -> tuple[float, ...]:
        """Lowest mean response over the values as a share of the highest, of members and pooled.

        Each member's, and last the pooled one's: the difference is what pooling adds. NaN for a
        response that falls below zero, of which there is no share; see `ranges`.
        """
        return tuple(math.nan if a < 0 else float(a / b) if b > 0 else 0.0 for a, b in self.ranges)

    @property
    def ranges(self) -> tuple[tuple[float, float], ...]:
        """Lowest and highest mean response over the values: each member's, and last the pooled."""
        curves = torch.cat([self.response.mean(0), self.pooled.mean(0)[:, None]], 1)
        return tuple(zip(curves.amin(0).tolist(), curves.amax(0).tolist(), strict=True))

    @property
    def summary(self) -> str:
        """How well the group and its best member hold out, in words."""
        count = len(self.members)
        if any(map(math.isnan, self.kept)):
            low, high = self.ranges[-1]
            least, most = max(self.ranges[:-1], key=lambda each: each[1])
            return (
                f"{self.how} of {count}: its response goes from {low:.2g} to {high:.2g}, "
                f"its strongest member's from {least:.2g} to {most:.2g}"
            )
        return (
            f"{self.how} of {count}: keeps {100 * self.kept[-1]:.0f} % of its response, "
            f"the best member {100 * max(self.kept[:-1]):.0f} %"
        )

    def rows(self) -> list[dict[str, Any]]:
        """One row per value: the carrier, its share of the images and the mean responses."""
        means, pooled = self.response.mean(0), self.pooled.mean(0)
        return [
            {
                "value": value,
                "carrier": None if place is None else self.members[place],
                "share": 0.0 if place is None else float(self.carries[number, place]),
                "pooled": float(pooled[number]),
                "members": means[number].tolist(),
            }
            for number, (value, place) in enumerate(zip(self.values, self.carrier, strict=True))
        ]

    def table(self) -> str:
        """The rows as text."""
        names = [each.rpartition("/")[2] for each in self.members]
        wide = [max(len(name), 9) for name in names]
        head = "  ".join(f"{name:>{w}}" for name, w in zip(names, wide, strict=True))
        lines = [f"{self.transform:>12}  {head}  {self.how:>9}  carrier"]
        for row in self.rows():
            numbers = "  ".join(f"{v:>{w}.3g}" for v, w in zip(row["members"], wide, strict=True))
            who = "none" if row["carrier"] is None else row["carrier"].rpartition("/")[2]
            who += (
                f" ({100 * row['share']:.0f} %)" if row["carrier"] and len(self.pooled) > 1 else ""
            )
            lines.append(f"{row['value']:>12g}  {numbers}  {row['pooled']:>9.3g}  {who}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<Carriers over {self.transform}, {self.summary}>"


def carriers(
    network: str | Network,
    members: str | Sequence[str | Address],
    images: ImageSource,
    transform: str | Transform,
    values: Sequence[float] | None = None,
    *,
    how: str = "max",
    response: Response = "center",
    raw: bool = False,
) -> Carriers:
    """Responses of the members of a group, and who carries the group at each value.

    Parameters
    ----------
    members : addresses, two or more, also without the network: channels (``"0:0-2"``) for a maximum
        over channels, neurons for one over positions (`pooled_members`), units of several
        layers for a sum of branches.
    images : B C H W in [0, 1], the name of a set, a folder, or an iterable of tensors.
    transform, values : as of `vizkit.tuning`.
    how : ``"max"`` or ``"sum"``.
    response : of members without a position: ``"center"``, ``"mean"`` or ``"max"`` of the map.
    raw : responses before the ReLU that follows a layer; by default after it.

    Raises
    ------
    AddressError, NotFoundError, UsageError : before any work.

    Examples
    --------
    >>> found = carriers("lenet5", "c1:0-2", "noise", "rotation", (0, 90))
    >>> found.response.shape, found.carries.shape
    (torch.Size([8, 2, 3]), torch.Size([2, 3]))
    """
    if how not in HOW:
        raise UsageError(f"how={how!r} is not known.\n  Allowed: {', '.join(HOW)}.")
    net, units = network_of_units(network, members)
    if len(units) < 2:
        raise UsageError(f"{members!r} is one member.\n  Give the two or more of a group.")
    points = grid(transform, values)
    if len(points.transforms) != 1:
        raise UsageError("carriers are found over one transform.\n  Give one.")
    source = net.batches(images, 1)
    first = next(source)
    (answers,) = responses(
        net, units, [points], chain((first,), source), response=response, after_activation=not raw
    )
    own = answers.together
    pooled = own.amax(2) if how == "max" else own.sum(2)
    strength = own if how == "max" else own.abs()
    top = strength.amax(2, keepdim=True)
    alone = (strength == top) & ((strength == top).sum(2, keepdim=True) == 1)
    example = torch.cat([points.apply(first, point).cpu() for point in points.points])
    return Carriers(
        members=tuple(map(str, units)),
        how=how,
        transform=points.name,
        parameter_unit=points.transforms[0].unit,
        values=points.values[0],
        response=own,
        pooled=pooled,
        carries=alone.float().mean(0),
        example=example,
        random=net.weights.random,
    )
