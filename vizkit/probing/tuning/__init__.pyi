from vizkit.probing.sweep_names import sweep_names as sweep_names
from vizkit.probing.tuning.collection import Tuning as Tuning
from vizkit.probing.tuning.measure import tuning as tuning
from vizkit.probing.tuning.unit_tuning import UnitTuning as UnitTuning
