from vizkit.circuits.linearized import Linearized as Linearized
from vizkit.circuits.result import Downstream as Downstream
from vizkit.circuits.result import Kernels as Kernels
from vizkit.circuits.result import Upstream as Upstream
from vizkit.circuits.weights_before import upstream as upstream
from vizkit.circuits.weights_behind import downstream as downstream
