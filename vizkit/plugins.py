"""What can be added from outside: things of one kind by name, built in, registered or installed.

Each seam of the package (studies, objectives, ...) is one `Registry`. Nothing is loaded before it
is used: names of built-in things are names of modules, those of installed ones are in metadata.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from importlib.metadata import entry_points
from typing import Any, TypeVar

from vizkit.errors import NotFoundError, UsageError, nearest

Thing = TypeVar("Thing")
_BUILT_IN = "built in"


class Registry(Mapping[str, Thing]):
    """Things of one kind by name; iterating gives the names, looking one up loads it.

    Parameters
    ----------
    kind : what a thing is called in messages, e.g. ``"study"``.
    group : entry point group through which installed packages add things.
    builtin : where our own are: ``"package.*:ATTRIBUTE"``, one module each whose name is the
        thing's, or ``"package.*.module:ATTRIBUTE"``, one folder each; or a table.

    Examples
    --------
    >>> colors = Registry("color", "vizkit.colors", {"red": "#f00"})
    >>> colors.register("blue", "#00f")
    >>> list(colors), colors["blue"]
    (['red', 'blue'], '#00f')
    >>> colors["blu"]
    Traceback (most recent call last):
        ...
    vizkit.errors.NotFoundError: there is no color 'blu'. Did you mean 'blue'?
      There are: red, blue.
    """

    def __init__(self, kind: str, group: str, builtin: str | Mapping[str, Thing]) -> None:
        self.kind, self.group, self._builtin = kind, group, builtin

    def register(self, name: str, thing: Thing) -> None:
        """Add a thing for as long as this process lives.

        Raises
        ------
        UsageError : the name is taken.
        """
        self._put(self._loaders, name, "registered by a call", lambda: thing)

    def remove(self, name: str) -> None:
        """Forget a thing, so that its name can be registered anew."""
        self._loaders.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._loaders))

    def __len__(self) -> int:
        return len(self._loaders)

    def __contains__(self, name: object) -> bool:
        return name in self._loaders

    def is_built_in(self, name: str) -> bool:
        """Whether the thing of this name is our own; nothing is loaded."""
        return name in self._loaders and self._loaders[name][0] == _BUILT_IN

    def require(self, name: str) -> None:
        """Accept a name that is there, without loading anything.

        Raises
        ------
        NotFoundError : it is not.
        """
        if name not in self._loaders:
            hint = nearest(name, self)
            raise NotFoundError(
                f"there is no {self.kind} {name!r}.{hint and ' ' + hint}\n"
                f"  There are: {', '.join(self)}."
            )

    def __getitem__(self, name: str) -> Thing:
        self.require(name)
        origin, load = self._loaders[name]
        try:
            return load()
        except (ImportError, AttributeError) as error:
            raise UsageError(
                f"the {self.kind} {name!r}, {origin}, does not load: {error}"
            ) from error

    @cached_property
    def _loaders(self) -> dict[str, tuple[str, Callable[[], Thing]]]:
        """By name where a thing is from, and what loads it."""
        loaders: dict[str, tuple[str, Callable[[], Thing]]] = {}
        for name in self._builtin_names():
            loaders[name] = _BUILT_IN, partial(self._load_builtin, name)
        for point in sorted(entry_points(group=self.group), key=lambda point: point.name):
            package = point.dist.name if point.dist else point.value
            self._put(loaders, point.name, f"installed by {package}", point.load)
        return loaders

    def _builtin_names(self) -> list[str]:
        if not isinstance(self._builtin, str):
            return list(self._builtin)
        package = importlib.import_module(self._builtin.partition(".*")[0])
        return [module.name for module in pkgutil.iter_modules(package.__path__)]

    def _load_builtin(self, name: str) -> Any:
        if not isinstance(self._builtin, str):
            return self._builtin[name]
        module, attribute = self._builtin.replace("*", name).split(":")
        return getattr(importlib.import_module(module), attribute)

    def _put(
        self, loaders: dict[str, Any], name: str, origin: str, load: Callable[[], Any]
    ) -> None:
        if name in loaders:
            raise UsageError(
                f"the {self.kind} {name!r} is there twice: {loaders[name][0]}, and {origin}.\n"
                "  Give yours another name."
            )
        loaders[name] = origin, load


class Paths(Mapping[str, Any]):
    """A table of things by where they are, each of which is loaded when it is looked up.

    Parameters
    ----------
    package : that the modules are in.
    places : ``"module:ATTRIBUTE"`` of each thing by its name.
    """

    def __init__(self, package: str, places: Mapping[str, str]) -> None:
        self._package, self._places = package, places

    def __getitem__(self, name: str) -> Any:
        module, attribute = self._places[name].split(":")
        return getattr(importlib.import_module(f"{self._package}.{module}"), attribute)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
