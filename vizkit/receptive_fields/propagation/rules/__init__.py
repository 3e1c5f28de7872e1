"""One rule per operator, by the kind of the operator."""

from vizkit.receptive_fields.propagation.rules import convolution as convolution
from vizkit.receptive_fields.propagation.rules import coupling as coupling
from vizkit.receptive_fields.propagation.rules import padding as padding
from vizkit.receptive_fields.propagation.rules import pointwise as pointwise
from vizkit.receptive_fields.propagation.rules import pooling as pooling
from vizkit.receptive_fields.propagation.rules import products as products
from vizkit.receptive_fields.propagation.rules import rearranging as rearranging
from vizkit.receptive_fields.propagation.rules import resizing as resizing
from vizkit.receptive_fields.propagation.rules.registry import RULES as RULES
