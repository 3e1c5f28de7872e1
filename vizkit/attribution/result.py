"""Maps of attribution, with what tells whether they can be believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from vizkit.result import Result, plain_dict
from vizkit.text import aligned
from vizkit.unit import Direction, Unit

_TOP = 10


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Attribution(Result):
    """Which pixels of images, or channels of a layer, drive a unit.

    Attributes
    ----------
    unit : whose response is shared out.
    random : the weights were never trained.
    method : its name.
    through : layer that it goes through; None where it goes to pixels directly.
    images : B C H W in [0, 1].
    names : of the files; empty texts for images that came from none.
    maps : B x H x W; B x C of the layer's channels.
    random_maps : the same of the network with shuffled weights.
    values : response of the unit to each image.
    completeness : distance of each map's sum from the response's change, as a share of it; None
        for methods that do not promise to sum up.
    sanity : rank correlation of the magnitudes of `maps` and `random_maps`: near 1, the map says
        nothing about what the network has learned; None where one is constant.
    """

    unit: Unit | Direction
    random: bool
    method: str
    through: str | None
    images: Tensor
    names: tuple[str, ...]
    maps: Tensor
    random_maps: Tensor
    values: tuple[float, ...]
    completeness: tuple[float | None, ...]
    sanity: tuple[float | None, ...]

    plot = "attribution_figure"

    def __repr__(self) -> str:
        badge = ", RANDOM WEIGHTS" if self.random else ""
        return f"<Attribution of {self.unit}, {self.method}, {len(self.maps)} images{badge}>"

    def __str__(self) -> str:
        rows = [("IMAGE", "METHOD", "VALUE", "COMPLETENESS ERROR", "SANITY")]
        for number, name in enumerate(self.names):
            missed, alike = self.completeness[number], self.sanity[number]
            rows.append(
                (
                    name or str(number),
                    self.method,
                    f"{self.values[number]:.4g}",
                    "-" if missed is None else f"{100 * missed:.2g} %",
                    "-" if alike is None else f"{alike:.2f}",
                )
            )
        return f"{self!r}\n\n{aligned(rows)}"

    def image_dict(self, number: int) -> dict[str, Any]:
        """What ``vizkit attribute --json`` prints of one image."""
        top: list[dict[str, float]] = []
        if self.maps.ndim == 2:
            shares = self.maps[number]
            order = shares.abs().argsort(descending=True, stable=True)[:_TOP].tolist()
            top = [{"channel": each, "value": float(shares[each])} for each in order]
        return plain_dict(
            {
                "address": self.unit.address,
                "image": self.names[number] or None,
                "method": self.method,
                "value": self.values[number],
                "completeness": self.completeness[number],
                "sanity": self.sanity[number],
                "top_channels": top,
                "file": None,
            }
        )

    def as_dict(self) -> dict[str, Any]:
        """One dictionary for each image."""
        images = [self.image_dict(number) for number in range(len(self.maps))]
        return {"attributions": images, "random": self.random, "through": self.through}
