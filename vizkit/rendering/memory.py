"""Memory that is too small, in the words of every device."""

from __future__ import annotations

import torch


def is_out_of_memory(error: Exception) -> bool:
    """Whether `error` says that the memory is too small."""
    # The CPU's allocator raises a plain RuntimeError.
    return isinstance(error, torch.OutOfMemoryError) or "allocate memory" in str(error)
