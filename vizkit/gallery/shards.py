"""Shards: shares of a plan's work for several machines, about equally long."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from vizkit.errors import UsageError
from vizkit.gallery.pieces import Piece, pieces
from vizkit.gallery.plan import Plan
from vizkit.gallery.registry import find
from vizkit.networks.network import Network


def cost(network: Network, piece: Piece) -> float:
    """Seconds that a piece takes, as its study estimates them."""
    study = find(piece.study)
    return 0.0 if study is None else study.cost(network, piece)


def deal(costs: Sequence[float], count: int) -> list[int]:
    """Number of the share, from 0, that each piece goes to.

    The dearest piece goes first, always to the share that has least: no share then exceeds the mean
    by more than one piece, and the longest takes at most 4/3 of the shortest possible time (Graham,
    "Bounds on multiprocessing timing anomalies", 1969).

    Examples
    --------
    >>> deal([1, 1, 5, 1, 2], 2)
    [1, 1, 0, 1, 1]
    """
    shares = [0] * len(costs)
    loads = [(0.0, 0, share) for share in range(count)]
    for place in sorted(range(len(costs)), key=lambda place: -costs[place]):
        load, dealt, share = loads[0]
        shares[place] = share
        heapq.heapreplace(loads, (load + costs[place], dealt + 1, share))
    return shares


def shard_pieces(network: Network, plan: Plan, shard: tuple[int, int]) -> list[Piece]:
    """Pieces of the k-th of n shares, in order; whatever is done, so that shares never overlap.

    Parameters
    ----------
    network : of the plan.
    shard : (k, n).

    Raises
    ------
    UsageError : there is no such share.
    """
    number, count = shard
    if not 1 <= number <= count:
        raise UsageError(
            f"shard {number}/{count} does not exist.\n  Give 1/{count} to {count}/{count}."
        )
    work = list(pieces(plan))
    shares = deal([cost(network, piece) for piece in work], count)
    return [piece for piece, share in zip(work, shares, strict=True) if share == number - 1]
