"""The report of a whole network's invariance, from one pass of each image and value."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from vizkit.images.sources import ImageSource
from vizkit.networks.build import randomized
from vizkit.networks.given import Given, given_network
from vizkit.networks.network import Network
from vizkit.probing.equivariance import Equivariance, equivariance
from vizkit.probing.invariance.measure import BATCH, counted
from vizkit.probing.invariance.network_scores import NetworkScores
from vizkit.probing.invariance.report.grids import ReportGrid, report_grids
from vizkit.probing.invariance.report.layers import pooled_pairs, report_layers
from vizkit.probing.invariance.report.linearity import brightness_of_filters, contrast_of_layers
from vizkit.probing.invariance.report.result import InvarianceReport
from vizkit.probing.invariance.result import SHARE, Invariance
from vizkit.probing.orientation import grated_layers, orientation_tuning
from vizkit.probing.passes import in_pairs
from vizkit.progress import OnProgress, Progress

Transforms = Mapping[str, Sequence[float] | None] | Sequence[str]
"""Names of transforms, or a mapping from them to values, None for the usual ones."""

_MARGIN = 32
"""Pixels around the photographs that equivariance is measured on: as many as strides are wide."""


def invariance_report(
    network: Given,
    layers: Iterable[str] | None = None,
    transforms: Transforms | None = None,
    *,
    images: ImageSource | None = None,
    random: bool = True,
    gratings: bool = True,
    rate: float = 0.125,
    share: float = SHARE,
    progress: OnProgress | None = None,
) -> InvarianceReport:
    """Invariance of all layers of a network under the transforms, with their floors.

    Every image passes through the network once for each value of each transform, to the deepest
    of the layers, and this serves all layers, units and scores. The same architecture with random
    weights sees every other value. Gratings are shown in the receptive field of the unit in the
    middle of at most six layers, see `grated_layers`.

    Parameters
    ----------
    network : a name, a network of `vizkit.load`, or a module.
    layers : names or aliases; by default those of `report_layers`.
    transforms : names, or a mapping from them to values; see `report_grids`.
    images : B C H W in [0, 1], the name of a set, a folder, or an iterable of tensors, of which no
        more than a few are kept; by default ten photographs.
    random : show the same to the architecture with random weights.
    gratings : measure tuning to orientation.
    rate : global firing rate of the scores of Goodfellow et al. Theirs, 1 %, takes a thousand
        images times values; ten photographs and nine scales are enough for one in eight.
    share : of the top-scoring units, for their score of a layer.
    progress : called with the number of images that are done, of all networks.

    Raises
    ------
    LayerNotFoundError, NotFoundError : no such layer or transform.
    UsageError : images or values that cannot be used.

    Examples
    --------
    >>> report = invariance_report("lenet5", ["c1", "s2"], {"shift_x": (0, 1, 2)}, images="noise")
    >>> report.images, report.passes, [each.transform for each in report]
    (8, 24, ['shift_x'])
    """
    known = given_network(network)
    names = report_layers(known) if layers is None else tuple(layers)
    # Mistakes in names come before the first image is read.
    infos = {name: known.layer(name) for name in names}
    baseline = _randomized(known) if random and not known.weights.random else None
    own = images is None
    images, count = counted(known, "all_photographs" if images is None else images)
    batches = known.batches(images, BATCH)
    scored: list[NetworkScores] = []
    grids: tuple[ReportGrid, ...] = ()
    sample: Tensor | None = None

    def tell(what: str) -> None:
        if progress is not None:
            done = sum(each.images for each in scored)
            progress(Progress(done, max(count * len(scored), done), what))

    for batch in in_pairs(batches):
        if sample is None:
            sample = batch[:BATCH]
            grids = report_grids((sample.shape[1], sample.shape[2], sample.shape[3]), transforms)
            scored = [NetworkScores(known, names, [g.full for g in grids], sample, silence=True)]
            if baseline is not None:
                compared = [each.compared for each in grids]
                scored.append(NetworkScores(baseline, names, compared, sample, silence=True))
        for scores in scored:
            first = scores.images + 1
            tell(f"images {first} to {scores.images + len(batch)}, {scores.network.source}")
            scores.add(batch)
    assert sample is not None  # there are images, or in_pairs has said so
    tell("scores")
    results = tuple(_result(number, each, scored, rate) for number, each in enumerate(grids))
    grated = grated_layers(known, names) if gratings else ()
    oriented = []
    for shown in (known, baseline):
        tell(f"gratings, {shown.source}" if shown is not None else "equivariance")
        oriented.append(
            {} if shown is None else {layer: orientation_tuning(shown, layer) for layer in grated}
        )
    return InvarianceReport(
        network=known.source,
        random=known.weights.random,
        layers=names,
        transforms=results,
        pools=pooled_pairs(known, names),
        shapes={name: info.shape for name, info in infos.items()},
        silent=scored[0].silent,
        random_silent=scored[1].silent if baseline is not None else {},
        orientation=oriented[0],
        random_orientation=oriented[1],
        motion=_motion(known, names, sample, own=own),
        contrast=contrast_of_layers(known, names, sample),
        filters=brightness_of_filters(known, sample),
        share=share,
        rate=rate,
        images=scored[0].images,
        passes=scored[0].passes,
        random_passes=scored[1].passes if baseline is not None else 0,
        skipped=batches.skipped,
    )


def _randomized(network: Network) -> Network:
    """The same architecture, with the weights that ``@random`` stands for."""
    module = copy.deepcopy(network.module)
    return replace(network, module=module, weights=randomized(module, network.preprocessing))


def _result(
    number: int, grids: ReportGrid, scored: Sequence[NetworkScores], rate: float
) -> Invariance:
    trained, *random = scored
    (values,) = grids.compared.values
    few = bool(random) and values != grids.full.values[0]
    return trained.result(
        number,
        rate,
        compared=trained.result(number, rate, values) if few else None,
        baseline=random[0].result(number, rate) if random else None,
    )


def _motion(
    network: Network, names: Sequence[str], sample: Tensor, *, own: bool
) -> Equivariance | None:
    size = (sample.shape[2], sample.shape[3])
    if own:
        larger = size[0] + 2 * _MARGIN, size[1] + 2 * _MARGIN
        photos = network.images("all_photographs", larger)
        sample = torch.cat([photos[number] for number in range(BATCH)])
    if len(sample) < 2:
        return None
    return equivariance(
        network,
        names,
        "shift_x",
        images=sample,
        values=(1,),
        input_size=size,
        after_activation=True,
    )
