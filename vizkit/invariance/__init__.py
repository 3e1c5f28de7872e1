"""Invariance: what a unit ignores, and what moves its map along."""

from vizkit.invariance.family import FAMILIES as FAMILIES
from vizkit.invariance.family import Family as Family
from vizkit.invariance.family import family as family
from vizkit.invariance.photographs import Photographs as Photographs
from vizkit.invariance.stimuli import STIMULI as STIMULI
from vizkit.invariance.stimuli import Stimulus as Stimulus
from vizkit.invariance.stimuli import field_disc as field_disc
from vizkit.invariance.stimuli import stimulus as stimulus
from vizkit.invariance.stimuli import varied as varied

__all__ = [
    "FAMILIES",
    "STIMULI",
    "Family",
    "Photographs",
    "Stimulus",
    "family",
    "field_disc",
    "stimulus",
    "varied",
]
