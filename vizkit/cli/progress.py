"""A progress bar with the time left, on stderr; one line per block where stderr is no terminal."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vizkit.gallery.run import Progress

_BAR = "{desc:<34.34} {bar} {percentage:3.0f} %  {elapsed}<{remaining}"


class ProgressBar:
    """Progress of work whose amount is a number; use as a context manager.

    Parameters
    ----------
    total : amount of work.
    quiet : show nothing.
    """

    def __init__(self, total: float, *, quiet: bool) -> None:
        self._total = total
        self._done = 0.0
        self._shown = ""
        self._quiet = quiet
        self._lines = not quiet and not sys.stderr.isatty()
        self._started = time.monotonic()
        self._bar: Any = None

    def __enter__(self) -> ProgressBar:
        from tqdm import tqdm

        self._bar = tqdm(
            total=self._total,
            file=sys.stderr,
            disable=self._quiet or self._lines,
            bar_format=_BAR,
            leave=False,
            mininterval=0.2,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.close()

    def within(self, part: float, what: str) -> None:
        """Show that `part` of the work after what is done is done too."""
        self.to(self._done + part, what)

    def to(self, done: float, what: str) -> None:
        """Show that `done` of the total is done and `what` is in work."""
        if self._bar.disable:
            return
        self._bar.set_description_str(what, refresh=False)
        self._bar.update(min(done, self._total) - self._bar.n)

    def advance(self, amount: float) -> None:
        """Note that `amount` more is done for good."""
        self._done += amount
        self.to(self._done, "")
        if self._lines:
            self.line(f"{self._done:.0f} of {self._total:.0f} units")

    def follow(self, now: Progress) -> None:
        """Show the progress of a gallery run; where there is no bar, a line for each block."""
        share = now.done / now.total
        self.to(share * self._total, now.address)
        if now.address and now.address != self._shown:
            self._shown = now.address
            self.line(f"{100 * share:3.0f} %  {self.left(share):>5} left  {now.address}")

    def line(self, text: str) -> None:
        """Print a line, where there is no bar."""
        if self._lines:
            print(text, file=sys.stderr, flush=True)

    def left(self, share: float) -> str:
        """Time left, e.g. ``"1:20"``, when `share` of the work is done."""
        if share <= 0:
            return "?"
        seconds = round((time.monotonic() - self._started) * (1 / share - 1))
        return f"{seconds // 60}:{seconds % 60:02d}"
