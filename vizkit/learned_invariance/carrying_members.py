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

from vizkit.errors import UsageError
from vizkit.images.sources import ImageSource
from vizkit.networks.given import Given, network_of_units
from vizkit.networks.units import Units
from vizkit.probing.grid import grid
from vizkit.probing.readout import Response
from vizkit.probing.responses import responses
from vizkit.result import Result
from vizkit.text import aligned
from vizkit.transforms import Transform
from vizkit.unit import Unit

HOW = ("max", "sum")


@dataclass(frozen=True, eq=False)
class Carriers(Result):
    """Who carries a group's response, value by value.

    Attributes
    ----------
    members : channels, neurons or logits.
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

    plot = "carrier_chart"

    members: tuple[Unit, ...]
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

    def as_dict(self) -> dict[str, Any]:
        """What the group does and, for each value, its carrier and the mean responses."""
        means, pooled = self.response.mean(0), self.pooled.mean(0)
        rows = [
            {
                "value": value,
                "carrier": None if place is None else self.members[place].address,
                "share": 0.0 if place is None else float(self.carries[number, place]),
                "pooled": float(pooled[number]),
                "members": means[number].tolist(),
            }
            for number, (value, place) in enumerate(zip(self.values, self.carrier, strict=True))
        ]
        return {
            "members": [member.address for member in self.members],
            "how": self.how,
            "transform": self.transform,
            "unit": self.parameter_unit,
            "kept": [None if math.isnan(share) else share for share in self.kept],
            "rows": rows,
            "random": self.random,
        }

    def __repr__(self) -> str:
        badge = ", RANDOM WEIGHTS" if self.random else ""
        return f"<Carriers over {self.transform}, {self.summary}{badge}>"

    def __str__(self) -> str:
        means, pooled = self.response.mean(0).tolist(), self.pooled.mean(0).tolist()
        rows = [(self.transform, *(unit.name for unit in self.members), self.how, "carrier")]
        for number, (value, place) in enumerate(zip(self.values, self.carrier, strict=True)):
            who = "none" if place is None else self.members[place].name
            if place is not None and len(self.pooled) > 1:
                who += f" ({100 * float(self.carries[number, place]):.0f} %)"
            numbers = (f"{mean:.3g}" for mean in (*means[number], pooled[number]))
            rows.append((f"{value:g}", *numbers, who))
        return f"{self!r}\n{aligned(rows, range(len(self.members) + 2))}"


def carriers(
    network: Given | Units,
    members: Units | None = None,
    transform: str | Transform = "rotation",
    *,
    images: ImageSource = "photographs",
    values: Sequence[float] | None = None,
    how: str = "max",
    response: Response = "center",
    after_activation: bool = True,
) -> Carriers:
    """Responses of the members of a group, and who carries the group at each value.

    Parameters
    ----------
    network : name, network or module; or, without `members`, their whole addresses.
    members : two or more: channels (``"0:0-2"``) for a maximum over channels, neurons for one over
        positions (`pooled_members`), units of several layers for a sum of branches.
    transform, values : as of `vizkit.tuning`.
    images : B C H W in [0, 1], the name of a set, a folder, or an iterable of tensors.
    how : ``"max"`` or ``"sum"``.
    response : of members without a position: ``"center"``, ``"mean"`` or ``"max"`` of the map.
    after_activation : responses after the ReLU that follows a layer, else before it.

    Raises
    ------
    AddressError, NotFoundError, UsageError : before any work.

    Examples
    --------
    >>> found = carriers("lenet5", "c1:0-2", "rotation", images="noise", values=(0, 90))
    >>> found.response.shape, found.carries.shape
    (torch.Size([8, 2, 3]), torch.Size([2, 3]))
    """
    if how not in HOW:
        raise UsageError(f"how={how!r} is not known.\n  Allowed: {', '.join(HOW)}.")
    net, units = network_of_units(network, members)
    if len(units) < 2:
        raise UsageError(f"{str(units[0])!r} is one member.\n  Give the two or more of a group.")
    points = grid(transform, values)
    if len(points.transforms) != 1:
        raise UsageError("carriers are found over one transform.\n  Give one.")
    batches = net.batches(images, 1)
    first = next(batches)
    (measured,) = responses(
        net,
        units,
        [points],
        chain((first,), batches),
        response=response,
        after_activation=after_activation,
    )
    by_member = measured.together
    pooled = by_member.amax(2) if how == "max" else by_member.sum(2)
    strength = by_member if how == "max" else by_member.abs()
    top = strength.amax(2, keepdim=True)
    alone = (strength == top) & ((strength == top).sum(2, keepdim=True) == 1)
    example = torch.cat([points.apply(first, point).cpu() for point in points.points])
    return Carriers(
        members=tuple(units),
        how=how,
        transform=points.name,
        parameter_unit=points.transforms[0].unit,
        values=points.values[0],
        response=by_member,
        pooled=pooled,
        carries=alone.float().mean(0),
        example=example,
        random=net.weights.random,
    )
