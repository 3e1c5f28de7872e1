from vizkit.probing.families.channel_family import ChannelFamily as ChannelFamily
from vizkit.probing.families.channel_family import Families as Families
from vizkit.probing.families.channel_family import Member as Member
from vizkit.probing.families.search import families as families
