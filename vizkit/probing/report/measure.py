"""The report of a whole network's invariance, from one sweep of its images."""

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
from vizkit.probing.equivariance import Equivariance, equivariance
from vizkit.probing.layer_scores import in_pairs
from vizkit.probing.report.layers import pooled_pairs, report_layers
from vizkit.probing.report.linearity import brightness_of_filters, contrast_of_layers
from vizkit.probing.report.orientation import grated_layers, orientation_tuning
from vizkit.probing.report.result import FamilyReport, InvarianceReport
from vizkit.probing.report.scored import NetworkTally
from vizkit.probing.report.sweeps import Sweep, report_sweeps

Sweeps = Mapping[str, Sequence[float] | None] | Sequence[str]
"""Names of families, or a mapping from them to values, None for the usual ones."""

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
    sweeps: Sweeps | None = None,
    random: bool = True,
    gratings: bool = True,
    rate: float = 0.125,
    share: float = 0.2,
    follow: Follow | None = None,
) -> InvarianceReport:
    """Invariance of all layers of a network under the families of transforms, with their floors.

    Every image passes through the network once for each value of each family, to the deepest of the
    layers, and this serves all layers, units and scores. The same architecture with random weights
    sees every other value. Gratings are shown in the receptive field of the unit in the middle of
    at most six layers, see `grated_layers`.

    Parameters
    ----------
    network : a network or the name of one.
    layers : names or aliases; by default those of `report_layers`.
    images : B C H W in [0, 1], the name of a set, a folder, or an iterable of tensors, of which no
        more than a few are kept; by default ten photographs.
    sweeps : names of families, or a mapping from them to values; see `report_sweeps`.
    random : show the same to the architecture with random weights.
    gratings : measure tuning to orientation.
    rate : global firing rate of the scores of Goodfellow et al. Theirs, 1 %, takes a thousand
        images times values; ten photographs and nine scales are enough for one in eight.
    share : of the top-scoring units, for their score of a layer.

    Raises
    ------
    LayerNotFoundError, NotFoundError : no such layer or family.
    UsageError : images or values that cannot be used.

    Examples
    --------
    >>> found = invariance_report("lenet5", ["c1", "s2"], "noise", sweeps={"shift_x": (0, 1, 2)})
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

    tallies: list[NetworkTally] = []
    planned: tuple[Sweep, ...] = ()
    sample: Tensor | None = None
    count = 0
    for batch in in_pairs(batches):
        if sample is None:
            sample = batch[:_SAMPLE]
            shape = (batch.shape[1], batch.shape[2], batch.shape[3])
            planned = report_sweeps(shape, sweeps)
            tallies = _tallies(net, baseline, names, planned, shape[1:])
        for tally in tallies:
            tell(f"images {count + 1} to {count + len(batch)}, {tally.network.source}")
            tally.add(batch)
        count += len(batch)
    assert sample is not None
    tell("scores")
    families = tuple(
        _family(number, sweep, tallies, sample, rate) for number, sweep in enumerate(planned)
    )
    grated = grated_layers(net, names) if gratings else ()
    oriented = []
    for each in (net, baseline):
        tell(f"gratings, {each.source}" if each is not None else "equivariance")
        oriented.append(
            {} if each is None else {layer: orientation_tuning(each, layer) for layer in grated}
        )
    return InvarianceReport(
        network=net.source,
        weights_random=net.weights.random,
        layers=names,
        families=families,
        pools=pooled_pairs(net, names),
        shapes={name: info.shape for name, info in infos.items()},
        sparseness={
            name: float(families[0].full.layers[name].selectivity.sparseness.nanmedian())
            for name in names
        },
        silent=tallies[0].silent(),
        random_silent=tallies[1].silent() if baseline is not None else {},
        orientation=oriented[0],
        random_orientation=oriented[1],
        motion=_motion(net, names, sample, own=images is None),
        contrast=contrast_of_layers(net, names, sample),
        filters=brightness_of_filters(net, sample),
        share=share,
        rate=rate,
        images=count,
        passes=tallies[0].passes,
        random_passes=tallies[1].passes if baseline is not None else 0,
        skipped=batches.skipped,
    )


def _silently(what: str) -> None:
    pass


def _randomized(network: Network) -> Network:
    """The same architecture, with the weights that ``@random`` stands for."""
    module = copy.deepcopy(network.module)
    return replace(network, module=module, weights=randomized(module, network.preprocessing))


def _tallies(
    network: Network,
    baseline: Network | None,
    names: Sequence[str],
    sweeps: Sequence[Sweep],
    size: tuple[int, int],
) -> list[NetworkTally]:
    full = [tuple(sorted({*sweep.grid.values[0], sweep.identity})) for sweep in sweeps]
    found = [NetworkTally(network, names, sweeps, full, size)]
    if baseline is not None:
        compared = [sweep.compared for sweep in sweeps]
        found.append(NetworkTally(baseline, names, sweeps, compared, size))
    return found


def _family(
    number: int, sweep: Sweep, tallies: Sequence[NetworkTally], sample: Tensor, rate: float
) -> FamilyReport:
    own = sweep.grid.families[0]
    full = tallies[0].scored(number, sweep.grid.values[0], rate)
    same = len(tallies) == 1 or sweep.compared == sweep.grid.values[0]
    return FamilyReport(
        own.name,
        own.unit,
        full,
        full if same else tallies[0].scored(number, sweep.compared, rate),
        tallies[1].scored(number, sweep.compared, rate) if len(tallies) > 1 else None,
        max(sweep.grid.floor(sample, point) for point in sweep.grid.points),
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
