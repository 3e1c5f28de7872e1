"""A report of a whole network: what each layer ignores, beside what floors give."""

from vizkit.invariance.report.findings import Finding as Finding
from vizkit.invariance.report.layers import report_layers as report_layers
from vizkit.invariance.report.linearity import unbiased as unbiased
from vizkit.invariance.report.measure import invariance_report as invariance_report
from vizkit.invariance.report.orientation import OrientationTuning as OrientationTuning
from vizkit.invariance.report.orientation import grated_layers as grated_layers
from vizkit.invariance.report.orientation import orientation_tuning as orientation_tuning
from vizkit.invariance.report.result import FamilyReport as FamilyReport
from vizkit.invariance.report.result import InvarianceReport as InvarianceReport
from vizkit.invariance.report.scored import Scored as Scored
from vizkit.invariance.report.sweeps import report_sweeps as report_sweeps

__all__ = [
    "FamilyReport",
    "Finding",
    "InvarianceReport",
    "OrientationTuning",
    "Scored",
    "grated_layers",
    "invariance_report",
    "orientation_tuning",
    "report_layers",
    "report_sweeps",
    "unbiased",
]
