"""Search for channels of a layer that are transformed copies of each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from vizkit.activations import capture
from vizkit.errors import UsageError
from vizkit.images.sources import ImageSource
from vizkit.networks.given import Given, given_network
from vizkit.networks.network import Network
from vizkit.probing.families.cycle import cycle
from vizkit.probing.families.filters import filters, impulses, windows
from vizkit.probing.families.likeness import Joint, chance
from vizkit.probing.families.result import ChannelFamily, Families, Source
from vizkit.probing.families.stars import stars
from vizkit.probing.families.textures import COUNT, field_of, size_for, textures
from vizkit.probing.grid import Grid
from vizkit.probing.readout import Response, central_position
from vizkit.probing.responses import responses
from vizkit.progress import OnProgress
from vizkit.receptive_fields import LayerField
from vizkit.unit import Unit

_MARGIN = 1.5
"""Side of the images by that of the field: the disc that is turned covers the field's corners."""
_WIDEST = 15
"""Pixels of the widest random filters; wider ones would be less alike by chance."""
_ROUNDING = 1e-6
_TUNED = 0.1
"""Share of a response's variance that must come from the transform to tell an angle of it."""
_OFTEN = 8.0
"""Images that must carry the change of a response. Two channels that each answer to a single image
look alike wherever their answers are moved to."""


def families(
    network: Given,
    layer: str,
    transform: str = "rotation",
    *,
    images: ImageSource | None = None,
    values: Sequence[float] | None = None,
    source: Source = "responses",
    response: Response = "center",
    after_activation: bool = False,
    least: float = 0.7,
    alpha: float = 0.05,
    draws: int = 199,
    seed: int = 0,
    progress: OnProgress | None = None,
) -> Families:
    """Families of a layer: channels that are rotated, reflected, scaled or hue-shifted copies.

    A channel is a copy of another one if it answers to every transformed image as the other does
    to the same image transformed less. Two channels are linked if they are so alike, after the best
    of all steps, that the correlation is at least `least` and that no two channels of a layer
    without families are, but in a share `alpha` of draws; all pairs and steps count together.

    Parameters
    ----------
    network : a name, a network of `vizkit.load`, or a module.
    layer : name or alias.
    transform : ``"rotation"``, ``"reflection"`` (left and right; ``"reflection_y"`` top and
        bottom), ``"scale"`` or ``"hue"``.
    images : B C H W in [0, 1], the name of a set, a folder, or tensors; all are kept in memory. By
        default 64 of noise as fine as can be turned, larger than a unit's field. Smooth images
        make any two small filters alike, and fewer families certain.
    values : of the transform; once around for angles, equal factors for scale.
    source : ``"responses"`` to images, or ``"weights"`` of a first convolution, whose filters are
        turned with interpolation.
    response : as for `vizkit.tuning`.
    after_activation : responses after the ReLU that follows a layer; by default those before it,
        since silence says little. A layer with its ReLU inside of it has only those behind it.
    least : correlation from 0 to 1.
    draws : layers without families that are drawn; no p is below 1 / (draws + 1).
    seed : of everything drawn.
    progress : called with the number of images that are done.

    Raises
    ------
    LayerNotFoundError, NotFoundError : no such layer or transform.
    UsageError : images or values that cannot be meant, or weights that are no filters of images.

    Examples
    --------
    >>> families("lenet5@random", "c1", draws=19)
    <0 families by rotation among 6 channels of lenet5@random/c1, RANDOM WEIGHTS>
    """
    known = given_network(network)
    if source not in ("responses", "weights"):
        raise UsageError(f"source={source!r} is unknown.\n  Give 'responses' or 'weights'.")
    if not (0 < least <= 1 and 0 < alpha < 1 and draws >= 1 / alpha - 1):
        raise UsageError(
            f"least={least!r}, alpha={alpha!r} and draws={draws!r} allow no family.\n"
            "  Give numbers between 0 and 1, and 1 / alpha draws or more."
        )
    steps = cycle(transform, values)
    info = known.layer(layer)
    field = field_of(known, layer)
    kernels = filters(known, layer, field)
    if source == "weights" and kernels is None:
        raise UsageError(
            f"{info.public_name} of {known.name} is no first convolution: its weights are no "
            "filters of images.\n  Name one (such as conv1.conv), or leave source away to compare "
            "responses."
        )
    skipped: tuple[tuple[str, str], ...] = ()
    passes = 0
    smallest = min(steps.grid.values[0]) if steps.factors else 1.0
    size = size_for(known, field, _MARGIN / smallest)
    if source == "weights" and kernels is not None:
        shown = impulses(known.input_channels, size[0], kernels.shape[2])
        seen = windows(shown, steps.grid, kernels.shape[2])
        curves = seen @ kernels.flatten(1).T
    else:
        shown, skipped = _images(known, images, size, seed)
        units = _units(known, layer, field, shown[:1], response)
        (answers,) = responses(
            known,
            units,
            [steps.grid],
            shown,
            response=response,
            after_activation=after_activation,
            progress=progress,
        )
        curves, passes = answers.together.double(), answers.passes
        seen = _seen(shown, steps.grid, field)
    kinds = sort_out(curves)
    tuned = list(kinds.tuned)
    found: tuple[ChannelFamily, ...] = ()
    floor = float("nan")
    if len(tuned) > 1:
        kept = curves[:, :, tuned]
        joint = Joint.of(kept, steps.circle)
        by_chance = chance(kept, seen, steps.circle, draws, seed)
        best = joint.likeness.amax(0)
        p = by_chance.p(best)
        links = (best * ((best >= least) & (p <= alpha))).fill_diagonal_(0)
        members = [Unit(known.source, info, channel) for channel in tuned]
        drawn = None if source == "weights" else seed
        found = stars(kept, members, joint, links, p, least, steps, drawn)
        floor = by_chance.floor
    inside = {channel for family in found for channel in family.channels}
    return Families(
        network=known.source,
        layer=info.public_name,
        transform=transform,
        unit=steps.grid.transforms[0].unit,
        values=steps.grid.values[0],
        period=steps.period,
        source=source,
        found=found,
        channels=curves.shape[2],
        dead=kinds.dead,
        rare=kinds.rare,
        untuned=kinds.untuned,
        alone=tuple(channel for channel in tuned if channel not in inside),
        floor=floor,
        least=least,
        alpha=alpha,
        images=len(shown) if source == "responses" else 0,
        passes=passes,
        filters=kernels,
        random=known.weights.random,
        skipped=skipped,
    )


