"""Tuning surfaces of many units, and several sweeps at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vizkit.errors import UsageError
from vizkit.networks.network import Network
from vizkit.networks.units import Units
from vizkit.probing.grid import Grid, Sweep
from vizkit.probing.image_batches import ImageSource
from vizkit.probing.readout import Response
from vizkit.probing.sweep_names import StimulusSweep, asked_sweep
from vizkit.probing.sweeps import Follow
from vizkit.probing.tuning import TuningCurves, one_parameter, tuning_curves_of
from vizkit.probing.tuning_surface import TuningSurface, measured_surface
from vizkit.probing.unit_sweeps import UnitSweeps, unit_sweeps


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

    def __len__(self) -> int:
        return len(self.surfaces)

    def __iter__(self) -> Iterator[TuningSurface]:
        return iter(self.surfaces)


def tuning_surfaces(
    network: str | Network,
    units: Units,
    sweep: Sweep = "rotation*scale",
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
    sweep : two families, applied to an image in this order: ``"rotation*scale"`` or a pair of them.
        Of a stimulus two parameters, ``"curve.orientation*curve.radius"``, or one of them and a
        transform of what was drawn.
    values : two sequences, ascending; by default the families' own.
    network, units, images, response, raw, reference, seed, follow : as for `vizkit.tuning`.

    Raises
    ------
    LayerNotFoundError, UnitNotFoundError, NotFoundError : no such layer, unit or family.
    UsageError : images that the network cannot take, or values that they cannot bear.

    Examples
    --------
    >>> found = tuning_surfaces(
    ...     "lenet5", "c1:0", "rotation*shift_x", "noise", ((0, 90, 180, 270), (-1, 0, 1))
    ... )
    >>> found.surfaces[0].response.shape, found.passes
    (torch.Size([4, 3]), 96)
    """
    asked = two_parameters(sweep, values)
    (found,) = unit_sweeps(
        network,
        units,
        [asked],
        images,
        response=response,
        raw=raw,
        reference=reference,
        follow=follow,
    )
    return _surfaces_of(found, seed)


def tunings(
    network: str | Network,
    units: Units,
    sweeps: Sequence[str],
    images: ImageSource | None = None,
    values: Sequence[float] | None = None,
    *,
    response: Response = "center",
    raw: bool = False,
    seed: int = 0,
    follow: Follow | None = None,
) -> list[TuningCurves | TuningSurfaces]:
    """Curves over each of `sweeps`, surfaces where it is two at once; each image is read once.

    Parameters
    ----------
    sweeps : e.g. ``("rotation", "rotation*scale", "grating.orientation")``.
    values : of a single sweep of one parameter.
    network, units, images, response, raw, seed, follow : as for `vizkit.tuning`.

    Raises
    ------
    LayerNotFoundError, UnitNotFoundError, NotFoundError : no such layer, unit or family.
    UsageError : images that the network cannot take, or values that they cannot bear.

    Examples
    --------
    >>> turned, dimmed = tunings("lenet5", "c1:0-3", ("rotation", "brightness"), "noise")
    >>> turned.family, dimmed.family, len(turned.curves)
    ('rotation', 'brightness', 4)
    """
    asked = [asked_sweep(each) for each in sweeps]
    if values is not None:
        if len(asked) > 1 or asked[0].joint:
            raise UsageError(
                f"values go with one sweep of one parameter, not with {', '.join(sweeps)}.\n"
                "  Give the sweeps one by one."
            )
        asked = [one_parameter(sweeps[0], values)]
    found = unit_sweeps(network, units, asked, images, response=response, raw=raw, follow=follow)
    return [
        _surfaces_of(each, seed) if sweep.joint else tuning_curves_of(each, seed)
        for each, sweep in zip(found, asked, strict=True)
    ]


def two_parameters(
    sweep: Sweep, values: Sequence[Sequence[float]] | None = None
) -> Grid | StimulusSweep:
    """What `sweep` asks for, if that makes a surface.

    Raises
    ------
    NotFoundError : there is nothing of this name.
    UsageError : it is one parameter, or has a single value.
    """
    asked = asked_sweep(sweep, values)
    given = asked.values if isinstance(asked, Grid) else asked.values or ((0, 1),) * 2
    shape = tuple(len(each) for each in given if isinstance(each, Sequence))
    if not asked.joint or len(shape) != 2 or min(shape) < 2:
        raise UsageError(
            f"sweep={sweep!r} makes a grid of {shape}, which is no surface.\n"
            "  Give two families and two values or more of each."
        )
    return asked


def _surfaces_of(found: UnitSweeps, seed: int) -> TuningSurfaces:
    random = found.network.weights.random
    return TuningSurfaces(
        network=found.network.source,
        family=found.name,
        surfaces=tuple(measured_surface(each, random=random, seed=seed) for each in found.units),
        images=found.images,
        passes=found.passes,
        skipped=found.skipped,
    )
