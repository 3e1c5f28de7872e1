"""Tuning to the orientation of gratings, layer by layer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vizkit.activations import capture
from vizkit.errors import UsageError
from vizkit.networks.network import Network
from vizkit.probing.curve_shape import circular_variance, width
from vizkit.probing.readout import central_position
from vizkit.probing.report.layers import is_pool
from vizkit.probing.resampling import interval, resampled_weights
from vizkit.probing.scores.bootstrap import Estimate, wilson
from vizkit.receptive_fields import LayerField, receptive_field
from vizkit.stimuli import stimulus

LAYERS = 6
"""Most layers that gratings are shown to."""
ORIENTATIONS = tuple(15.0 * step for step in range(12))
_PHASES = tuple(60.0 * step for step in range(6))
_CYCLES = (2.0, 4.0, 8.0)
"""Waves across the disc, as far as a wave has four pixels."""
_SMALLEST = 12.0
"""Diameter of the disc in pixels for fields that are smaller; a wave needs room."""
_LARGEST = 0.5
"""Fields of more than this share of the image's side are left out."""
_FILTERS = 400
_CHANCE = 0.05
_BATCH = 24
_PERIOD = 180.0


@dataclass(frozen=True, eq=False)
class OrientationTuning:
    """Tuning of the channels of one layer to the orientation of gratings in their field.

    Each channel at the frequency that it likes best; its curve is the mean over the phases. Chance
    is filters of noise, as large as the field, that are shown the same gratings: one in twenty of
    them is tuned more sharply than `floor`. A small filter cannot be tuned sharply, whatever it is.

    Attributes
    ----------
    layer : as it was asked for.
    diameter : of the disc that the gratings fill, in pixels.
    cycles : waves across the disc that were tried.
    floor : circular variance that a channel must be below to be tuned above chance.
    tuned : share of the channels tuned above chance, with Wilson's interval.
    variance : median circular variance over 180 degrees of the channels that respond: 0 if a single
        orientation drives a channel, 1 if all do alike; interval over channels.
    width : median full width at half height of the tuned channels in degrees; NaN for none.
    variances : of each channel; NaN for one that no grating drives.
    passes : gratings that went through the network.
    """

    layer: str
    diameter: float
    cycles: tuple[float, ...]
    floor: float
    tuned: Estimate
    variance: Estimate
    width: Estimate
    variances: Tensor
    passes: int


def grated_layers(network: Network, layers: Sequence[str]) -> tuple[str, ...]:
    """Those of `layers` that gratings are shown to, at most `LAYERS`, spread over the depth.

    Units of these see at most half of the image's side, so that a disc in the middle of it holds
    what they see; pools are left out, since they repeat the layer before them.
    """
    fields = receptive_field(network, network.input_size)
    most = _LARGEST * min(network.input_size)
    small = [
        name
        for name in layers
        if not is_pool(network.layer(name))
        and _diameter(fields.layer(network.layer(name).name)) <= most
    ]
    if len(small) <= LAYERS:
        return tuple(small)
    return tuple(small[round(i * (len(small) - 1) / (LAYERS - 1))] for i in range(LAYERS))


def orientation_tuning(network: Network, layer: str) -> OrientationTuning:
    """Tuning of all channels of `layer`, at the unit in the middle, to gratings in its field.

    The network sees an image just larger than the field, where it takes one.

    Raises
    ------
    UsageError : units of `layer` see everything.
    """
    own = network.layer(layer).name
    diameter = _diameter(receptive_field(network, network.input_size).layer(own))
    if math.isinf(diameter):
        raise UsageError(
            f"units of {layer} have no receptive field that a grating could fill.\n"
            "  Name a layer further in front."
        )
    size = _canvas(network, diameter)
    field = receptive_field(network, size).layer(own)
    place, offset = central_position(field, (field.shape[1], field.shape[2]), size)
    center = [(side - 1) / 2 + step for side, step in zip(size, offset or (0, 0), strict=True)]
    shown = _Gratings(size, (center[0], center[1]), diameter)
    acts = capture(network, layer, after_activation=True)
    responses, noise = [], []
    for images in shown.batches(network):
        with torch.no_grad(), acts:
            network(images)
        responses.append(acts[layer][:, :, place[0], place[1]].double().cpu())
        noise.append(shown.by_noise(images))
        acts.clear()
    curves = _curves(torch.cat(responses), len(shown.cycles))
    by_chance = circular_variance(_curves(torch.cat(noise), len(shown.cycles)))
    floor = float(by_chance.quantile(_CHANCE))
    variances = circular_variance(curves)
    tuned = variances < floor
    places = torch.tensor(ORIENTATIONS, dtype=torch.float64)
    return OrientationTuning(
        layer,
        shown.diameter,
        shown.cycles,
        floor,
        wilson(int(tuned.sum()), len(tuned)),
        _median(variances),
        _median(width(curves, places, _PERIOD)[tuned]),
        variances,
        sum(map(len, responses)),
    )


