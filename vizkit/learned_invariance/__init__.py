"""Learned invariances: what changes in a picture while a unit does not notice."""

from vizkit.learned_invariance.carriers import Carriers as Carriers
from vizkit.learned_invariance.carriers import carriers as carriers
from vizkit.learned_invariance.diverse import Diverse as Diverse
from vizkit.learned_invariance.diverse import diverse as diverse
from vizkit.learned_invariance.pooled_members import pooled_members as pooled_members
from vizkit.learned_invariance.walk import Walk as Walk
from vizkit.learned_invariance.walk import walk as walk

__all__ = ["Carriers", "Diverse", "Walk", "carriers", "diverse", "pooled_members", "walk"]
