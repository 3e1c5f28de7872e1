from vizkit.stimuli.definition import Stimulus as Stimulus
from vizkit.stimuli.definition import field_disc as field_disc
from vizkit.stimuli.parameter import Parameter as Parameter
from vizkit.stimuli.table import STIMULI as STIMULI
from vizkit.stimuli.table import register as register
from vizkit.stimuli.table import stimulus as stimulus
from vizkit.stimuli.variation import varied as varied
