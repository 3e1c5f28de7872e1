"""Seeds: a unit's random numbers come from its address and the user's seed alone."""

from __future__ import annotations

import hashlib

import torch


def unit_generator(key: str, seed: int, attempt: int) -> torch.Generator:
    """CPU generator of a unit: the same whatever its neighbors, block, shard and order.

    Parameters
    ----------
    key : the unit's canonical address, with module path and weights tag.
    seed : the user's seed.
    attempt : 0, or the number of the rescue.
    """
    digest = hashlib.sha256(f"{key}|{seed}|{attempt}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "little") >> 1)
