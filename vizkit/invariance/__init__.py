"""Invariance: what a unit ignores, and what moves its map along."""

from vizkit.invariance.family import FAMILIES as FAMILIES
from vizkit.invariance.family import Family as Family
from vizkit.invariance.family import family as family

__all__ = ["FAMILIES", "Family", "family"]
