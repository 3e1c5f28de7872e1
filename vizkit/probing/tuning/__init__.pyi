from vizkit.probing.sweep_names import sweep_names as sweep_names
from vizkit.probing.tuning.curve import TuningCurve as TuningCurve
from vizkit.probing.tuning.measure import Tuning as Tuning
from vizkit.probing.tuning.measure import tuning as tuning
from vizkit.probing.tuning.surface import TuningSurface as TuningSurface
