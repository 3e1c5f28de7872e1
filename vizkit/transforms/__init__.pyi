from vizkit.transforms.definition import Transform as Transform
from vizkit.transforms.table import TRANSFORMS as TRANSFORMS
from vizkit.transforms.table import register as register
from vizkit.transforms.table import transform as transform
