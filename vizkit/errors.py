"""One error tree: every message says what was given, what is allowed, and what to type next.

Each class carries the exit code that the command line returns for it: 2 for a mistake in what was
asked, 3 for something that the machine lacks (weights, an optional package, a device), 1 for a
computation that could not be finished.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class VizkitError(Exception):
    """Root of every error that vizkit raises on purpose."""

    exit_code = 1


class UsageError(VizkitError, ValueError):
    """An argument that cannot be meant: wrong form, wrong range, wrong combination."""

    exit_code = 2


class AddressError(UsageError):
    """A string that is not the address of a unit."""


class NotFoundError(UsageError, LookupError):
    """A name that does not exist, with the nearest one that does."""


class NetworkNotFoundError(NotFoundError):
    """A network name that vizkit does not know."""


class LayerNotFoundError(NotFoundError):
    """A layer name that the network does not have."""


class UnitNotFoundError(NotFoundError):
    """A channel, position or class that the layer does not have."""


class MissingError(VizkitError):
    """Something outside vizkit is missing: weights, an optional package, a device."""

    exit_code = 3


class WeightsNotFoundError(MissingError, FileNotFoundError):
    """Weights that are neither in the cache nor reachable."""


class WeightsInvalidError(MissingError, ValueError):
    """A weights file that is damaged, is not the expected one, or does not fit the network."""


class DeviceError(MissingError, RuntimeError):
    """A device or a number format that this machine does not have."""


class RenderError(VizkitError, RuntimeError):
    """A rendering that could not be finished: non-finite values, out of memory."""


class FieldError(VizkitError, RuntimeError):
    """A receptive field that cannot be seen: not finite, or calls that depend on the input."""


class StoreError(VizkitError, ValueError):
    """A gallery folder that cannot be used as asked; nothing in it was changed."""

    exit_code = 2


def nearest(given: str, allowed: Iterable[str], *, most: int = 3) -> str:
    """Sentence that names the allowed strings nearest to `given`, or an empty string.

    Examples
    --------
    >>> nearest("inception4C", ["inception4b", "inception4c"])
    "Did you mean 'inception4c' or 'inception4b'?"
    >>> nearest("zzz", ["conv1"])
    ''
    """
    by_folded: dict[str, str] = {}
    for name in allowed:
        by_folded.setdefault(name.casefold(), name)
    folded = difflib.get_close_matches(given.casefold(), by_folded, n=most, cutoff=0.6)
    if not folded:
        return ""
    return "Did you mean " + " or ".join(repr(by_folded[name]) for name in folded) + "?"
