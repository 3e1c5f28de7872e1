"""What does each unit of a convolutional network respond to, and where does it look.

Everything public is reached from here and loaded on first use, so that ``import vizkit`` costs
next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from vizkit.version import __version__

if TYPE_CHECKING:
    from vizkit import arithmetic as arithmetic
    from vizkit.address import Address as Address
    from vizkit.address import parse as parse_address  # noqa: F401
    from vizkit.capture import capture as capture
    from vizkit.capture import stream as stream
    from vizkit.cli.ending import script as script
    from vizkit.errors import VizkitError as VizkitError
    from vizkit.invariance import equivariance as equivariance
    from vizkit.invariance import invariance as invariance
    from vizkit.invariance.families import families as families
    from vizkit.invariance.report import invariance_report as invariance_report
    from vizkit.invariance.tuning import tuning as tuning
    from vizkit.learned_invariance import carriers as carriers
    from vizkit.learned_invariance import diverse as diverse
    from vizkit.learned_invariance import walk as walk
    from vizkit.models.digits import digits as digits
    from vizkit.models.load import load as load
    from vizkit.models.network import Network as Network
    from vizkit.models.preprocessing import Preprocessing as Preprocessing
    from vizkit.receptive_field import receptive_field as receptive_field
    from vizkit.render import Recipe as Recipe
    from vizkit.render import Render as Render
    from vizkit.render import Renders as Renders
    from vizkit.render import render as render

_HOME = {
    "Address": ("vizkit.address", "Address"),
    "Network": ("vizkit.models.network", "Network"),
    "Preprocessing": ("vizkit.models.preprocessing", "Preprocessing"),
    "Recipe": ("vizkit.render", "Recipe"),
    "Render": ("vizkit.render", "Render"),
    "Renders": ("vizkit.render", "Renders"),
    "VizkitError": ("vizkit.errors", "VizkitError"),
    "arithmetic": ("vizkit.arithmetic", None),
    "capture": ("vizkit.capture", None),
    "carriers": ("vizkit.learned_invariance", "carriers"),
    "digits": ("vizkit.models.digits", "digits"),
    "diverse": ("vizkit.learned_invariance", "diverse"),
    "equivariance": ("vizkit.invariance", "equivariance"),
    "families": ("vizkit.invariance.families", "families"),
    "invariance": ("vizkit.invariance", None),
    "invariance_report": ("vizkit.invariance.report", "invariance_report"),
    "load": ("vizkit.models.load", "load"),
    "parse_address": ("vizkit.address", "parse"),
    "plots": ("vizkit.plots", None),
    "receptive_field": ("vizkit.receptive_field", None),
    "render": ("vizkit.render", None),
    "script": ("vizkit.cli.ending", "script"),
    "stream": ("vizkit.capture", "stream"),
    "tuning": ("vizkit.invariance.tuning", "tuning"),
    "walk": ("vizkit.learned_invariance", "walk"),
}

__all__ = ["__version__", *sorted(_HOME)]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'vizkit' has no attribute {name!r}")
    module, attribute = _HOME[name]
    loaded = importlib.import_module(module)
    value = loaded if attribute is None else getattr(loaded, attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
