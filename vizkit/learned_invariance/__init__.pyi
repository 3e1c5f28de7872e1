from vizkit.learned_invariance.carrying_members import Carriers as Carriers
from vizkit.learned_invariance.carrying_members import carriers as carriers
from vizkit.learned_invariance.diverse_pictures import Diverse as Diverse
from vizkit.learned_invariance.diverse_pictures import diverse as diverse
from vizkit.learned_invariance.iso_response import Walk as Walk
from vizkit.learned_invariance.iso_response import walk as walk
from vizkit.learned_invariance.pooling_window import pooled_members as pooled_members
