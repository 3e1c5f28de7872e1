"""Responses of units over two parameters at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vizkit.errors import UsageError
from vizkit.invariance.asked_units import Units, asked_units
from vizkit.invariance.grid import Sweep, grid
from vizkit.invariance.image_batches import ImageSource
from vizkit.invariance.readout import Response
from vizkit.invariance.responses import Follow
from vizkit.invariance.responses import sweep as run_sweep
from vizkit.invariance.tuning_curve import TuningCurve, measured_curve
from vizkit.models.network import Network


@dataclass(frozen=True, eq=False)
class TuningSurface:
    """Mean response of one unit over two families of transforms.

    Attributes
    ----------
    address : the unit.
    response : mean over the images, one row for each value of the first family, float64.
    through_peak : curve over each family, at the value of the other that the highest response has.
    """

    address: str
    response: Tensor
    through_peak: tuple[TuningCurve, TuningCurve]

    @property
    def peak(self) -> tuple[float, float]:
        """Place of the highest response in both parameters; NaN where there is none."""
        first, second = self.through_peak
        return first.peak.value, second.peak.value

    @property
    def sigma(self) -> Tensor:
        """Response in standard deviations above the mean over untransformed images."""
        first, _ = self.through_peak
        return (self.response - first.mean) / (first.std if first.std > 0 else math.nan)


@dataclass(frozen=True, eq=False)
class TuningSurfaces:
    """Surfaces of units of one network, in the order asked.

    Attributes
    ----------
    network : name with weights tag.
    family : names of both families.
    surfaces : one for each unit.
    images : number of images.
    passes : number of forward passes that all surfaces took together.
    skipped : (name, reason) of files of a folder that could not be read.
    """

    network: str
    family: str
    surfaces: tuple[TuningSurface, ...]
    images: int
    passes: int
    skipped: tuple[tuple[str, str], ...]


def tuning_surfaces(
    network: str | Network,
    units: Units,
    sweep: Sweep = ("rotation", "scale"),
    images: ImageSource | None = None,
    values: Sequence[Sequence[float]] | None = None,
    *,
    response: Response = "center",
    raw: bool = False,
    reference: ImageSource | None = None,
    seed: int = 0,
    follow: Follow | None = None,
) -> TuningSurfaces:
    """Mean response of units to images over all pairs of values of two families.

    Parameters
    ----------
    sweep : two families, applied to an image in this order.
    values : two sequences, ascending; by default the families' own.
    network, units, images, response, raw, reference, seed, follow : as for `vizkit.tuning`.

    Raises
    ------
    LayerNotFoundError, UnitNotFoundError, NotFoundError : no such layer, unit or family.
    UsageError : images that the network cannot take, or values that they cannot bear.

    Examples
    --------
    >>> found = tuning_surfaces(
    ...     "lenet5", "c1:0", ("rotation", "shift_x"), "noise", ((0, 90, 180, 270), (-1, 0, 1))
    ... )
    >>> found.surfaces[0].response.shape, found.passes
    (torch.Size([4, 3]), 96)
    """
    swept = grid(sweep, values)
    if len(swept.families) != 2 or min(swept.shape) < 2:
        raise UsageError(
            f"sweep={sweep!r} makes a grid of {swept.shape}, which is no surface.\n"
            "  Give two families and two values or more of each."
        )
    asked = asked_units(network, units)
    found = run_sweep(
        asked.network,
        asked.by_layer,
        "photographs" if images is None else images,
        swept,
        response=response,
        raw=raw,
        reference=reference,
        follow=follow,
    )
    floor = torch.tensor(found.floor).view(swept.shape)
    surfaces = []
    for address, layer, number in asked.places:
        every = found.by_layer[layer][:, :, number].reshape(found.images, *swept.shape)
        mean = every.double().mean(0)
        top = [int(each) for each in torch.unravel_index(mean.argmax(), mean.shape)]
        curves = [
            measured_curve(
                str(address),
                swept.families[axis],
                swept.values[axis],
                every.select(2 - axis, top[1 - axis]),
                found.untransformed[layer][:, number],
                random=asked.network.weights.random,
                resampling=tuple(floor.select(1 - axis, top[1 - axis]).tolist()),
                seed=seed,
            )
            for axis in (0, 1)
        ]
        surfaces.append(TuningSurface(str(address), mean, (curves[0], curves[1])))
    return TuningSurfaces(
        network=asked.network.source,
        family=swept.name,
        surfaces=tuple(surfaces),
        images=found.images,
        passes=found.passes,
        skipped=found.skipped,
    )
