from vizkit.probing.equivariance.commuting import commuting_shifts as commuting_shifts
from vizkit.probing.equivariance.measure import Equivariance as Equivariance
from vizkit.probing.equivariance.measure import equivariance as equivariance
