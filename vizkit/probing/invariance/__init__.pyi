from vizkit.probing.invariance.measure import invariance as invariance
from vizkit.probing.invariance.report.findings import Finding as Finding
from vizkit.probing.invariance.report.grids import report_grids as report_grids
from vizkit.probing.invariance.report.layers import report_layers as report_layers
from vizkit.probing.invariance.report.measure import invariance_report as invariance_report
from vizkit.probing.invariance.report.result import InvarianceReport as InvarianceReport
from vizkit.probing.invariance.result import Invariance as Invariance
