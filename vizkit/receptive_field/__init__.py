"""Receptive fields: which input pixels can change a unit."""

from vizkit.receptive_field.nan_probe import Extent, measure_extent

__all__ = ["Extent", "measure_extent"]