class Kinds(NamedTuple):
    """Channels by what their responses tell; each is in one of them."""

    dead: tuple[int, ...]
    rare: tuple[int, ...]
    untuned: tuple[int, ...]
    tuned: tuple[int, ...]


def sort_out(responses: Tensor) -> Kinds:
    """Kinds of the channels of `responses`, images x values x channels.

    Examples
    --------
    >>> curves = torch.eye(4, dtype=torch.float64)[None, :, :1].expand(9, 4, 1)
    >>> sort_out(torch.cat([curves, 0 * curves, 7 + 0 * curves], 2))
    Kinds(dead=(1, 2), rare=(), untuned=(), tuned=(0,))
    """
    known = torch.where(responses.isfinite().all(0).all(0), responses, 0.0)
    whole = (known - known.mean((0, 1))).square()
    change = (known - known.mean(1, keepdim=True)).square()
    rounding = (_ROUNDING * known.abs().amax((0, 1))).square()
    dead = whole.mean((0, 1)) <= rounding
    untuned = (change.mean((0, 1)) < _TUNED * whole.mean((0, 1))) | (
        change.mean((0, 1)) <= rounding
    )
    by_image = change.sum(1)
    carrying = by_image.sum(0).square() / by_image.square().sum(0).clamp(min=1e-300)
    rare = carrying < min(_OFTEN, 0.5 * len(responses))
    kinds = (dead, rare & ~untuned & ~dead, untuned & ~dead, ~(dead | rare | untuned))
    return Kinds(*(tuple(each.nonzero()[:, 0].tolist()) for each in kinds))


def _images(
    network: Network, images: ImageSource | None, size: tuple[int, int], seed: int
) -> tuple[Tensor, tuple[tuple[str, str], ...]]:
    if images is None:
        drawn = textures(network.input_channels, size, COUNT, seed)
        return drawn.to(network.device), ()
    batches = network.batches(images, COUNT)
    return torch.cat(list(batches)), batches.skipped


def _units(
    network: Network, layer: str, field: LayerField, image: Tensor, response: Response
) -> list[Unit]:
    """All channels; with the central place, which the field is asked for.

    The network need not have a field for images as small as these: only the layers up to this one
    are run.
    """
    acts = capture(network, layer)
    with torch.no_grad(), acts:
        network(image)
    maps = acts[layer]
    acts.clear()
    place = None
    if maps.ndim == 4 and response == "center":
        size = (image.shape[2], image.shape[3])
        place, _ = central_position(field, (maps.shape[2], maps.shape[3]), size)
    info = network.layer(layer)
    return [Unit(network.source, info, channel, place) for channel in range(maps.shape[1])]


def _seen(images: Tensor, grid: Grid, field: LayerField) -> Tensor:
    """What random filters see, as wide as the field where that is not too wide."""
    wide = min(size for size in (*images.shape[2:], *field.size, _WIDEST) if size is not None)
    return windows(images, grid, wide)
