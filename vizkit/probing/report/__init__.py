"""A report of a whole network: what each layer ignores, beside what floors give."""

from vizkit.probing.report.findings import Finding as Finding
from vizkit.probing.report.layers import report_layers as report_layers
from vizkit.probing.report.linearity import unbiased as unbiased
from vizkit.probing.report.measure import invariance_report as invariance_report
from vizkit.probing.report.orientation import OrientationTuning as OrientationTuning
from vizkit.probing.report.orientation import grated_layers as grated_layers
from vizkit.probing.report.orientation import orientation_tuning as orientation_tuning
from vizkit.probing.report.result import FamilyReport as FamilyReport
from vizkit.probing.report.result import InvarianceReport as InvarianceReport
from vizkit.probing.report.scored import Scored as Scored
from vizkit.probing.report.sweeps import report_sweeps as report_sweeps

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
