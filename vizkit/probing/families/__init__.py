"""Families: channels of a layer that are transformed copies of each other."""

from vizkit.probing.families.channel_family import ChannelFamily as ChannelFamily
from vizkit.probing.families.channel_family import Families as Families
from vizkit.probing.families.channel_family import Member as Member
from vizkit.probing.families.search import families as families

__all__ = ["ChannelFamily", "Families", "Member", "families"]
