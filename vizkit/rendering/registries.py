"""What can be added to rendering from outside: objectives, canvases and views, by name.

Names are known without loading PyTorch. ``OBJECTIVES.register(name, thing)`` adds one for as long
as the process lives, an entry point of the group for whoever installs the package; see
``recipes/guides/extending.md``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from vizkit.plugins import Registry

if TYPE_CHECKING:
    from vizkit.rendering.canvas import Canvas
    from vizkit.rendering.objective import Objective
    from vizkit.rendering.view import View

OBJECTIVES: Registry[Callable[..., Objective]] = Registry(
    "objective", "vizkit.objectives", "vizkit.rendering.objectives.*:OBJECTIVE"
)
"""By name what makes an objective: called with the network and the texts between parentheses."""

CANVASES: Registry[type[Canvas]] = Registry(
    "canvas", "vizkit.canvases", "vizkit.rendering.canvases.*:CANVAS"
)
"""Classes of canvases by name."""

VIEWS: Registry[Callable[..., View]] = Registry(
    "view", "vizkit.views", "vizkit.rendering.views.*:VIEW"
)
"""By name what makes a view: called with the numbers between parentheses."""
