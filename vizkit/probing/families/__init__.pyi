from vizkit.probing.families.result import ChannelFamily as ChannelFamily
from vizkit.probing.families.result import Families as Families
from vizkit.probing.families.result import Member as Member
from vizkit.probing.families.search import families as families
