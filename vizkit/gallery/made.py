"""What came of making a gallery."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vizkit.gallery.states import Failure
from vizkit.result import Result
from vizkit.text import random_badge


@dataclass(frozen=True, slots=True, repr=False)
class Made(Result):
    """What `make` did.

    Attributes
    ----------
    computed : records that were written; 0 when everything was there.
    failed : units that could not be computed, in order.
    index : the page to open; None for a share, whose pages are built when all shares are there.
    random : networks with random weights, of those that lacked something.
    """

    computed: int
    failed: tuple[Failure, ...]
    index: Path | None = None
    random: tuple[str, ...] = ()

    def __repr__(self) -> str:
        where = self.index or "a share"
        return f"<Made of {self.computed} new records, {len(self.failed)} failed: {where}>"

    def __str__(self) -> str:
        """What failed and what is random, then how much is new and where."""
        return "\n".join(
            [
                *(f"failed: {failure.address}: {failure.error}" for failure in self.failed),
                *(f"{random_badge(source)}; every page says so." for source in self.random),
                f"{self.computed} new records: {self.index or 'a share, without pages'}",
            ]
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain data: number of records, failures, the page, networks with random weights."""
        return {
            "computed": self.computed,
            "failures": [asdict(failure) for failure in self.failed],
            "index": None if self.index is None else str(self.index),
            "random": list(self.random),
        }
