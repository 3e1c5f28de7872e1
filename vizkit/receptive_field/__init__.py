"""Receptive fields: which input pixels can change a unit."""

from vizkit.callable_package import make_callable
from vizkit.receptive_field.calculate import receptive_field as receptive_field
from vizkit.receptive_field.calculator import ReceptiveFields as ReceptiveFields
from vizkit.receptive_field.effective import EffectiveField as EffectiveField
from vizkit.receptive_field.effective import effective_field as effective_field
from vizkit.receptive_field.growth import Growth as Growth
from vizkit.receptive_field.growth import growth as growth
from vizkit.receptive_field.layer_field import ChannelGroup as ChannelGroup
from vizkit.receptive_field.layer_field import LayerField as LayerField
from vizkit.receptive_field.null_model import NullField as NullField
from vizkit.receptive_field.null_model import null_field as null_field
from vizkit.receptive_field.unit_field import ProjectiveField as ProjectiveField
from vizkit.receptive_field.unit_field import UnitField as UnitField
from vizkit.receptive_field.views import view_images as view_images

__all__ = [
    "ChannelGroup",
    "EffectiveField",
    "Growth",
    "LayerField",
    "NullField",
    "ProjectiveField",
    "ReceptiveFields",
    "UnitField",
    "effective_field",
    "growth",
    "null_field",
    "receptive_field",
    "view_images",
]

make_callable(__name__, receptive_field)
