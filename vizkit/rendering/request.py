"""`render`: from a network and what to show of it to pictures, in the order asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

from vizkit.errors import UsageError
from vizkit.networks.given import Given, given_network, given_units
from vizkit.networks.units import Units
from vizkit.rendering.expression import is_objective, parse_objective
from vizkit.rendering.loop import OnStep, part
from vizkit.rendering.objective import Objective
from vizkit.rendering.plan import Block, Size, plan_objective, plan_units
from vizkit.rendering.recipe import Recipe
from vizkit.rendering.result import Render, Renders, UnitsFailedError


def render(
    network: Given | Units,
    what: Units | Objective | None = None,
    *,
    steps: int | None = None,
    recipe: Recipe | None = None,
    seed: int = 0,
    size: Size | None = None,
    neuron: bool = False,
    negative: bool = False,
    count: int = 1,
    block_size: int | None = None,
    progress: OnStep | None = None,
) -> Renders:
    """Pictures that units like best, in the order asked.

    Parameters
    ----------
    network : name, network or module; or, without `what`, one or several whole addresses:
        ``render("googlenet@distilled/inception4c:0-15")``.
    what : units, ``"conv4_3:0-7"``, one picture each; or one objective, as text,
        ``"conv4_3:12 + 0.5*conv4_3:40 - 0.1*tv"``, or made of `vizkit.rendering.parse_objective`
        and arithmetic. ``"-conv4_3:12"`` is what a unit likes least.
    steps : optimization steps, in place of the recipe's.
    recipe : hyperparameters; the default suits trained networks.
    seed : whole number; the same seed gives the same picture on the same machine.
    size : side, or (height, width), of the canvas in pixels; by default what the layer sees and
        a margin.
    neuron : paint the neuron in the middle of the image where a unit has no position.
    negative : show what units like least; a picture's address then begins with a minus, and its
        responses are those of the negative: of a unit with a ReLU before it.
    count : pictures of one objective or unit, painted together from different starts; with
        ``diversity`` among its terms they are made to differ.
    block_size : units rendered together: 1, 4, 8, 16, 32, 64 or 128; by default 1 to 16, as the
        layer has units.
    progress : called after each step with a `vizkit.rendering.Step`; `vizkit.ProgressBar` shows
        them.

    Returns
    -------
    Renders : one `Render` per picture. A unit that stays silent is a result with ``dead=True``.

    Raises
    ------
    AddressError, NotFoundError, UsageError : before any work.
    UnitsFailedError : after all work: a response or a picture is not finite, or the memory is too
        small for some units. The pictures of the others are in its `finished`.

    Examples
    --------
    >>> import vizkit
    >>> pictures = vizkit.render("lenet5@random", "c3:0-3", steps=2)
    >>> len(pictures), pictures[0].address
    (4, 'lenet5@random/c3:0')
    >>> [each.address for each in vizkit.render("lenet5", "c3:1 - 0.1*tv", steps=2)]
    ['lenet5@digits/c3:1 - 0.1*tv']
    """
    recipe = recipe or Recipe()
    if steps is not None:
        recipe = replace(recipe, steps=steps)
    blocks = plan(
        network,
        what,
        recipe=recipe,
        seed=seed,
        size=size,
        neuron=neuron,
        negative=negative,
        count=count,
        block_size=block_size,
    )
    pictures = dict(stream(blocks, progress))
    renders = Renders([pictures[place] for place in sorted(pictures)])
    if any(render.error for render in renders):
        raise UnitsFailedError(renders)
    return renders


def plan(
    network: Given | Units,
    what: Units | Objective | None = None,
    *,
    recipe: Recipe | None = None,
    seed: int = 0,
    size: Size | None = None,
    neuron: bool = False,
    negative: bool = False,
    count: int = 1,
    block_size: int | None = None,
) -> list[Block]:
    """Blocks of pictures, with the parameters of `render`; all mistakes are found here.

    Raises
    ------
    AddressError, NotFoundError, UsageError : there is no such network, unit or objective; numbers
        that cannot be used.
    DeviceError, RenderError : as `Renderer`.
    """
    several = count != 1
    if isinstance(what, Objective) or (isinstance(what, str) and (several or is_objective(what))):
        if neuron or negative or block_size is not None:
            raise UsageError(
                "neuron, negative and block_size go with units, and "
                f"{str(what)!r} is one objective.\n  Leave them out; position and sign stand in "
                "its text: '-conv4_3:12@7,7'."
            )
        net = given_network(cast(Given, network))
        objective = parse_objective(what, net) if isinstance(what, str) else what
        return plan_objective(net, objective, count=count, recipe=recipe, seed=seed, size=size)
    if several:
        raise UsageError(
            f"count={count} goes with one objective or unit.\n"
            "  Write vizkit.render(network, 'conv4_3:12', count=4)."
        )
    return plan_units(
        given_units(network, what),
        neuron=neuron,
        negative=negative,
        recipe=recipe,
        seed=seed,
        size=size,
        block_size=block_size,
    )


def stream(blocks: Sequence[Block], progress: OnStep | None = None) -> Iterator[tuple[int, Render]]:
    """Pictures as their blocks are done, each with its place among all that were asked for.

    Whoever saves them one by one loses nothing when the work is cut off.

    Parameters
    ----------
    blocks : from `plan`.
    progress : as of `render`.

    Examples
    --------
    >>> blocks = plan("lenet5@random", ["c3:0", "c1:0-1"], recipe=Recipe(steps=1))
    >>> [(place, picture.unit.name) for place, picture in stream(blocks)]
    [(0, 'c3:0'), (1, 'c1:0'), (2, 'c1:1')]
    """
    pictures = sum(len(block.places) for block in blocks)
    done = 0
    for block in blocks:
        count = len(block.places)
        renders = block.render(part(progress, done, count, pictures))
        yield from zip(block.places, renders, strict=True)
        done += count
