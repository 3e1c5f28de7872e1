"""One chapter of the lecture: a recipe, and what its docstring says about it."""

from __future__ import annotations

import ast
import inspect
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Chapter:
    """A recipe as the lecture tells it.

    Attributes
    ----------
    number : place in the lecture, from 1.
    path : the recipe.
    source : its text; empty where the recipe is missing.
    """

    number: int
    path: Path
    source: str

    @property
    def name(self) -> str:
        """Name of the recipe, of its page and of its figures."""
        return self.path.stem

    @property
    def title(self) -> str:
        """First line of the docstring, which is one sentence, without its full stop."""
        words = self._blocks[0] if self._blocks else self.name.replace("_", " ").capitalize()
        return " ".join(words.split()).removesuffix(".")

    @property
    def paragraphs(self) -> list[str]:
        """The explanation, without the usage behind it."""
        return [" ".join(block.split()) for block in self._blocks[1:] if not _is_usage(block)]

    @property
    def usage(self) -> str:
        """The command in the docstring, as it is typed."""
        lines = "\n\n".join(self._blocks).splitlines()
        return "\n".join(line.strip() for line in lines if line.strip().startswith("python "))

    @property
    def _blocks(self) -> list[str]:
        if not self.source:
            return []
        try:
            text = ast.get_docstring(ast.parse(self.source), clean=False) or ""
        except SyntaxError:
            return []
        return [block for block in inspect.cleandoc(text).split("\n\n") if block.strip()]


def chapters(folder: Path, names: tuple[str, ...]) -> list[Chapter]:
    """Chapters of the recipes `names` in `folder`, in this order."""
    paths = [folder / f"{name}.py" for name in names]
    return [
        Chapter(number, path, path.read_text(encoding="utf-8") if path.is_file() else "")
        for number, path in enumerate(paths, 1)
    ]


def _is_usage(block: str) -> bool:
    return block.strip() == "::" or block.startswith((" ", "python "))
