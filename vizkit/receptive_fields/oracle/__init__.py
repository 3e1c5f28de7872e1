"""Oracles for receptive fields: what really reaches a unit, measured on the network itself.

They share no code with the propagation that they certify. One marks pixels of the input with NaN
and sees which units turn NaN; the other differentiates a copy with positive weights.
"""

from __future__ import annotations

from vizkit.receptive_fields.oracle.boxes import Boxes, Key
from vizkit.receptive_fields.oracle.certificate import Certificate, Disagreement, LayerVerdict
from vizkit.receptive_fields.oracle.certify import Progress, certify
from vizkit.receptive_fields.oracle.swallow import Swallower, swallowers

__all__ = [
    "Boxes",
    "Certificate",
    "Disagreement",
    "Key",
    "LayerVerdict",
    "Progress",
    "Swallower",
    "certify",
    "swallowers",
]
