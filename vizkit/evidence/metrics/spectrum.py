"""The spectrum of a picture's luminance: how steep, how natural, how fine, how slanted."""

from __future__ import annotations

import torch
from torch import Tensor

from vizkit.evidence.metric import Metric
from vizkit.evidence.subject import Subject
from vizkit.images.luminance import REC_709

HIGH = 0.2
"""Cycles per pixel above which nobody sees a shape in a picture."""
_BANDS = 12
"""Rings between two cycles per picture and half a cycle per pixel, equally wide in logarithm."""


def spectrum(subject: Subject) -> dict[str, Tensor]:
    """Slope, distance to natural crops, share above 0.2 cycles per pixel, cardinal bias."""
    powers = power(subject.pictures)
    rings, centers = _rings(subject.pictures.shape[2:])
    levels = _levels(powers, rings)
    if subject.photographs is None:
        distance = torch.full((len(powers),), torch.nan)
    else:
        natural = _levels(power(subject.crops), rings).nanmean(0)
        distance = (levels - natural).square().nanmean(1).sqrt()
    fy, fx = _frequencies(subject.pictures.shape[2:])
    radius = (fy.square() + fx.square()).sqrt()
    total = powers.sum((1, 2)).clamp(min=1e-20)
    # cos 4a of the angle a: 1 along rows and columns, -1 along diagonals.
    cosine = ((fx.square() - fy.square()) / radius.square().clamp(min=1e-12)).square() * 2 - 1
    band = (radius >= 0.02) & (radius <= 0.4)
    within = (powers * band).sum((1, 2)).clamp(min=1e-20)
    return {
        "slope": _slope(levels, centers),
        "distance": distance,
        "high": (powers * (radius > HIGH)).sum((1, 2)) / total,
        "orientation": (powers * band * cosine).sum((1, 2)) / within,
    }


def power(images: Tensor) -> Tensor:
    """Power spectrum of the Hann-windowed luminance less its mean, B H W, float64."""
    images = images.detach().double().cpu()
    weights = torch.tensor(REC_709, dtype=images.dtype) if images.shape[1] == 3 else None
    gray = images.mean(1) if weights is None else torch.einsum("bchw,c->bhw", images, weights)
    height, width = gray.shape[1:]
    window = torch.outer(
        torch.hann_window(height, periodic=False, dtype=gray.dtype),
        torch.hann_window(width, periodic=False, dtype=gray.dtype),
    )
    mean = (gray * window).sum((1, 2), keepdim=True) / window.sum().clamp(min=1e-12)
    spectra: Tensor = torch.fft.fft2((gray - mean) * window)
    return spectra.abs().square()


def _frequencies(size: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Vertical and horizontal cycles per pixel."""
    fy = torch.fft.fftfreq(size[0], dtype=torch.float64)[:, None]
    fx = torch.fft.fftfreq(size[1], dtype=torch.float64)[None]
    return fy, fx


def _rings(size: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Ring of every frequency, -1 outside of all, and the rings' middles in cycles per pixel."""
    fy, fx = _frequencies(size)
    radius = (fy.square() + fx.square()).sqrt()
    edges = torch.logspace(
        torch.log10(torch.tensor(2 / min(size))).item(), torch.log10(torch.tensor(0.5)).item(),
        _BANDS + 1, dtype=torch.float64,
    )  # fmt: skip
    rings = torch.bucketize(radius, edges, right=True) - 1
    rings[(radius < edges[0]) | (radius >= edges[-1])] = -1
    return rings, (edges[1:] * edges[:-1]).sqrt()


def _levels(powers: Tensor, rings: Tensor) -> Tensor:
    """log10 of the mean amplitude in each ring, less its mean over rings; NaN for an empty one."""
    amplitudes = [
        (powers[:, rings == ring].mean(1)).clamp(min=1e-24).sqrt().log10() for ring in range(_BANDS)
    ]
    levels = torch.stack(amplitudes, 1)
    return levels - levels.nanmean(1, keepdim=True)


def _slope(levels: Tensor, centers: Tensor) -> Tensor:
    """Least-squares slope of the level over the logarithm of the frequency."""
    known = ~levels[0].isnan()
    x = centers[known].log10()
    x = x - x.mean()
    return (levels[:, known] * x).sum(1) / x.square().sum()


METRIC = Metric(
    name="spectrum",
    says="Whether a picture's energy lies where that of photographs does: amplitude falls as 1/f.",
    wrong_if="A unit that likes fine texture or one orientation needs them in its picture.",
    better=None,
    of=spectrum,
)
