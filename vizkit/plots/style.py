"""The look of every figure."""

from __future__ import annotations

from typing import Any

STYLE: dict[str, Any] = {
    "dpi": 200,
    "dots": 2,  # per pixel of a picture, so that a pixel is a hundredth of an inch
    "margin": 40,  # this and what follows in dots
    "gap": 28,
    "line": 22,
    "title": 46,
    "caption_pt": 6.5,
    "title_pt": 9.0,
    "slide_pt": 12.0,  # titles of figures to project
    "paper": "white",
    "ink": "#1a1a1a",
    "faint": "#6b6b6b",
    "warning": "#a32020",
    "trained": "#c8452f",
    "random": "#2a6f97",
    # Curves of one axes, in this order.
    "palette": (
        *("#2a6f97", "#c8452f", "#3a7d44", "#8e5ea2"),
        *("#b8860b", "#1a1a1a", "#17a2a2", "#d16ba5"),
    ),
}
"""Lengths are in dots of the figure at its own resolution."""
