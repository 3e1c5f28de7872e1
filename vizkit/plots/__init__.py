"""Figures of results, for papers, talks and reports: PNG, PDF and SVG by ``figure.savefig``.

Every function returns a matplotlib `Figure` that belongs to the caller alone: nothing is shown,
pyplot does not know of it, and no setting of matplotlib is changed. Pictures are drawn at true
scale, every one with the same number of dots per pixel, and never stretched in contrast.
"""

from vizkit.plots.animation import save_gif as save_gif
from vizkit.plots.architectures import architectures as architectures
from vizkit.plots.columns import activation_chart as activation_chart
from vizkit.plots.commuting import commuting_diagram as commuting_diagram
from vizkit.plots.commuting import equivariance_bars as equivariance_bars
from vizkit.plots.connections import draw_connections as draw_connections
from vizkit.plots.convolution import convolution_step as convolution_step
from vizkit.plots.depth import depth_strip as depth_strip
from vizkit.plots.equivariance import equivariance_split as equivariance_split
from vizkit.plots.equivariance import shift_heat_maps as shift_heat_maps
from vizkit.plots.families import family_sheet as family_sheet
from vizkit.plots.fields import field_map as field_map
from vizkit.plots.fields import growth_curves as growth_curves
from vizkit.plots.growth import receptive_field_growth as receptive_field_growth
from vizkit.plots.invariance import invariance_depth as invariance_depth
from vizkit.plots.invariance_report import invariance_report as invariance_report
from vizkit.plots.learned_invariance import carrier_chart as carrier_chart
from vizkit.plots.learned_invariance import diverse_sheet as diverse_sheet
from vizkit.plots.learned_invariance import film_strip as film_strip
from vizkit.plots.planes import planes as planes
from vizkit.plots.pooled_detectors import pooled_detectors as pooled_detectors
from vizkit.plots.pooled_maps import pooled_maps as pooled_maps
from vizkit.plots.pooling import pooling_diagram as pooling_diagram
from vizkit.plots.pooling import pooling_windows as pooling_windows
from vizkit.plots.sheets import contact_sheet as contact_sheet
from vizkit.plots.sheets import layer_sheet as layer_sheet
from vizkit.plots.style import STYLE as STYLE
from vizkit.plots.surfaces import surface_map as surface_map
from vizkit.plots.surfaces import surface_maps as surface_maps
from vizkit.plots.tuning import tuning_curves as tuning_curves
from vizkit.plots.tuning_map import tuning_map as tuning_map
from vizkit.plots.volumes import draw_volumes as draw_volumes
from vizkit.plots.windows import draw_windows as draw_windows

__all__ = [
    "STYLE",
    "activation_chart",
    "architectures",
    "carrier_chart",
    "commuting_diagram",
    "contact_sheet",
    "convolution_step",
    "depth_strip",
    "diverse_sheet",
    "draw_connections",
    "draw_volumes",
    "draw_windows",
    "equivariance_bars",
    "equivariance_split",
    "family_sheet",
    "field_map",
    "film_strip",
    "growth_curves",
    "invariance_depth",
    "invariance_report",
    "layer_sheet",
    "planes",
    "pooled_detectors",
    "pooled_maps",
    "pooling_diagram",
    "pooling_windows",
    "receptive_field_growth",
    "save_gif",
    "shift_heat_maps",
    "surface_map",
    "surface_maps",
    "tuning_curves",
    "tuning_map",
]
