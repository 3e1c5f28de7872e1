from vizkit.probing.equivariance.commuting import commuting_shifts as commuting_shifts
from vizkit.probing.equivariance.measure import Equivariance as Equivariance
from vizkit.probing.equivariance.measure import equivariance as equivariance
from vizkit.probing.equivariance.shifts import ShiftMaps as ShiftMaps
from vizkit.probing.equivariance.shifts import shift_maps as shift_maps
from vizkit.probing.equivariance.square import CommutingSquare as CommutingSquare
from vizkit.probing.equivariance.square import commuting_square as commuting_square
