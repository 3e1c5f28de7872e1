"""Tuning to the orientation of gratings: the one measurement, for reports and pages."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vizkit.errors import UsageError
from vizkit.networks.network import Network
from vizkit.probing.families.textures import size_for
from vizkit.probing.invariance.report.layers import is_pool
from vizkit.probing.passes import Passes
from vizkit.probing.readout import central_position
from vizkit.probing.tuning.shape import circular_variance, width
from vizkit.probing.uncertainty import (
    LEVEL,
    NOTHING,
    Estimate,
    interval,
    resampled_weights,
    wilson,
)
from vizkit.receptive_fields import LayerField
from vizkit.receptive_fields.calculate import fields_or_none
from vizkit.stimuli import stimulus

LAYERS = 6
"""Most layers that gratings are shown to in a report."""
ORIENTATIONS = tuple(15.0 * step for step in range(12))
PHASES = tuple(60.0 * step for step in range(6))
"""Of a half-wave, what a simple cell answers, four phases take the fourth harmonic for the mean, an
eighth of it; six take the sixth, a twentieth."""
CYCLES = (2.0, 4.0, 8.0)
"""Waves across the disc, as far as a wave has four pixels."""
_SMALLEST = 12.0
"""Diameter of the disc in pixels for fields that are smaller; a wave needs room."""
WIDEST_FIELD = 0.5
"""Fields of more than this share of the image's shorter side are left out."""
_FILTERS = 400
_BATCH = 24
_PERIOD = 180.0

Size = tuple[int, int]


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
    waves : length of the waves that each channel likes best, in pixels.
    responses : of each channel to these, channels x phases x `ORIENTATIONS`; below zero counts as
        silence.
    size : (height, width) of the images.
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
    waves: Tensor
    responses: Tensor
    size: Size
    passes: int


def no_gratings(network: Network, layer: str) -> str:
    """Why `layer` is shown no gratings, in words; empty where it is.

    Examples
    --------
    >>> import vizkit
    >>> no_gratings(vizkit.load("lenet5"), "c1"), no_gratings(vizkit.load("lenet5"), "f6")
    ('', 'the layer has no rows and columns')
    """
    info, fields = network.layer(layer), fields_or_none(network)
    if not info.spatial:
        return "the layer has no rows and columns"
    if fields is None:
        return "what one unit sees could not be calculated"
    field = fields.layer(info.name)
    diameter = _diameter(field)
    if math.isinf(diameter):
        return "every unit sees the whole image"
    if diameter > WIDEST_FIELD * min(network.input_size):
        height, width = field.size
        return f"one unit sees {height} × {width} pixels, which is more than half of the image"
    return ""


def grated_layers(network: Network, layers: Sequence[str]) -> tuple[str, ...]:
    """Those of `layers` that a report shows gratings to, at most `LAYERS`, spread over the depth.

    Units of these see at most half of the image's side; pools are left out, since they repeat the
    layer before them.
    """
    small = [
        name
        for name in layers
        if not is_pool(network.layer(name)) and not no_gratings(network, name)
    ]
    if len(small) <= LAYERS:
        return tuple(small)
    return tuple(small[round(i * (len(small) - 1) / (LAYERS - 1))] for i in range(LAYERS))


