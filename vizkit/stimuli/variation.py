"""A stimulus with one varied parameter, as a transform that any sweep takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle

import torch
from torch import Tensor

from vizkit.images.gray import GRAY
from vizkit.stimuli.definition import Stimulus
from vizkit.stimuli.looks import Look
from vizkit.stimuli.plane import Plane, aperture
from vizkit.transforms.definition import Transform


@dataclass(frozen=True, kw_only=True)
class VariedStimulus(Transform):
    """Images with a stimulus in place of a disc of theirs; on gray images just the stimulus.

    It is drawn anew for every value, so that nothing is interpolated. No value leaves an image as
    it is; the identity is the parameter's default.

    Attributes
    ----------
    stimulus, parameter : what is drawn, and what is varied of it.
    center, diameter : of the disc in pixels, as for `Stimulus.draw`.
    fixed : the other parameters, where they are not to have their defaults.
    looks : how the stimulus is shown in the first image, the second and so on, and then over again;
        by default the same in all.
    """

    stimulus: Stimulus
    parameter: str
    center: tuple[float, float] | None
    diameter: float | None
    fixed: Mapping[str, float]
    looks: tuple[Look, ...] = (Look(),)

    def also(self, parameter: str, value: float) -> VariedStimulus:
        """The transform with one more parameter fixed."""
        return replace(self, fixed={**self.fixed, parameter: value})

    def _apply(self, images: Tensor, value: float) -> Tensor:
        if len(self.looks) == 1:
            return self._shown(images, value, self.looks[0])
        each = zip(torch.split(images, 1), cycle(self.looks), strict=False)
        return torch.cat([self._shown(image, value, look) for image, look in each])

    def _shown(self, images: Tensor, value: float, look: Look) -> Tensor:
        size = (images.shape[2], images.shape[3])
        y, x = self.center or ((size[0] - 1) / 2, (size[1] - 1) / 2)
        center = (y + look.shift[0], x + look.shift[1])
        drawn = self.stimulus.draw(
            size,
            center,
            diameter=self.diameter,
            channels=images.shape[1],
            device=images.device,
            **{**self.fixed, **look.fixed, self.parameter: value},
        ).to(images.dtype)
        disc = aperture(Plane.of(size, center, self._across(size), images.device))
        return torch.lerp(images, torch.full_like(images, GRAY), disc.to(images)) + (drawn - GRAY)

    def _check_shape(self, value: float, shape: tuple[int, ...]) -> None:
        across = self._across((shape[-2], shape[-1]))
        for name, given in {**self.fixed, self.parameter: value}.items():
            parameter = self.stimulus.parameters[name]
            parameter.checked(f"{self.stimulus.name}'s {name}", given, across)
        self.stimulus.check_channels(shape[0])

    def _across(self, size: tuple[int, int]) -> float:
        return float(min(size)) if self.diameter is None else self.diameter


def varied(
    stimulus: Stimulus,
    parameter: str,
    values: Sequence[float] | None = None,
    *,
    center: tuple[float, float] | None = None,
    diameter: float | None = None,
    **fixed: float,
) -> VariedStimulus:
    """The transform of `stimulus` with `parameter` varied and the other parameters `fixed`.

    Parameters
    ----------
    values : the transform's sweep; by default the parameter's own, as far as the disc can show it.
    center, diameter : of the disc in pixels, as `field_disc` gives them for a unit.

    Raises
    ------
    NotFoundError : the stimulus has no such parameter.

    Examples
    --------
    >>> from vizkit.stimuli import stimulus
    >>> turned = varied(stimulus("edge"), "orientation", contrast=0.5)
    >>> turned.name, turned.period, len(turned.values)
    ('edge.orientation', 360.0, 24)
    """
    for name in (parameter, *fixed):
        if name not in stimulus.parameters:
            raise stimulus.unknown(name)
    about = stimulus.parameters[parameter]
    swept = about.values if diameter is None else about.shown(diameter)
    return VariedStimulus(
        name=f"{stimulus.name}.{parameter}",
        unit=about.unit,
        values=tuple(map(float, swept if values is None else values)),
        identity=about.default,
        allowed=about.allowed,
        period=about.period,
        stimulus=stimulus,
        parameter=parameter,
        center=center,
        diameter=diameter,
        fixed=fixed,
    )
