"""Invariance: what a unit ignores, and what moves its map along."""

from vizkit.callable_package import make_callable
from vizkit.invariance.channel_map import ChannelMap as ChannelMap
from vizkit.invariance.channel_map import channel_map as channel_map
from vizkit.invariance.commuting import commuting_shifts as commuting_shifts
from vizkit.invariance.equivariance import Equivariance as Equivariance
from vizkit.invariance.equivariance import equivariance as equivariance
from vizkit.invariance.family import FAMILIES as FAMILIES
from vizkit.invariance.family import Family as Family
from vizkit.invariance.family import family as family
from vizkit.invariance.layer_scores import Invariance as Invariance
from vizkit.invariance.layer_scores import invariance as invariance
from vizkit.invariance.photographs import Photographs as Photographs
from vizkit.invariance.shift_maps import ShiftMaps as ShiftMaps
from vizkit.invariance.shift_maps import shift_maps as shift_maps
from vizkit.invariance.square import CommutingSquare as CommutingSquare
from vizkit.invariance.square import commuting_square as commuting_square
from vizkit.invariance.stimuli import STIMULI as STIMULI
from vizkit.invariance.stimuli import Stimulus as Stimulus
from vizkit.invariance.stimuli import field_disc as field_disc
from vizkit.invariance.stimuli import stimulus as stimulus
from vizkit.invariance.stimuli import varied as varied
from vizkit.invariance.sweep_names import sweep_names as sweep_names
from vizkit.invariance.tuning import TuningCurves as TuningCurves
from vizkit.invariance.tuning import tuning as tuning
from vizkit.invariance.tuning_curve import TuningCurve as TuningCurve
from vizkit.invariance.tuning_surface import TuningSurface as TuningSurface
from vizkit.invariance.tuning_surfaces import TuningSurfaces as TuningSurfaces
from vizkit.invariance.tuning_surfaces import tuning_surfaces as tuning_surfaces
from vizkit.invariance.tuning_surfaces import tunings as tunings

__all__ = [
    "FAMILIES",
    "STIMULI",
    "ChannelMap",
    "CommutingSquare",
    "Equivariance",
    "Family",
    "Invariance",
    "Photographs",
    "ShiftMaps",
    "Stimulus",
    "TuningCurve",
    "TuningCurves",
    "TuningSurface",
    "TuningSurfaces",
    "channel_map",
    "commuting_shifts",
    "commuting_square",
    "equivariance",
    "family",
    "field_disc",
    "invariance",
    "shift_maps",
    "stimulus",
    "sweep_names",
    "tuning",
    "tuning_surfaces",
    "tunings",
    "varied",
]

make_callable(__name__, invariance)
