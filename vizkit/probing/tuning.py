"""Tuning curves of many units from one sweep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vizkit.errors import UnitNotFoundError, UsageError, nearest
from vizkit.networks.network import Network
from vizkit.networks.units import Units
from vizkit.probing.family import Family
from vizkit.probing.grid import Grid
from vizkit.probing.image_batches import ImageSource
from vizkit.probing.readout import Response
from vizkit.probing.sweep_names import StimulusSweep, asked_sweep
from vizkit.probing.sweeps import Follow
from vizkit.probing.tuning_curve import TuningCurve, measured_curve
from vizkit.probing.unit_sweeps import UnitSweeps, unit_sweeps


@dataclass(frozen=True, eq=False)
class TuningCurves:
    """Tuning curves of units of one network over one family, in the order asked.

    Iterating gives the curves; an index is a number or an address.

    Attributes
    ----------
    network : name with weights tag.
    family : name of the family.
    curves : one for each unit.
    images : number of images.
    passes : number of forward passes that all curves took together.
    offsets : by layer, (dy, dx) in pixels from the middle of the image to the middle of what its
        central unit sees; None where that has no middle.
    skipped : (name, reason) of files of a folder that could not be read.
    """

    network: str
    family: str
    curves: tuple[TuningCurve, ...]
    images: int
    passes: int
    offsets: dict[str, tuple[float, float] | None]
    skipped: tuple[tuple[str, str], ...]

    def __len__(self) -> int:
        return len(self.curves)

    def __iter__(self) -> Iterator[TuningCurve]:
        return iter(self.curves)

    def __getitem__(self, unit: int | str) -> TuningCurve:
        if isinstance(unit, int):
            return self.curves[unit]
        by_address = {each.address: each for each in self.curves}
        full = unit if unit in by_address else f"{self.network}/{unit}"
        if full not in by_address:
            raise UnitNotFoundError(
                f"there is no curve of {unit!r}. {nearest(full, by_address)}".rstrip()
            )
        return by_address[full]


def tuning(
    network: str | Network,
    units: Units,
    sweep: str | Family = "rotation",
    images: ImageSource | None = None,
    values: Sequence[float] | None = None,
    *,
    response: Response = "center",
    raw: bool = False,
    reference: ImageSource | None = None,
    seed: int = 0,
    follow: Follow | None = None,
) -> TuningCurves:
    """Tuning curves: the mean response of units to images, over the values of a transform.

    Every image is passed through the network once for each value, whatever the number of units and
    layers, and once more untransformed where the identity is not among the values.

    Parameters
    ----------
    network : a network or the name of one.
    units : addresses. A channel without a position is read as `response` says, a neuron
        (``conv4_3:12@7,7``) at its position.
    sweep : a family of transforms or its name, see `vizkit.probing.FAMILIES`; or a parameter of
        a stimulus, ``"grating.orientation"``, see `vizkit.probing.STIMULI`, which is drawn on
        gray as large as each unit's receptive field and in the middle of it. Its images are
        gratings of twelve phases, or else five places close to each other. For stimuli at places
        and sizes of your own there is `vizkit.probing.varied`.
    images : B C H W in [0, 1], ``"photographs"`` (the default: eight that scikit-image brings
        along), ``"noise"``, a folder, or an iterable of tensors, of which none is kept. Stimuli
        that are given by name are compared with them: see `TuningCurve.sigma`.
    values : ascending; by default the family's.
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
    LayerNotFoundError, UnitNotFoundError, NotFoundError : no such layer, unit or family.
    UsageError : images that the network cannot take, or values that they cannot bear.

    Examples
    --------
    >>> found = tuning("lenet5", "c1:2-4", "rotation", "noise", values=(0, 90, 180, 270))
    >>> found.passes, [curve.status for curve in found]
    (32, ['ok', 'ok', 'ok'])
    >>> turned = tuning("lenet5", ["c1:0", "c3:0"], "edge.orientation", "noise")
    >>> [(each.images, len(each.values)) for each in turned]
    [(5, 24), (5, 24)]
    """
    asked = one_parameter(sweep, values)
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
    return tuning_curves_of(found, seed)


def one_parameter(
    sweep: str | Family, values: Sequence[float] | None = None
) -> Grid | StimulusSweep:
    """What `sweep` asks for, if that makes a curve.

    Raises
    ------
    NotFoundError : there is nothing of this name.
    UsageError : it is two parameters at once, or a single value.
    """
    asked = asked_sweep(sweep, values)
    if asked.joint:
        raise UsageError(
            f"sweep={sweep!r} is more than one family.\n  Give one, or call "
            "vizkit.probing.tuning_surfaces for two."
        )
    given = asked.values[0] if isinstance(asked, Grid) else asked.values
    if given is not None and len(given) < 2:
        raise UsageError(
            f"values={values!r} make no curve of {asked.name}.\n  Give two values or more."
        )
    return asked


def tuning_curves_of(found: UnitSweeps, seed: int = 0) -> TuningCurves:
    """Curves of units that were swept over one parameter."""
    curves = tuple(
        measured_curve(
            each.address,
            each.grid.families[0],
            each.grid.values[0],
            each.responses,
            each.untransformed,
            random=found.network.weights.random,
            resampling=each.resampling,
            seed=seed,
        )
        for each in found.units
    )
    return TuningCurves(
        network=found.network.source,
        family=found.name,
        curves=curves,
        images=found.images,
        passes=found.passes,
        offsets=found.offsets,
        skipped=found.skipped,
    )
