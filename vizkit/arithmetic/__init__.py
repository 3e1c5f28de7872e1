"""Arithmetic of layers: what goes in, what comes out, and what it takes, with the formulas shown.

Whole numbers only, no network and no PyTorch needed; sizes follow PyTorch's rules exactly.

Examples
--------
>>> layer = Convolution(96, 11, stride=4).on("227x227x3")
>>> print(layer.output, layer.formulas["width"])
55x55x96 (227 - 11 + 2*0)/4 + 1 = 55
>>> layer.parameters, layer.multiply_adds
(34944, 105415200)
>>> net = stack("32x32x3", [Convolution(12, 3, padding=1), ReLU(), Pooling(2), FullyConnected(10)])
>>> [str(layer.output) for layer in net.layers]
['32x32x12', '32x32x12', '16x16x12', '1x1x10']
"""

from vizkit.arithmetic.convolution import Convolution as Convolution
from vizkit.arithmetic.fitting import Fitting as Fitting
from vizkit.arithmetic.fitting import fit_padding as fit_padding
from vizkit.arithmetic.fitting import paddings_that_fit as paddings_that_fit
from vizkit.arithmetic.formula import Formula as Formula
from vizkit.arithmetic.layer import Layer as Layer
from vizkit.arithmetic.layer import Operation as Operation
from vizkit.arithmetic.pooling import AdaptivePooling as AdaptivePooling
from vizkit.arithmetic.pooling import Pooling as Pooling
from vizkit.arithmetic.stack import Stack as Stack
from vizkit.arithmetic.stack import stack as stack
from vizkit.arithmetic.transposed import TransposedConvolution as TransposedConvolution
from vizkit.arithmetic.volume import Volume as Volume
from vizkit.arithmetic.window import Window as Window
from vizkit.arithmetic.windowless import FullyConnected as FullyConnected
from vizkit.arithmetic.windowless import ReLU as ReLU
