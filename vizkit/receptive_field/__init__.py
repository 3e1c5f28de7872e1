"""Receptive fields: which input pixels can change a unit."""

from vizkit.receptive_field.effective import EffectiveField as EffectiveField
from vizkit.receptive_field.effective import effective_field as effective_field
from vizkit.receptive_field.growth import Growth as Growth
from vizkit.receptive_field.growth import growth as growth
from vizkit.receptive_field.nan_probe import Extent, measure_extent
from vizkit.receptive_field.null_model import NullField as NullField
from vizkit.receptive_field.null_model import null_field as null_field
from vizkit.receptive_field.views import view_images as view_images

__all__ = [
    "EffectiveField",
    "Extent",
    "Growth",
    "NullField",
    "effective_field",
    "growth",
    "measure_extent",
    "null_field",
    "view_images",
]