class _Gratings:
    """Gratings in the field of one unit: all frequencies x phases x orientations.

    Attributes
    ----------
    diameter : of the disc in pixels.
    cycles : waves across it.
    """

    def __init__(self, size: tuple[int, int], center: tuple[float, float], field: float) -> None:
        self.diameter = max(field, _SMALLEST)
        self.cycles = tuple(dict.fromkeys(min(each, self.diameter / 4) for each in _CYCLES))
        self._size, self._center = size, center
        sides = [
            slice(max(0, round(middle - (field - 1) / 2)), round(middle + (field + 1) / 2))
            for middle in center
        ]
        self._rows, self._columns = sides
        self._noise: Tensor | None = None

    def batches(self, network: Network) -> Iterator[Tensor]:
        """All of them, as images for `network`."""
        every = (torch.tensor(each) for each in (self.cycles, _PHASES, ORIENTATIONS))
        waves, phases, angles = (m.flatten() for m in torch.meshgrid(*every, indexing="ij"))
        for part in torch.split(torch.arange(len(waves)), _BATCH):
            yield stimulus("grating").draw(
                self._size,
                self._center,
                diameter=self.diameter,
                channels=network.input_channels,
                device=network.device,
                frequency=waves[part],
                phase=phases[part],
                orientation=angles[part],
            )

    def by_noise(self, images: Tensor) -> Tensor:
        """Responses of filters of noise in place of the unit, B x filters, float64."""
        seen = images[:, 0, self._rows, self._columns].flatten(1).double().cpu() - 0.5
        if self._noise is None:
            generator = torch.Generator().manual_seed(0)
            self._noise = torch.randn(
                seen.shape[1], _FILTERS, generator=generator, dtype=torch.float64
            )
        return seen @ self._noise


def _curves(responses: Tensor, frequencies: int) -> Tensor:
    """Units x orientations, from responses to all gratings x units."""
    by = responses.clamp(min=0).view(frequencies, len(_PHASES), len(ORIENTATIONS), -1).mean(1)
    best = by.amax(1).argmax(0)
    return by.permute(2, 0, 1)[torch.arange(len(best)), best]


def _median(values: Tensor) -> Estimate:
    known = values[values.isfinite()]
    if not len(known):
        return Estimate(math.nan, math.nan, math.nan)
    chosen = resampled_weights(len(known)).long()
    draws = torch.stack([known.repeat_interleave(count).quantile(0.5) for count in chosen])
    low, high = interval(draws, len(known))
    return Estimate(float(known.quantile(0.5)), float(low), float(high))


def _diameter(field: LayerField) -> float:
    sizes = [size for size in field.size if size is not None]
    placed = len(sizes) == 2 and all(field.stride) and field.map_axes == (1, 2, 3)
    return float(max(sizes)) if placed and field.status != "whole" else math.inf


def _canvas(network: Network, diameter: float) -> tuple[int, int]:
    """The smallest multiple of 32 with room for the field, and never more than the usual size."""
    side = 32 * math.ceil(1.25 * max(diameter, _SMALLEST) / 32)
    height, width = network.input_size
    return (min(side, height), min(side, width))
