"""The report of a whole network's invariance, from one pass of each image and value."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from vizkit.images.sources import ImageSource
from vizkit.networks.build import randomized
from vizkit.networks.load import load
from vizkit.networks.network import Network
from vizkit.probing.equivariance.measure import Equivariance, equivariance
from vizkit.probing.invariance.measure import in_pairs
from vizkit.probing.invariance.report.grids import ReportGrid, report_grids
from vizkit.probing.invariance.report.layers import pooled_pairs, report_layers
from vizkit.probing.invariance.report.linearity import brightness_of_filters, contrast_of_layers
from vizkit.probing.invariance.report.measurements import TransformReport
from vizkit.probing.invariance.report.result import InvarianceReport
from vizkit.probing.invariance.scored import NetworkScores
from vizkit.probing.orientation import grated_layers, orientation_tuning

Transforms = Mapping[str, Sequence[float] | None] | Sequence[str]
"""Names of transforms, or a mapping from them to values, None for the usual ones."""

Follow = Callable[[str], None]
"""Called with what is begun."""

_BATCH = 4
_SAMPLE = 4
"""Images for what is said of layers by other means than sweeps."""
_MARGIN = 32
"""Pixels around the photographs that equivariance is measured on: as many as strides are wide."""


def invariance_report(
    network: str | Network,
    layers: Iterable[str] | None = None,
    images: ImageSource | None = None,
    *,
    transforms: Transforms | None = None,
    random: bool = True,
    gratings: bool = True,
    rate: float = 0.125,
    share: float = 0.2,
    follow: Follow | None = None,
) -> InvarianceReport:
    """Invariance of all layers of a network under the transforms, with their floors.

    Every image passes through the network once for each value of each transform, to the deepest
    of the layers, and this serves all layers, units and scores. The same architecture with random
    weights sees every other value. Gratings are shown in the receptive field of the unit in the
    middle of at most six layers, see `grated_layers`.

    Parameters
    ----------
    network : a network or the name of one.
    layers : names or aliases; by default those of `report_layers`.
    images : B C H W in [0, 1], the name of a set, a folder, or an iterable of tensors, of which no
        more than a few are kept; by default ten photographs.
    transforms : names, or a mapping from them to values; see `report_grids`.
    random : show the same to the architecture with random weights.
    gratings : measure tuning to orientation.
    rate : global firing rate of the scores of Goodfellow et al. Theirs, 1 %, takes a thousand
        images times values; ten photographs and nine scales are enough for one in eight.
    share : of the top-scoring units, for their score of a layer.

    Raises
    ------
    LayerNotFoundError, NotFoundError : no such layer or transform.
    UsageError : images or values that cannot be used.

    Examples
    --------
    >>> shifts = {"shift_x": (0, 1, 2)}
    >>> found = invariance_report("lenet5", ["c1", "s2"], "noise", transforms=shifts)
    >>> found.images, found.passes, [each.name for each in found]
    (8, 24, ['shift_x'])
    """
    tell = follow or _silently
    net = load(network) if isinstance(network, str) else network
    names = report_layers(net) if layers is None else tuple(layers)
    # Mistakes in names come before the first image is read.
    infos = {name: net.layer(name) for name in names}
    baseline = _randomized(net) if random and not net.weights.random else None
    batches = net.batches("all_photographs" if images is None else images, _BATCH)

    scored: list[NetworkScores] = []
    grids: tuple[ReportGrid, ...] = ()
    sample: Tensor | None = None
    for batch in in_pairs(batches):
        if sample is None:
            sample = batch[:_SAMPLE]
            shape = (batch.shape[1], batch.shape[2], batch.shape[3])
            grids = report_grids(shape, transforms)
            full, compared = [each.full for each in grids], [each.compared for each in grids]
            scored = [
                NetworkScores(each, names, shown, shape, silence=True)
                for each, shown in ((net, full), (baseline, compared))
                if each is not None
            ]
        for each in scored:
            first = each.images + 1
            tell(f"images {first} to {each.images + len(batch)}, {each.network.source}")
            each.add(batch)
    assert sample is not None
    tell("scores")
    reports = tuple(
        _report(number, each, scored, sample, rate) for number, each in enumerate(grids)
    )
    grated = grated_layers(net, names) if gratings else ()
    oriented = []
    for shown in (net, baseline):
        tell(f"gratings, {shown.source}" if shown is not None else "equivariance")
        oriented.append(
            {} if shown is None else {layer: orientation_tuning(shown, layer) for layer in grated}
        )
    return InvarianceReport(
        network=net.source,
        weights_random=net.weights.random,
        layers=names,
        transforms=reports,
        pools=pooled_pairs(net, names),
        shapes={name: info.shape for name, info in infos.items()},
        sparseness={
            name: float(reports[0].full.layers[name].selectivity.sparseness.nanmedian())
            for name in names
        },
        silent=scored[0].silent,
        random_silent=scored[1].silent if baseline is not None else {},
        orientation=oriented[0],
        random_orientation=oriented[1],
        motion=_motion(net, names, sample, own=images is None),
        contrast=contrast_of_layers(net, names, sample),
        filters=brightness_of_filters(net, sample),
        share=share,
        rate=rate,
        images=scored[0].images,
        passes=scored[0].passes,
        random_passes=scored[1].passes if baseline is not None else 0,
        skipped=batches.skipped,
    )


def _silently(what: str) -> None:
    pass


def _randomized(network: Network) -> Network:
    """The same architecture, with the weights that ``@random`` stands for."""
    module = copy.deepcopy(network.module)
    return replace(network, module=module, weights=randomized(module, network.preprocessing))


def _report(
    number: int, grids: ReportGrid, scored: Sequence[NetworkScores], sample: Tensor, rate: float
) -> TransformReport:
    own, *random = scored
    (varied,), compared = grids.full.transforms, grids.compared.values[0]
    full = own.result(number, rate=rate)
    return TransformReport(
        varied.name,
        varied.unit,
        full,
        full if not random or compared == full.values else own.result(number, compared, rate),
        random[0].result(number, rate=rate) if random else None,
        max(grids.full.floor(sample, point) for point in grids.full.points),
    )


def _motion(
    network: Network, names: Sequence[str], sample: Tensor, *, own: bool
) -> Equivariance | None:
    size = (sample.shape[2], sample.shape[3])
    if own:
        larger = size[0] + 2 * _MARGIN, size[1] + 2 * _MARGIN
        photos = network.images("all_photographs", larger)
        sample = torch.cat([photos[number] for number in range(_SAMPLE)])
    if len(sample) < 2:
        return None
    return equivariance(
        network, names, "shift_x", (1,), sample, input_size=size, after_activation=True
    )
