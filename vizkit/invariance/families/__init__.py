"""Families: channels of a layer that are transformed copies of each other."""

from vizkit.callable_package import make_callable
from vizkit.invariance.families.channel_family import ChannelFamily as ChannelFamily
from vizkit.invariance.families.channel_family import Families as Families
from vizkit.invariance.families.channel_family import Member as Member
from vizkit.invariance.families.search import families as families

__all__ = ["ChannelFamily", "Families", "Member", "families"]

make_callable(__name__, families)
