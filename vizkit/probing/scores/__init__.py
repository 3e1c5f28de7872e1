"""Scores of invariance, each with what chance would give and an interval over the images."""

from vizkit.probing.scores.bootstrap import Estimate as Estimate
from vizkit.probing.scores.consistency import Agreement as Agreement
from vizkit.probing.scores.consistency import agreement as agreement
from vizkit.probing.scores.consistency import crop_consistency as crop_consistency
from vizkit.probing.scores.consistency import one_pixel_stability as one_pixel_stability
from vizkit.probing.scores.goodfellow import Goodfellow as Goodfellow
from vizkit.probing.scores.goodfellow import goodfellow as goodfellow
from vizkit.probing.scores.selectivity import Selectivity as Selectivity
from vizkit.probing.scores.selectivity import VarianceRatio as VarianceRatio
from vizkit.probing.scores.selectivity import selectivity as selectivity
from vizkit.probing.scores.selectivity import variance_ratio as variance_ratio
from vizkit.probing.scores.sensitivity import SensitivityMap as SensitivityMap
from vizkit.probing.scores.sensitivity import sensitivity_map as sensitivity_map
from vizkit.probing.scores.sensitivity import translation_sensitivity as translation_sensitivity
from vizkit.probing.scores.zeiler_fergus import DistanceCurve as DistanceCurve
from vizkit.probing.scores.zeiler_fergus import distance_curve as distance_curve
from vizkit.probing.scores.zeiler_fergus import image_distances as image_distances

__all__ = [
    "Agreement",
    "DistanceCurve",
    "Estimate",
    "Goodfellow",
    "Selectivity",
    "SensitivityMap",
    "VarianceRatio",
    "agreement",
    "crop_consistency",
    "distance_curve",
    "goodfellow",
    "image_distances",
    "one_pixel_stability",
    "selectivity",
    "sensitivity_map",
    "translation_sensitivity",
    "variance_ratio",
]
