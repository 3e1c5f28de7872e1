"""Responses to gratings of every orientation, drawn to fit what a layer's units see."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from vizkit.activations import capture
from vizkit.errors import VizkitError
from vizkit.gallery.invariance.probes import (
    FREQUENCIES,
    ORIENTATIONS,
    PHASES,
    SHORTEST_WAVE,
    WIDEST_FIELD,
)
from vizkit.networks.network import Network
from vizkit.probing.curve_shape import circular_variance
from vizkit.probing.families.textures import size_for
from vizkit.probing.readout import central_position
from vizkit.receptive_fields import LayerField
from vizkit.receptive_fields.calculate import fields_or_none
from vizkit.stimuli import stimulus
from vizkit.transforms.transform import GRAY

_FILTERS = 400
_LEVEL = 0.05


@dataclass(frozen=True, eq=False, slots=True)
class Gratings:
    """Responses of units in the middle of images that are as large as what they see.

    Attributes
    ----------
    size : (height, width) of the images; the grating fills their inscribed disc.
    waves : lengths of the waves in pixels.
    floor : circular variance that one in twenty filters of random weights, as large as the images
        and with a ReLU behind them, stays below.
    responses : by layer, waves x phases x orientations x channels.
    """

    size: tuple[int, int]
    waves: tuple[float, ...]
    floor: float
    responses: dict[str, Tensor] = field(default_factory=dict)


def grating_sizes(network: Network, layers: Iterable[str]) -> dict[str, tuple[int, int] | str]:
    """By layer, (height, width) of the images to show; or in words why it is shown none."""
    fields = fields_or_none(network)
    sizes: dict[str, tuple[int, int] | str] = {}
    for name in layers:
        info = network.layer(name)
        if not info.spatial:
            sizes[name] = "the layer has no rows and columns"
        elif fields is None:
            sizes[name] = "what one unit sees could not be calculated"
        else:
            sizes[name] = _size(network, fields.layer(info.name))
    return sizes


def show_gratings(
    network: Network, size: tuple[int, int], layers: Iterable[str], follow: Callable[[], None]
) -> Gratings:
    """Responses of `layers` to gratings in images of `size`; called back after every pass.

    The central unit's field lies within the image, so that no padding reaches it and it answers
    as it would in the middle of a large image.

    Raises
    ------
    VizkitError, RuntimeError : the network does not take images of this size.
    """
    names = list(layers)
    fields = fields_or_none(network)
    assert fields is not None
    acts = capture(network, names, after_activation=True)
    diameter = min(size)
    cycles = [each for each in FREQUENCIES if diameter / each >= SHORTEST_WAVE]
    rows: dict[str, list[Tensor]] = {name: [] for name in names}
    generator = torch.Generator().manual_seed(0)
    weights = torch.randn(size[0] * size[1], _FILTERS, generator=generator)
    by_chance = torch.zeros(len(ORIENTATIONS), _FILTERS)
    for frequency in cycles:
        for phase in PHASES:
            shown = stimulus("grating").draw(
                size,
                channels=network.input_channels,
                device=network.device,
                orientation=ORIENTATIONS,
                frequency=frequency,
                phase=phase,
            )
            with torch.no_grad(), acts:
                network(shown)
            for name in names:
                maps = acts[name]
                place, _ = central_position(
                    fields.layer(network.layer(name).name), (maps.shape[2], maps.shape[3]), size
                )
                rows[name].append(maps[:, :, place[0], place[1]].float().cpu())
            acts.clear()
            by_chance += ((shown[:, 0].flatten(1).cpu() - GRAY) @ weights).relu()
            follow()
    shape = (len(cycles), len(PHASES), len(ORIENTATIONS), -1)
    return Gratings(
        size,
        tuple(diameter / each for each in cycles),
        float(circular_variance(by_chance.T).quantile(_LEVEL)),
        {name: torch.stack(own).view(shape) for name, own in rows.items()},
    )


def shown_by_size(
    network: Network, layers: Iterable[str], follow: Callable[[], None]
) -> dict[str, Gratings | str]:
    """Gratings by layer, or why there are none; layers with images of one size share the passes."""
    sizes = grating_sizes(network, layers)
    found: dict[str, Gratings | str] = {n: s for n, s in sizes.items() if isinstance(s, str)}
    for size in dict.fromkeys(each for each in sizes.values() if not isinstance(each, str)):
        own = [name for name, each in sizes.items() if each == size]
        try:
            found |= dict.fromkeys(own, show_gratings(network, size, own, follow))
        except (VizkitError, RuntimeError):
            found |= dict.fromkeys(
                own, "the network takes no images as small as {} × {}".format(*size)
            )
    return found


def _size(network: Network, seen: LayerField) -> tuple[int, int] | str:
    height, width = seen.size
    if height is None or width is None or None in seen.center:
        return "every unit sees the whole image"
    if max(height, width) > WIDEST_FIELD * min(network.input_size):
        return f"one unit sees {height} × {width} pixels, which is more than half of the image"
    return size_for(network, seen, 1.0)
