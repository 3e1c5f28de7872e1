"""Tuning of many units over one sweep or several, for which every image is read once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict, Unpack, overload

from vizkit.errors import UsageError
from vizkit.images.sources import ImageSource
from vizkit.networks.given import Given, network_of_units
from vizkit.networks.units import Units
from vizkit.probing.grid import Grid, Sweep
from vizkit.probing.readout import Response
from vizkit.probing.responses import responses
from vizkit.probing.sweep_names import StimulusSweep, find_sweep
from vizkit.probing.tuning.collection import Tuning
from vizkit.probing.tuning.scores import measured
from vizkit.progress import OnProgress

Values = Sequence[float] | Sequence[Sequence[float]]
"""Of one parameter; of two at once a sequence for each."""


class _Options(TypedDict, total=False):
    images: ImageSource | None
    values: Values | None
    response: Response
    after_activation: bool
    reference: ImageSource | None
    seed: int
    progress: OnProgress | None


@overload
def tuning(
    network: Given | Units, units: Units | None, sweep: list[Sweep], **options: Unpack[_Options]
) -> list[Tuning]: ...
@overload
def tuning(
    network: Given | Units, units: None = ..., *, sweep: list[Sweep], **options: Unpack[_Options]
) -> list[Tuning]: ...
@overload
def tuning(
    network: Given | Units,
    units: Units | None = ...,
    sweep: Sweep = ...,
    **options: Unpack[_Options],
) -> Tuning: ...
def tuning(
    network: Given | Units,
    units: Units | None = None,
    sweep: Sweep | list[Sweep] = "rotation",
    *,
    images: ImageSource | None = None,
    values: Values | None = None,
    response: Response = "center",
    after_activation: bool = True,
    reference: ImageSource | None = None,
    seed: int = 0,
    progress: OnProgress | None = None,
) -> Tuning | list[Tuning]:
    """Tuning of units: their mean response to images, over the values of a transform.

    Every image is passed through the network once for each value, whatever the number of units and
    layers, and once more untransformed where the identity is not among the values.

    Parameters
    ----------
    network : a network, its name or a module; or, without `units`, whole addresses in one network.
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
        that are given by name are compared with them: see `UnitTuning.sigma`.
    values : ascending, of a single sweep; by default the transform's. Of two at once a sequence of
        each.
    response : ``"center"`` for the unit whose receptive field is nearest to the middle of the
        image, about which images are turned and scaled (its distance is in `offsets`); ``"mean"``
        or ``"max"`` of the channel's map. A layer without a map is read as it is.
    after_activation : responses after the ReLU that follows a layer, or before it.
    reference : images whose mean and standard deviation are the measure of `UnitTuning.sigma`; by
        default `images` at the identity.
    seed : of the draws of images for intervals and floors.
    progress : called with the number of images that are done; of a stream the total is infinite.

    Raises
    ------
    LayerNotFoundError, UnitNotFoundError, NotFoundError : no such layer, unit or transform.
    UsageError : images that the network cannot take, or values that they cannot bear.

    Examples
    --------
    >>> angles = (0, 90, 180, 270)
    >>> curves = tuning("lenet5", "c1:2-4", "rotation", images="noise", values=angles)
    >>> curves.passes, [curve.status for curve in curves]
    (32, ['ok', 'ok', 'ok'])
    >>> sweeps = ["edge.orientation", "rotation*shift_x"]
    >>> edges, maps = tuning("lenet5/c1:0", sweep=sweeps, images="noise")
    >>> edges[0].images, len(edges[0].values), maps[0].response.shape
    (5, 24, torch.Size([24, 17]))
    """
    named = sweep if isinstance(sweep, list) else [sweep]
    if values is not None and len(named) > 1:
        raise UsageError(
            f"values go with one sweep, not with {len(named)}.\n  Give the sweeps one by one."
        )
    sweeps = [find_sweep(name, values) for name in named]
    for given in sweeps:
        _check(given)
    net, members = network_of_units(network, units)
    random = net.weights.random
    results = [
        Tuning(
            network=net.source,
            random=random,
            sweep=read.sweep,
            units=tuple(measured(unit, random=random, seed=seed) for unit in read.units),
            images=read.images,
            passes=read.passes,
            offsets=read.offsets,
            skipped=read.skipped,
        )
        for read in responses(
            net,
            members,
            sweeps,
            "photographs" if images is None else images,
            response=response,
            after_activation=after_activation,
            reference=reference,
            progress=progress,
        )
    ]
    return results if isinstance(sweep, list) else results[0]


def _check(sweep: Grid | StimulusSweep) -> None:
    """Refuse a parameter of which there is but one value."""
    if sweep.values is None:
        return
    counts = [len(values) for values in sweep.values if isinstance(values, Sequence)]
    counts = counts or [len(sweep.values)]
    if min(counts) < 2:
        what, more = ("surface", " of each") if sweep.joint else ("curve", "")
        raise UsageError(
            f"{' x '.join(map(str, counts))} values make no {what} of {sweep.name}.\n"
            f"  Give two values or more{more}."
        )
