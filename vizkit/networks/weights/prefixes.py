"""Names of weights in a file and in the network, where one has a prefix that the other lacks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from torch import Tensor

from vizkit.errors import WeightsInvalidError


def renamed(
    state: Mapping[str, Tensor], expected: Mapping[str, Tensor], what: str
) -> tuple[Mapping[str, Tensor], str]:
    """`state` under the names of `expected`, and a sentence that says what was done; or as it is.

    Parameters
    ----------
    what : the file, for messages.

    Raises
    ------
    WeightsInvalidError : the whole network is there several times.

    Examples
    --------
    >>> import torch
    >>> state = {"backbone.net.weight": torch.ones(1), "loss.scale": torch.ones(2)}
    >>> found, done = renamed(state, {"weight": torch.ones(1)}, "'w.pth'")
    >>> list(found)
    ['weight']
    >>> done.partition("; ")[2]
    'left out: loss.scale.'
    """
    # Files from before PyTorch 0.4.1 do not count batches.
    needed = {name for name in expected if not name.endswith("num_batches_tracked")}
    if not needed or needed <= state.keys():
        return state, ""
    fitting = Counter(prefix for name in state for prefix, rest in _endings(name) if rest in needed)
    whole = sorted(prefix for prefix, count in fitting.items() if count == len(needed))
    if len(whole) > 1:
        raise WeightsInvalidError(
            f"{what} holds the network {len(whole)} times, under {', '.join(map(repr, whole))}.\n"
            "  Save a file with one of them."
        )
    prefix = max(fitting, key=lambda each: fitting[each], default="")
    if fitting[prefix] > len(needed & state.keys()) and prefix:
        kept = {n.removeprefix(prefix): v for n, v in state.items() if n.startswith(prefix)}
        beside = [name for name in state if not name.startswith(prefix)]
        done = f"{what} names its weights with {prefix!r} in front, which was taken off"
        if beside:
            more = f" and {len(beside) - 1} more" if len(beside) > 1 else ""
            done += f"; left out: {beside[0]}{more}"
        return kept, f"{done}."
    own = _shared_prefix(needed)
    if own and all(name.removeprefix(own) in state for name in needed):
        added = {f"{own}{name}": value for name, value in state.items()}
        return added, f"{what} names its weights without {own!r} in front, which was put there."
    return state, ""


def _endings(name: str) -> Iterator[tuple[str, str]]:
    """Every way to cut a name at one of its dots, as (prefix with the dot, rest)."""
    parts = name.split(".")
    for cut in range(1, len(parts)):
        yield ".".join(parts[:cut]) + ".", ".".join(parts[cut:])


def _shared_prefix(names: Collection[str]) -> str:
    """What all names begin with, up to a dot."""
    prefix = ""
    # What the first and the last in the order of letters share, all share.
    for one, other in zip(min(names).split(".")[:-1], max(names).split("."), strict=False):
        if one != other:
            break
        prefix += f"{one}."
    return prefix
