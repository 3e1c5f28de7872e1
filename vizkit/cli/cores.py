"""How many cores this process may use, and whether others keep them busy."""

from __future__ import annotations

import os
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def usable() -> int:
    """Cores that this process may use: fewer than the machine has in a container or under taskset.

    Examples
    --------
    >>> 1 <= usable() <= os.cpu_count()
    True
    """
    pinned = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(pinned or 1, _quota() or pinned or 1)


def _quota() -> int | None:
    """Cores' worth of time that the control group allows, rounded up; None without a limit."""
    try:
        allowed, period = _QUOTA.read_text().split()
        return max(-(-int(allowed) // int(period)), 1)
    except (OSError, ValueError, ZeroDivisionError):
        return None


def busy() -> float | None:
    """Programs that wanted a core of the machine at one time, over the last minute on average."""
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):
        return None  # Windows keeps no such number


def hints(threads: int) -> list[str]:
    """What to know before computing with `threads` threads; empty where all is well.

    The threads of one operation wait for each other, so one that must share its core holds up the
    others, in every operation anew.
    """
    if threads < 2:
        return []
    reasons, cores, all_of_them = [], usable(), os.cpu_count() or 1
    if threads > cores:
        reasons.append(f"{threads} threads, but {cores} usable {'core' if cores == 1 else 'cores'}")
    if (load := busy()) is not None and load > all_of_them:
        reasons.append(f"{load:.1f} programs compete for {all_of_them} cores")
    return [
        f"{reason}: threads that wait for each other can make a step 20 times slower.\n"
        "  Type before the command: OMP_NUM_THREADS=1"
        for reason in reasons
    ]
