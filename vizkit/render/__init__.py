"""Rendering: the picture that a unit likes best."""

from vizkit.callable_package import make_callable
from vizkit.render.block import Callback as Callback
from vizkit.render.block import Step as Step
from vizkit.render.canvas_size import size_canvas as size_canvas
from vizkit.render.recipe import Recipe as Recipe
from vizkit.render.renderer import Renderer as Renderer
from vizkit.render.request import find_units as find_units
from vizkit.render.request import plan_blocks as plan_blocks
from vizkit.render.request import render as render
from vizkit.render.result import Render as Render
from vizkit.render.result import Renders as Renders
from vizkit.render.result import UnitsFailedError as UnitsFailedError

make_callable(__name__, render)
