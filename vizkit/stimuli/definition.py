"""What a parametric stimulus is: a pattern on gray, drawn at any place, size and orientation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from vizkit.errors import NotFoundError, UsageError, nearest
from vizkit.stimuli.parameter import Parameter
from vizkit.stimuli.plane import Plane, aperture

if TYPE_CHECKING:
    import torch
    from torch import Tensor

Box = tuple[int, int, int, int]
Drawn: TypeAlias = "Mapping[str, Tensor]"
Values: TypeAlias = "float | Sequence[float] | Tensor"
_MOST = 2**30
"""Numbers of one batch of stimuli, beyond which a sweep should be drawn in parts."""


@dataclass(frozen=True)
class Stimulus:
    """A pattern with parameters.

    Its images are mid-gray with the pattern on top, and anti-aliased: no edge is sharper than
    pixels can show, so that a turned stimulus is the same stimulus. Lengths are shares of the
    diameter of a disc, outside of which the image is gray.

    Orientations are counter-clockwise in degrees, and 0 points to the right. A line of orientation
    0 is horizontal; what lies to one side of it (the bright side of an edge, the middle of a
    curve's circle) then lies above.

    Attributes
    ----------
    name : how it is called, e.g. ``"grating"``.
    parameters : what can be varied, by name.
    pattern : from the plane and the parameters to -1 to 1; B H W, or B 3 H W in color.
    colored : True if it needs RGB.
    """

    name: str
    parameters: Mapping[str, Parameter]
    pattern: Callable[[Plane, Drawn], Tensor]
    colored: bool = False

    def draw(
        self,
        size: tuple[int, int],
        center: tuple[float, float] | None = None,
        *,
        diameter: float | None = None,
        channels: int = 3,
        device: torch.device | str = "cpu",
        **parameters: Values,
    ) -> Tensor:
        """Images of the stimulus, B C H W in [0, 1], float32.

        Parameters
        ----------
        size : (height, width) of the images.
        center : (y, x) of the middle of the stimulus in pixels; by default that of the images.
        diameter : of the disc, in pixels; by default the shorter side. See `field_disc`.
        channels : of the images, all the same unless the stimulus is colored.
        **parameters : a number or B numbers each; those that are left out have their default (a
            frequency at most a wave in 4 pixels).

        Raises
        ------
        NotFoundError : the stimulus has no such parameter.
        UsageError : a value is not allowed, sequences differ in length, or detail would be finer
            than pixels.
        """
        import torch

        self.check_channels(channels)
        if min(size) < 1 or (diameter is not None and not diameter > 0):
            raise UsageError(
                f"size={size} and diameter={diameter} leave nothing to draw.\n"
                "  Give pixels above 0."
            )
        diameter = float(min(size)) if diameter is None else float(diameter)
        count, values = self._values(parameters, diameter, torch.device(device))
        if count * channels * size[0] * size[1] > _MOST:
            raise UsageError(
                f"{count} images of {size[0]} x {size[1]} are too many at once.\n"
                "  Draw them in parts."
            )
        plane = Plane.of(size, center, diameter, torch.device(device))
        pattern = self.pattern(plane, values)
        contrast = values["contrast"] * aperture(plane)
        colored = pattern if pattern.ndim == 4 else pattern[:, None]
        images = 0.5 + 0.5 * contrast[:, None] * colored
        return images.clamp(0, 1).expand(count, channels, *size).contiguous()

    def unknown(self, name: str) -> NotFoundError:
        """What to raise for `name`, which is no parameter."""
        return NotFoundError(
            f"{name!r} is not a parameter of {self.name}. {nearest(name, self.parameters)}\n"
            f"  It has: {', '.join(self.parameters)}."
        )

    def check_channels(self, channels: int) -> None:
        """Refuse images that cannot show it.

        Raises
        ------
        UsageError : it is colored, and `channels` are not 3.
        """
        if self.colored and channels != 3:
            raise UsageError(
                f"{self.name} needs color: {channels} channels were asked for.\n"
                "  Draw it for a network that sees RGB."
            )

    def _values(
        self, given: Mapping[str, Values], diameter: float, device: torch.device
    ) -> tuple[int, dict[str, Tensor]]:
        """Number of images, and every parameter as B 1 1 or 1 1 1."""
        for name in given:
            if name not in self.parameters:
                raise self.unknown(name)
        values = {
            name: parameter.checked(f"{self.name}'s {name}", given.get(name), diameter)
            for name, parameter in self.parameters.items()
        }
        lengths = {name: len(value) for name, value in values.items() if len(value) != 1}
        if len(set(lengths.values())) > 1:
            raise UsageError(
                f"the parameters of {self.name} come in different numbers: {lengths}.\n"
                "  Give one number, or as many of each."
            )
        count = next(iter(lengths.values()), 1)
        return count, {name: value.view(-1, 1, 1).to(device) for name, value in values.items()}


def field_disc(box: Box) -> tuple[tuple[float, float], float]:
    """Center and diameter of the disc inscribed in a unit's receptive field, for `draw`.

    Parameters
    ----------
    box : [y0, x0, y1, x1], inclusive, as of `UnitField`.

    Examples
    --------
    >>> field_disc((0, 2, 4, 6))
    ((2.0, 4.0), 5.0)
    """
    y0, x0, y1, x1 = box
    return ((y0 + y1) / 2, (x0 + x1) / 2), float(min(y1 - y0, x1 - x0) + 1)
