"""What a family of channels is, and all that were found in a layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor

from vizkit.probing.uncertainty import Estimate
from vizkit.result import Result, plain, plain_dict
from vizkit.text import aligned
from vizkit.unit import Unit

Source = Literal["responses", "weights"]


@dataclass(frozen=True)
class Member:
    """A channel of a family.

    Attributes
    ----------
    unit : the channel.
    value : of the transform that takes the reference to this channel, in the family's unit: a
        rotation by 30 turns the reference's picture counter-clockwise by 30 degrees. 0 or 1 for
        reflections, a factor for scale. With the interval that holds it in 95 of 100 draws of
        images.
    likeness : correlation with the reference after that transform, 1 for an exact copy; with its
        interval.
    p : share of layers without families in which any two channels are as much alike; 0 for the
        reference.
    """

    unit: Unit
    value: Estimate
    likeness: Estimate
    p: float

    @property
    def channel(self) -> int:
        """Its number."""
        return self.unit.channel

    def as_dict(self) -> dict[str, Any]:
        """Plain data; NaN becomes None."""
        numbers = {"value": self.value[:3], "likeness": self.likeness[:3], "p": self.p}
        return plain_dict({"address": self.unit.address, **numbers})


@dataclass(frozen=True, eq=False)
class ChannelFamily:
    """Channels that are transformed copies of one of them.

    Attributes
    ----------
    reference : the channel that all others are compared with; the one most like the others.
    members : in order of their values, the reference among them.
    p : of the member most surely transformed.
    symmetry : a copy turned by this part of the circle is the same again: 2 for lines. Values are
        told apart within `period`.
    period : circle of the values after `symmetry`; None where they have ends.
    curves : members x values. On a circle their mean responses, where each image's curve begins at
        the value that the reference responds most to: another member peaks at its own value. Where
        values have ends, the correlation with the reference's response at the middle value, which
        peaks at that value times the member's own.
    """

    reference: Unit
    members: tuple[Member, ...]
    p: float
    symmetry: int
    period: float | None
    curves: Tensor

    def __len__(self) -> int:
        return len(self.members)

    @property
    def channels(self) -> tuple[int, ...]:
        """Channels in order of their values."""
        return tuple(each.channel for each in self.members)


@dataclass(frozen=True, eq=False, repr=False)
class Families(Result):
    """Families of a layer, the largest first; iterating gives them.

    Attributes
    ----------
    network, layer : names as in an address.
    transform, unit : what the copies differ by, and the unit of its values.
    values, period : the sweep; `period` is None where it has ends.
    source : ``"responses"`` or ``"weights"``.
    found : the families. No channel is in two.
    channels : number of channels of the layer.
    dead : channels whose response is the same to all images, or not a finite number.
    rare : channels that respond to too few of the images to be told apart from chance.
    untuned : channels whose responses the transform hardly changes, which no angle can be told of.
    alone : tuned channels without a family.
    floor : likeness that one in twenty layers without families reaches somewhere.
    least, alpha : what links had to reach, and stay below.
    images, passes : number of images, and of forward passes that they took.
    filters : of a first convolution, channels x C x k x k in the colors of the image; else None.
    random : True when the network's weights were never trained.
    skipped : (name, reason) of files of a folder that could not be read.
    """

    network: str
    layer: str
    transform: str
    unit: str
    values: tuple[float, ...]
    period: float | None
    source: Source
    found: tuple[ChannelFamily, ...]
    channels: int
    dead: tuple[int, ...]
    rare: tuple[int, ...]
    untuned: tuple[int, ...]
    alone: tuple[int, ...]
    floor: float
    least: float
    alpha: float
    images: int
    passes: int
    filters: Tensor | None
    random: bool
    skipped: tuple[tuple[str, str], ...]

    plot = "family_sheet"

    def __len__(self) -> int:
        return len(self.found)

    def __iter__(self) -> Iterator[ChannelFamily]:
        return iter(self.found)

    def __getitem__(self, number: int) -> ChannelFamily:
        return self.found[number]

    def __repr__(self) -> str:
        badge = ", RANDOM WEIGHTS" if self.random else ""
        return (
            f"<{len(self)} famil{'y' if len(self) == 1 else 'ies'} by {self.transform} among "
            f"{self.channels} channels of {self.network}/{self.layer}{badge}>"
        )

    def __str__(self) -> str:
        head = ("FAMILY", "CHANNEL", f"{self.transform} [{self.unit}]", "LIKENESS", "P")
        rows = [
            (
                str(number),
                member.unit.place,
                format(member.value, ".0f" if self.unit == "degrees" else ".2f"),
                f"{member.likeness:.2f}",
                "reference" if member.unit == family.reference else f"{member.p:.3g}",
            )
            for number, family in enumerate(self)
            for member in family.members
        ]
        left = ", ".join(
            f"{len(channels)} {name}"
            for name in ("alone", "untuned", "rare", "dead")
            if (channels := getattr(self, name))
        )
        table = f"\n{aligned([head, *rows], range(1, len(head)))}" if rows else ""
        return f"{repr(self)[1:-1]}{left and f'; {left}'}{table}"

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "network": self.network,
            "random": self.random,
            "layer": self.layer,
            "transform": self.transform,
            "unit": self.unit,
            "source": self.source,
            "channels": self.channels,
            "dead": list(self.dead),
            "rare": list(self.rare),
            "untuned": list(self.untuned),
            "alone": list(self.alone),
            "floor": plain(self.floor),
            "images": self.images,
            "families": [
                {
                    "reference": family.reference.channel,
                    "p": family.p,
                    "symmetry": family.symmetry,
                    "members": [member.as_dict() for member in family.members],
                }
                for family in self
            ],
        }
