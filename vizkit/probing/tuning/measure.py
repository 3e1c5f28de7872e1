"""Tuning of many units: curves over one parameter, surfaces over two, of one sweep or several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

from vizkit.errors import UnitNotFoundError, UsageError, nearest
from vizkit.images.sources import ImageSource
from vizkit.networks.network import Network
from vizkit.networks.units import Units
from vizkit.probing.grid import Grid, Sweep
from vizkit.probing.readout import Response
from vizkit.probing.responses import Follow
from vizkit.probing.sweep_names import StimulusSweep, find_sweep
from vizkit.probing.tuning.curve import measured_curve
from vizkit.probing.tuning.surface import measured_surface
from vizkit.probing.unit_responses import (
    SweepResponses,
    UnitResponses,
    find_members,
    unit_responses,
)

Values = Sequence[float] | Sequence[Sequence[float]]
"""Of one parameter; of two at once a sequence for each."""


@dataclass(frozen=True, eq=False)
class Tuning:
    """Tuning of units of one network over one sweep, in the order asked.

    Iterating gives a `TuningCurve` for each unit, or a `TuningSurface` where two parameters were
    varied at once; an index is a number or an address.

    Attributes
    ----------
    network : name with weights tag.
    sweep : name of what was varied.
    units : one curve or surface for each unit.
    images : number of images.
    passes : number of forward passes that all units took together.
    offsets : by layer, (dy, dx) in pixels from the middle of the image to the middle of what its
        central unit sees; None where that has no middle.
    skipped : (name, reason) of files of a folder that could not be read.
    """

    network: str
    sweep: str
    units: tuple[Any, ...]
    images: int
    passes: int
    offsets: dict[str, tuple[float, float] | None]
    skipped: tuple[tuple[str, str], ...]

    def __len__(self) -> int:
        return len(self.units)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.units)

    def __getitem__(self, unit: int | str) -> Any:
        if isinstance(unit, int):
            return self.units[unit]
        by_address = {each.address: each for each in self.units}
        full = unit if unit in by_address else f"{self.network}/{unit}"
        if full not in by_address:
            raise UnitNotFoundError(
                f"there is no curve of {unit!r}. {nearest(full, by_address)}".rstrip()
            )
        return by_address[full]


@overload
def tuning(
    network: str | Network, units: Units, sweep: list[Sweep], *given: Any, **options: Any
) -> list[Tuning]: ...
@overload
def tuning(
    network: str | Network, units: Units, sweep: Sweep = ..., *given: Any, **options: Any
) -> Tuning: ...
def tuning(
    network: str | Network,
    units: Units,
    sweep: Sweep | list[Sweep] = "rotation",
    images: ImageSource | None = None,
    values: Values | None = None,
    *,
    response: Response = "center",
    raw: bool = False,
    reference: ImageSource | None = None,
    seed: int = 0,
    follow: Follow | None = None,
) -> Tuning | list[Tuning]:
    """Tuning of units: their mean response to images, over the values of a transform.

    Every image is passed through the network once for each value, whatever the number of units and
    layers, and once more untransformed where the identity is not among the values.

    Parameters
    ----------
    network : a network or the name of one.
    units : addresses. A channel without a position is read as `response` says, a neuron
        (``conv4_3:12@7,7``) at its position.
    sweep : what to vary: a transform or its name, see `vizkit.transforms.TRANSFORMS`; or a
        parameter of a stimulus, ``"grating.orientation"``, see `vizkit.stimuli.STIMULI`, which is
        drawn on gray as large as each unit's receptive field and in the middle of it. Its images
        are gratings of twelve phases, or else five places close to each other. For stimuli at
        places and sizes of your own there is `vizkit.stimuli.varied`. Two at once are joined,
        ``"rotation*scale"``, or a tuple, and applied in this order. A list of sweeps, for which
        every image is read once, gives a list of results.
    images : B C H W in [0, 1], ``"photographs"`` (the default: eight that scikit-image brings
        along), ``"noise"``, a folder, or an iterable of tensors, of which none is kept. Stimuli
        that are given by name are compared with them: see `TuningCurve.sigma`.
    values : ascending, of a single sweep; by default the transform's. Of two at once a sequence of
        each.
    response : ``"center"`` for the unit whose receptive field is nearest to the middle of the
        image, about which images are turned and scaled (its distance is in `offsets`); ``"mean"``
        or ``"max"`` of the channel's map. A layer without a map is read as it is.
    raw : responses before the ReLU that follows a layer; by default after it.
    reference : images whose mean and standard deviation are the measure of `TuningCurve.sigma`; by
        default `images` at the identity.
    seed : of the draws of images for intervals and floors.
    follow : called with the number of images that are done.

    Raises
    ------
    LayerNotFoundError, UnitNotFoundError, NotFoundError : no such layer, unit or transform.
    UsageError : images that the network cannot take, or values that they cannot bear.

    Examples
    --------
    >>> found = tuning("lenet5", "c1:2-4", "rotation", "noise", values=(0, 90, 180, 270))
    >>> found.passes, [curve.status for curve in found]
    (32, ['ok', 'ok', 'ok'])
    >>> edges, maps = tuning("lenet5", ["c1:0"], ["edge.orientation", "rotation*shift_x"], "noise")
    >>> edges[0].images, len(edges[0].values), maps[0].response.shape
    (5, 24, torch.Size([24, 17]))
    """
    several = isinstance(sweep, list)
    named = sweep if isinstance(sweep, list) else [sweep]
    if values is not None and len(named) > 1:
        raise UsageError(
            f"values go with one sweep, not with {len(named)}.\n  Give the sweeps one by one."
        )
    sweeps = [find_sweep(each, values) for each in named]
    for each in sweeps:
        _check(each)
    net, members = find_members(network, units)
    read = unit_responses(
        net,
        members,
        sweeps,
        images,
        response=response,
        raw=raw,
        reference=reference,
        follow=follow,
    )
    results = [_measured(net, each, seed) for each in read]
    return results if several else results[0]


def _check(sweep: Grid | StimulusSweep) -> None:
    """Refuse a parameter of which there is but one value."""
    if sweep.values is None:
        return
    counts = [len(each) for each in sweep.values if isinstance(each, Sequence)]
    counts = counts or [len(sweep.values)]
    lengths = map(str, counts)
    if min(counts) < 2:
        what, each = ("surface", " of each") if sweep.joint else ("curve", "")
        raise UsageError(
            f"{' x '.join(lengths)} values make no {what} of {sweep.name}.\n"
            f"  Give two values or more{each}."
        )


def _measured(network: Network, read: SweepResponses, seed: int) -> Tuning:
    random = network.weights.random

    def measured(unit: UnitResponses) -> Any:
        if unit.grid.joint:
            return measured_surface(unit, random=random, seed=seed)
        return measured_curve(
            unit.address,
            unit.grid.transforms[0],
            unit.grid.values[0],
            unit.responses,
            unit.untransformed,
            random=random,
            resampling=unit.resampling,
            seed=seed,
        )

    return Tuning(
        network=network.source,
        sweep=read.name,
        units=tuple(map(measured, read.units)),
        images=read.images,
        passes=read.passes,
        offsets=read.offsets,
        skipped=read.skipped,
    )
