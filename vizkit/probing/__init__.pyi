from vizkit.probing import equivariance as equivariance
from vizkit.probing import families as families
from vizkit.probing import invariance as invariance
from vizkit.probing import tuning as tuning
