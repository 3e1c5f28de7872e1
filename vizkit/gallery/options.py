"""What a user may ask of a study: values by name, each with a default that says its type."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from vizkit.errors import NotFoundError, UsageError, nearest

Option = bool | int | float | str
_KINDS: dict[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
}
_TRUTH = {"true": True, "false": False}


def read_options(
    study: str, defaults: Mapping[str, Option], asked: Mapping[str, Any]
) -> dict[str, Option]:
    """`asked` with values of the defaults' types; text, as of the command line, is read as such.

    Parameters
    ----------
    study : its name, for messages.
    defaults : value by name of each option that the study has.

    Raises
    ------
    NotFoundError : an option that the study does not have.
    UsageError : a value of another type, or a number that is not finite.

    Examples
    --------
    >>> read_options("norms", {"power": 2.0, "signed": False}, {"power": "3"})
    {'power': 3.0}
    >>> read_options("norms", {"power": 2.0, "signed": False}, {"powr": "3"})
    Traceback (most recent call last):
        ...
    vizkit.errors.NotFoundError: the study 'norms' has no option 'powr'. Did you mean 'power'?
      It has: power=2.0, signed=False.
    """
    for name in asked:
        if name not in defaults:
            hint = nearest(name, defaults)
            has = ", ".join(f"{option}={value}" for option, value in defaults.items())
            raise NotFoundError(
                f"the study {study!r} has no option {name!r}.{hint and ' ' + hint}\n"
                f"  It has{f': {has}' if has else ' none at all: leave it out'}."
            )
    values: dict[str, Option] = {}
    for name, value in asked.items():
        kind = type(defaults[name])
        try:
            values[name] = _read(kind, value)
        except (ValueError, OverflowError):
            raise UsageError(
                f"the option {name!r} of the study {study!r} is {_KINDS[kind]}, not {value!r}.\n"
                f"  Its default: --option {study}.{name}={defaults[name]}"
            ) from None
    return values


def _read(kind: type, value: Any) -> Any:
    """`value` as a `kind`; ValueError when it is none."""
    if isinstance(value, str) and kind is bool:
        value = _TRUTH.get(value.casefold())
    elif isinstance(value, str) or (kind is float and type(value) is int):
        value = kind(value)
    if type(value) is not kind or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError
    return value
