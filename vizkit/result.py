"""The face that every result has: a line, a table, a dictionary, a figure, a cell of a notebook."""

from __future__ import annotations

import base64
import importlib
import io
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any, ClassVar

from vizkit.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Result(ABC):
    """What a verb of vizkit returns; results differ in numbers, not in how one looks at them.

    A class says in one line what it is (``__repr__``), gives its table (``__str__``), its content
    for ``json.dumps`` (`as_dict`) and, in `plot`, which function of `vizkit.plots` draws it.
    """

    __slots__ = ()

    plot: ClassVar[str] = ""
    """Name in `vizkit.plots` of the function that draws it; empty where a table says it all."""

    @abstractmethod
    def __repr__(self) -> str: ...

    @abstractmethod
    def __str__(self) -> str: ...

    @abstractmethod
    def as_dict(self) -> dict[str, Any]:
        """Content in plain numbers, texts, lists and dictionaries, with the CLI's JSON keys."""

    def figure(self, **options: Any) -> Figure:
        """Figure of it, by the function of `vizkit.plots` that `plot` names.

        Raises
        ------
        NotImplementedError : there is none; ``print(result)`` gives the table.
        """
        if not self.plot:
            raise NotImplementedError(
                f"{type(self).__name__} has no figure.\n  print() gives its table."
            )
        figure: Figure = getattr(importlib.import_module("vizkit.plots"), self.plot)(
            self, **options
        )
        return figure

    def _repr_html_(self) -> str:
        table = f"<pre>{escape(str(self))}</pre>"
        if not self.plot:
            return table
        try:
            figure = self.figure()
        except UsageError:
            return table  # there is nothing in it to draw
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=110, bbox_inches="tight")
        return (
            f'<img alt="{escape(repr(self))}" style="max-width:100%" '
            f'src="data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}">'
        )


def plain_dict(content: Mapping[str, Any]) -> dict[str, Any]:
    """`content` as JSON has it; see `plain`."""
    return {key: plain(value) for key, value in content.items()}


def plain(content: Any) -> Any:
    """`content` as JSON has it: lists for tensors and tuples, None for what is not finite.

    Examples
    --------
    >>> plain({"mean": (1.5, math.nan), "count": 3})
    {'mean': [1.5, None], 'count': 3}
    """
    if hasattr(content, "tolist"):
        content = content.tolist()
    if isinstance(content, dict):
        return plain_dict(content)
    if isinstance(content, list | tuple):
        return [plain(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content
