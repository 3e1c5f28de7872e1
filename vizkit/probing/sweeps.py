"""Sweeps of images: one forward pass per image and value serves all layers and units."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, product

import torch
from torch import Tensor

from vizkit.activations import capture
from vizkit.images.gray import GRAY
from vizkit.images.sources import ImageSource
from vizkit.networks.network import Network
from vizkit.probing.grid import Grid, Point
from vizkit.probing.readout import Readouts, Response, UnitPlace
from vizkit.probing.responses import Pass, Responses, passes_of

Layers = Iterable[str] | Mapping[str, Sequence[UnitPlace] | None]
"""Names or aliases of layers; as a mapping, with the units of each, None for all channels."""

Follow = Callable[[int], None]
"""Called with the number of images that are done."""

_BATCH = {"cpu": 4, "cuda": 32}
"""Images in one pass; VGG16 keeps 55 MB per image when all its convolutions are asked for."""
_FLOOR_IMAGES = 4


@dataclass(frozen=True, eq=False)
class Task:
    """A grid, and the layers whose units are read at its points.

    Attributes
    ----------
    grays : its families draw what is seen, on so many gray images that are passed through them; the
        images of the stream, as they are, are what its responses are compared with. 0 where the
        images of the stream are passed.
    """

    grid: Grid
    layers: tuple[str, ...]
    grays: int = 0


def sweep(
    network: Network,
    layers: Layers,
    images: ImageSource,
    grid: Grid,
    *,
    response: Response = "center",
    raw: bool = False,
    reference: ImageSource | None = None,
    follow: Follow | None = None,
) -> Responses:
    """Responses of units of any number of layers to `images` at every point of `grid`.

    Parameters
    ----------
    layers : names or aliases, or a mapping from them to units.
    images : B C H W in [0, 1], the name of a set, a folder, or an iterable of tensors, of which no
        more than a batch is kept.
    response : for units without a position: ``"center"`` reads the one unit whose receptive field
        is nearest to the middle of the image, about which the families turn and scale; ``"mean"``
        and ``"max"`` read the whole map.
    raw : responses before the ReLU that follows a layer; by default after it.
    reference : images whose responses, as they are, stand for `untransformed`; by default `images`
        at the identity.

    Raises
    ------
    LayerNotFoundError, UnitNotFoundError : there is no such layer or unit.
    UsageError : images that the network cannot take, or values that they cannot bear.

    Examples
    --------
    >>> import vizkit
    >>> from vizkit.probing.grid import grid
    >>> found = sweep(vizkit.load("lenet5"), ["c1", "c3"], "noise", grid("rotation", (0, 90)))
    >>> found.by_layer["c3"].shape, found.passes
    (torch.Size([8, 2, 16]), 16)
    """
    units = dict(layers) if isinstance(layers, Mapping) else dict.fromkeys(layers)
    task = Task(grid, tuple(units))
    (found,) = run_tasks(
        network,
        units,
        lambda _: (task,),
        images,
        response=response,
        raw=raw,
        reference=reference,
        follow=follow,
    )
    return found


def run_tasks(
    network: Network,
    units: Mapping[str, Sequence[UnitPlace] | None],
    tasks: Callable[[tuple[int, int]], Sequence[Task]],
    images: ImageSource,
    *,
    response: Response = "center",
    raw: bool = False,
    reference: ImageSource | None = None,
    follow: Follow | None = None,
) -> list[Responses]:
    """Responses of `units` for each of several tasks; every image is read, and decoded, once.

    Parameters
    ----------
    tasks : from (height, width) of the images, which is known with the first of them.
    images, response, raw, reference, follow : as for `sweep`. The passes of a reference that
        several tasks share are counted with the first of these.
    """
    # Mistakes in names come before the first image is read.
    acts = {tuple(units): capture(network, list(units), after_activation=not raw)}
    batches = network.batches(images, _batch_size(network))
    head = next(batches)
    readouts = Readouts(network, dict(units), response, (head.shape[2], head.shape[3]))
    asked = tasks((head.shape[2], head.shape[3]))
    gray = torch.full_like(head[:1], GRAY)
    for task in asked:
        task.grid.check(tuple(head.shape[1:]))
        if task.layers not in acts:
            acts[task.layers] = capture(network, list(task.layers), after_activation=not raw)

    def run(each: _Taken, batches: Iterable[Tensor]) -> None:
        on = acts[each.task.layers]
        each.add_all(passes_of(network, on, batches, each.task.grid, each.points), readouts)

    taken = [_Taken(task, own=reference is None and not task.grays) for task in asked]
    for each in taken:
        if each.task.grays:
            run(each, [gray.expand(each.task.grays, -1, -1, -1)])
    plain = _Taken(Task(Grid((), ()), tuple(units)), own=False)
    compared = reference is None and any(task.grays > 0 for task in asked)
    done = 0
    for batch in chain((head,), batches):
        for each in taken:
            if not each.task.grays:
                run(each, [batch])
        if compared:
            run(plain, [batch])
        done += len(batch)
        if follow is not None:
            follow(done)
    if reference is not None:
        run(plain, network.batches(reference, _batch_size(network)))
    uncounted = plain.passes
    found = []
    for each in taken:
        compares = reference is not None or each.task.grays > 0
        found.append(
            each.responses(
                readouts,
                plain if compares else each,
                head[:_FLOOR_IMAGES],
                passes=each.passes + (uncounted if compares else 0),
                raw=raw,
                skipped=batches.skipped,
            )
        )
        uncounted = 0 if compares else uncounted
    return found


class _Taken:
    """Responses read from the passes of a task, by layer and point; `own` adds the identity."""

    def __init__(self, task: Task, *, own: bool) -> None:
        self.task = task
        self.passes = 0
        grid = task.grid
        missing = own and grid.identity not in grid.points
        self.points = (*grid.points, grid.identity) if missing else grid.points
        self._parts: dict[tuple[str, Point], list[Tensor]] = {
            (layer, point): [] for layer, point in product(task.layers, self.points)
        }

    def add_all(self, passes: Iterable[Pass], readouts: Readouts) -> None:
        for each in passes:
            self.passes += len(each.images)
            for layer, maps in each.maps.items():
                self._parts[layer, each.point].append(readouts.of(layer, maps)(maps))

    def at(self, layer: str, point: Point) -> Tensor:
        return torch.cat(self._parts[layer, point])

    def responses(
        self,
        readouts: Readouts,
        plain: _Taken,
        sample: Tensor,
        *,
        passes: int,
        raw: bool,
        skipped: tuple[tuple[str, str], ...],
    ) -> Responses:
        """What was read; `plain` has the responses to compare with."""
        grid, layers = self.task.grid, self.task.layers
        still = plain.task.grid.identity
        return Responses(
            grid=grid,
            by_layer={
                layer: torch.stack([self.at(layer, point) for point in grid.points], 1)
                for layer in layers
            },
            untransformed={layer: plain.at(layer, still) for layer in layers},
            readouts={layer: readouts.by_layer[layer] for layer in layers},
            images=self.passes // len(self.points),
            passes=passes,
            raw=raw,
            floor=tuple(grid.floor(sample, point) for point in grid.points),
            skipped=skipped,
        )


def _batch_size(network: Network) -> int:
    return _BATCH.get(network.device.type, 32)
