"""What a curve says, in words and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TITLES = {
    "rotation": "Rotation",
    "scale": "Scale",
    "shift_x": "Shift sideways",
    "contrast": "Contrast",
    "hue": "Hue",
    "grating.orientation": "Orientation of gratings",
}
STATUS = {
    "edge": "the end of the sweep",
    "constant": "constant: the value changes no image's response",
    "negative": "negative: no response is above zero",
    "silent": "silent: every response is zero",
    "not finite": "a response is not a finite number",
}
_UNITS = {"degrees": "°", "pixels": " px", "times": "×"}


def number(value: float | None) -> str:
    """Three digits; a dash for what does not exist.

    Examples
    --------
    >>> number(-0.12345), number(None)
    ('−0.123', '–')
    """
    return "–" if value is None else f"{value:.3g}".replace("-", "−")


def amount(value: float | None, unit: str) -> str:
    """A value of a parameter with its unit.

    Examples
    --------
    >>> amount(30.0, "degrees"), amount(0.70711, "times"), amount(-14.0, "pixels")
    ('30°', '×0.707', '−14 px')
    """
    if value is None:
        return "–"
    if unit == "times":
        return f"×{value:.3g}"
    text = f"{value:.0f}" if unit in ("degrees", "pixels") else f"{value:.3g}"
    return text.replace("-", "−") + _UNITS.get(unit, f" {unit}")


def finding(curve: Mapping[str, Any]) -> str:
    """One sentence on a curve's peak, or on why it has none."""
    status, unit = curve["status"], curve["unit"]
    if status not in ("ok", "edge"):
        return f"{STATUS.get(status, status)}.".capitalize()
    place, low, high = curve["peak"]
    text = f"Peak at {amount(place, unit)}"
    if low is not None and high is not None:
        text += f" ({amount(low, unit)} to {amount(high, unit)})"
    width = curve["width"][0]
    if width is not None and unit == "degrees":
        text += f", {amount(width, unit)} wide at half height"
    if status == "edge":
        text += f", {STATUS['edge']}"
    return text + ("." if passes_chance(curve) else ". Chance makes peaks as high.")


def passes_chance(curve: Mapping[str, Any]) -> bool:
    """Whether the peak is higher than one in twenty curves of chance."""
    floor = curve["floor"]
    return floor is None or max(curve["response"]) > floor


def shown(curve: Mapping[str, Any]) -> str:
    """What the mean was taken over."""
    if "wave" in curve:
        return f"Mean of {curve['images']} phases of its best waves, {curve['wave']:.3g} px long"
    return f"Mean of {curve['images']} photographs"
