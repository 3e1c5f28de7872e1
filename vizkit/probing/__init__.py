"""Invariance: what a unit ignores, and what moves its map along."""

from vizkit.probing.channel_map import ChannelMap as ChannelMap
from vizkit.probing.channel_map import channel_map as channel_map
from vizkit.probing.commuting import commuting_shifts as commuting_shifts
from vizkit.probing.equivariance import Equivariance as Equivariance
from vizkit.probing.equivariance import equivariance as equivariance
from vizkit.probing.family import FAMILIES as FAMILIES
from vizkit.probing.family import Family as Family
from vizkit.probing.family import family as family
from vizkit.probing.layer_scores import Invariance as Invariance
from vizkit.probing.layer_scores import invariance as invariance
from vizkit.probing.sweep_names import sweep_names as sweep_names
from vizkit.probing.tuning import TuningCurves as TuningCurves
from vizkit.probing.tuning import tuning as tuning
from vizkit.probing.tuning_curve import TuningCurve as TuningCurve
from vizkit.probing.tuning_surface import TuningSurface as TuningSurface
from vizkit.probing.tuning_surfaces import TuningSurfaces as TuningSurfaces
from vizkit.probing.tuning_surfaces import tuning_surfaces as tuning_surfaces
from vizkit.probing.tuning_surfaces import tunings as tunings
from vizkit.stimuli import STIMULI as STIMULI
from vizkit.stimuli import Stimulus as Stimulus
from vizkit.stimuli import field_disc as field_disc
from vizkit.stimuli import stimulus as stimulus
from vizkit.stimuli import varied as varied

__all__ = [
    "FAMILIES",
    "STIMULI",
    "ChannelMap",
    "Equivariance",
    "Family",
    "Invariance",
    "Stimulus",
    "TuningCurve",
    "TuningCurves",
    "TuningSurface",
    "TuningSurfaces",
    "channel_map",
    "commuting_shifts",
    "equivariance",
    "family",
    "field_disc",
    "invariance",
    "stimulus",
    "sweep_names",
    "tuning",
    "tuning_surfaces",
    "tunings",
    "varied",
]
