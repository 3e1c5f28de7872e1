"""Equivariance of layers: f(g x) against g f(x), and what the difference is made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch

from vizkit.errors import UsageError
from vizkit.images.sources import ImageSource
from vizkit.networks.given import Given
from vizkit.networks.network import Network
from vizkit.probing.equivariance.correspondence import correspond
from vizkit.probing.equivariance.motion import Motion
from vizkit.probing.equivariance.result import Equivariance, LayerEquivariance
from vizkit.probing.equivariance.scenes import Scenes, network_for, scenes_of
from vizkit.probing.equivariance.tally import LayerTally
from vizkit.probing.equivariance.unit_grid import unit_grids
from vizkit.probing.passes import Passes, in_pairs, layer_names
from vizkit.progress import OnProgress, Progress
from vizkit.transforms import Transform
from vizkit.transforms import transform as find_transform

_BATCH = 4


def equivariance(
    network: Given,
    layers: str | Iterable[str] | None = None,
    transform: str | Transform = "translation",
    *,
    images: ImageSource = "photographs",
    values: Sequence[float] | None = None,
    input_size: tuple[int, int] | None = None,
    after_activation: bool = False,
    progress: OnProgress | None = None,
) -> Equivariance:
    """Error of equivariance of each layer, f(g x) against g f(x), split into its causes.

    The images are transformed as scenes that are larger than what the network sees, so that what
    comes in is more of the image. A layer's map is moved as the middles of its units' receptive
    fields are. Transforms that move no pixel, such as brightness, should change nothing: there the
    error is that of invariance.

    Parameters
    ----------
    network : a name, a network of `vizkit.load`, or a module.
    layers : names or aliases; by default the layers that the network shows.
    transform : name or instance of a transform. Crops are shifts here, because the scene
        is larger than what is seen.
    images : ``"photographs"``, ``"noise"``, a folder, or a tensor, B C H W in [0, 1]; two images or
        more, which are all kept in memory.
    values : of the transform's parameter; by default its own.
    input_size : (height, width) of what the network sees, in the middle of the images; by default
        the network's own. Images of just that size are filled with gray from outside, and units
        that see any of it are left out.
    after_activation : as for `vizkit.capture`.
    progress : called with the number of images that are done.

    Raises
    ------
    LayerNotFoundError, NotFoundError : no such layer or transform.
    UsageError : a value that is not allowed, or images that cannot be used.

    Examples
    --------
    >>> moved = equivariance("lenet5", "c1", "shift_x", images="noise", values=(0, 3))
    >>> moved
    <Equivariance of lenet5@digits to shift_x at 2 values, 1 layer, 8 images>
    >>> moved["c1"].split.total.tolist()
    [0.0, 0.0]
    """
    chosen = find_transform(transform)
    swept = tuple(chosen.values if values is None else map(float, values))
    if not swept:
        raise UsageError(f"no values of {chosen.name} were given.\n  Give one or more.")
    known = network_for(network, images, input_size)
    names = layer_names(known, layers)
    scenes = scenes_of(known, images, input_size, room=chosen.moves)
    for value in swept:
        chosen.check(value, tuple(scenes.images.shape[1:]))
    motions = [Motion.of(chosen, value, scenes.size) for value in swept]
    still = Motion.of(chosen, chosen.identity, scenes.size)
    errors, passes = measure(known, names, scenes, still, motions, after_activation, progress)
    return Equivariance(
        known.source,
        known.weights.random,
        chosen.name,
        chosen.unit,
        swept,
        errors,
        floor=tuple(chosen.floor(scenes.images, value) for value in swept),
        images=len(scenes.images),
        passes=passes,
        skipped=scenes.skipped,
        identity=chosen.identity,
    )


def measure(
    network: Network,
    names: Sequence[str],
    scenes: Scenes,
    still: Motion,
    motions: Sequence[Motion],
    after_activation: bool = False,
    progress: OnProgress | None = None,
) -> tuple[dict[str, LayerEquivariance], int]:
    """Equivariance of the layers for each motion, and how many images went through the network."""
    passes = Passes(network, names, after_activation=after_activation)
    grids = unit_grids(network, names, scenes.window)
    plans = [
        {name: correspond(grid, scenes, still, motion) for name, grid in grids.items()}
        for motion in motions
    ]
    tallies = {name: LayerTally(grids[name], len(motions)) for name in names}
    done = 0
    for batch in in_pairs(torch.split(scenes.images, _BATCH), "errors"):
        before = passes.outputs(scenes.seen(still.apply(batch)))
        for number, (motion, plan) in enumerate(zip(motions, plans, strict=True)):
            transformed = motion.apply(batch)
            nudges = {(0, 0)} | {each.nudge for each in plan.values() if each and each.nudge}
            for nudge in sorted(nudges, key=lambda each: (each != (0, 0), each)):
                after = passes.outputs(scenes.seen(transformed, *nudge))
                for name in names:
                    tallies[name].add(number, plan[name], nudge, before[name], after[name])
        done += len(batch)
        if progress is not None:
            progress(Progress(done, len(scenes.images), f"{network.source} equivariance"))
    by_layer = {name: tallies[name].result(name, [plan[name] for plan in plans]) for name in names}
    return by_layer, passes.count