def orientation_tuning(network: Network, layer: str) -> OrientationTuning:
    """Tuning of all channels of `layer`, at the unit in the middle, to gratings in its field.

    The network sees an image just larger than the field, so that no padding reaches the unit.

    Raises
    ------
    UsageError : units of `layer` see everything.
    VizkitError, RuntimeError : the network takes no images as small as that.
    """
    fields = fields_or_none(network)
    field = None if fields is None else fields.layer(network.layer(layer).name)
    diameter = math.inf if field is None else _diameter(field)
    if field is None or math.isinf(diameter):
        raise UsageError(
            f"units of {layer} have no receptive field that a grating could fill.\n"
            "  Name a layer further in front."
        )
    size = size_for(network, field, 1.0)
    passes = Passes(network, [layer])
    blank = torch.full((1, network.input_channels, *size), 0.5, device=network.device)
    height, across = passes.outputs(blank)[layer].shape[2:]
    place, offset = central_position(field, (height, across), size)
    center = [(side - 1) / 2 + step for side, step in zip(size, offset or (0, 0), strict=True)]
    shown = _Gratings(size, (center[0], center[1]), diameter)
    answers, noise = [], []
    for images in shown.batches(network):
        maps = passes.outputs(images)[layer]
        answers.append(maps[:, :, place[0], place[1]].double().cpu())
        noise.append(shown.by_noise(images))
    liked, best = _at_best_frequency(torch.cat(answers), len(shown.cycles))
    by_chance, _ = _at_best_frequency(torch.cat(noise), len(shown.cycles))
    floor = float(circular_variance(_curves(by_chance)).quantile(1 - LEVEL))
    curves = _curves(liked)
    variances = circular_variance(curves)
    tuned = variances < floor
    places = torch.tensor(ORIENTATIONS, dtype=torch.float64)
    return OrientationTuning(
        layer=layer,
        diameter=shown.diameter,
        cycles=shown.cycles,
        floor=floor,
        tuned=wilson(int(tuned.sum()), len(tuned)),
        variance=_median(variances),
        width=_median(width(curves, places, _PERIOD)[tuned]),
        variances=variances,
        waves=shown.diameter / torch.tensor(shown.cycles)[best],
        responses=liked,
        size=size,
        passes=sum(map(len, answers)),
    )


class _Gratings:
    """Gratings in the field of one unit: all frequencies x phases x orientations.

    Attributes
    ----------
    diameter : of the disc in pixels.
    cycles : waves across it.
    """

    def __init__(self, size: Size, center: tuple[float, float], field: float) -> None:
        self.diameter = max(field, _SMALLEST)
        self.cycles = tuple(dict.fromkeys(min(cycles, self.diameter / 4) for cycles in CYCLES))
        self._size, self._center = size, center
        sides = [
            slice(max(0, round(middle - (field - 1) / 2)), round(middle + (field + 1) / 2))
            for middle in center
        ]
        self._rows, self._columns = sides
        self._noise: Tensor | None = None

    def batches(self, network: Network) -> Iterator[Tensor]:
        """All of them, as images for `network`."""
        axes = map(torch.tensor, (self.cycles, PHASES, ORIENTATIONS))
        waves, phases, angles = (m.flatten() for m in torch.meshgrid(*axes, indexing="ij"))
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


def _curves(responses: Tensor) -> Tensor:
    """Units x orientations: what is above zero, mean over the phases."""
    return responses.clamp(min=0).mean(1)


def _at_best_frequency(responses: Tensor, frequencies: int) -> tuple[Tensor, Tensor]:
    """Units x phases x orientations, and which frequency, of responses to gratings x units."""
    by = responses.view(frequencies, len(PHASES), len(ORIENTATIONS), -1)
    best = by.clamp(min=0).mean(1).amax(1).argmax(0)
    return by.permute(3, 0, 1, 2)[torch.arange(len(best)), best], best


def _median(values: Tensor) -> Estimate:
    known = values[values.isfinite()]
    if not len(known):
        return NOTHING
    chosen = resampled_weights(len(known)).long()
    draws = torch.stack([known.repeat_interleave(count).quantile(0.5) for count in chosen])
    low, high = interval(draws, len(known))
    return Estimate(float(known.quantile(0.5)), float(low), float(high))


def _diameter(field: LayerField) -> float:
    sizes = [size for size in field.size if size is not None]
    placed = len(sizes) == 2 and all(field.stride) and field.map_axes == (1, 2, 3)
    return float(max(sizes)) if placed and field.status != "whole" else math.inf
