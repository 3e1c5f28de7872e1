from vizkit.images.preprocessing import Preprocessing as Preprocessing
from vizkit.networks.blueprint import Blueprint as Blueprint
from vizkit.networks.network import Network as Network
from vizkit.networks.network import WeightsRecord as WeightsRecord
from vizkit.networks.registry import register as register
from vizkit.networks.stated import StatedInput as StatedInput
from vizkit.networks.weights.sources import Url as Url
from vizkit.networks.weights.sources import WeightsFile as WeightsFile
