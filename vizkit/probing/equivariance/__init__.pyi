from vizkit.probing.equivariance.measure import equivariance as equivariance
from vizkit.probing.equivariance.result import Equivariance as Equivariance
