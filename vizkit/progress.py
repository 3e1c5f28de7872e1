"""Progress of long work: what a callback is told, and a bar that shows it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

_BAR = "{desc:<34.34} {bar} {percentage:3.0f} %  {elapsed}<{remaining}"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far some work is; what ``progress=`` is called with, in every verb.

    Attributes
    ----------
    done, total : work so far and in all, in one unit: steps, passes, images or seconds.
    what : what is in work, e.g. ``"vgg16@hed/conv4_3:0-3"``.
    """

    done: float
    total: float
    what: str


OnProgress = Callable[[Progress], None]
"""Called often while work is done, from the thread that does it."""


class ProgressBar:
    """A bar on stderr with the time left; without a terminal a line at each thing and each tenth.

    Parameters
    ----------
    quiet : show nothing.

    Examples
    --------
    Any verb takes it as ``progress=bar``, and calls it so:

    >>> with ProgressBar(quiet=True) as bar:
    ...     bar(Progress(3, 8, "vgg16@hed/conv4_3:0-3"))
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._lines = not quiet and not sys.stderr.isatty()
        self._shown = ("", 0)
        self._started = time.monotonic()
        self._bar: Any = None

    def __enter__(self) -> ProgressBar:
        from tqdm import tqdm

        self._bar = tqdm(
            total=1.0,
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

    def __call__(self, now: Progress) -> None:
        """Show `now`."""
        share = min(now.done / now.total, 1.0) if now.total else 1.0
        if not self._bar.disable:
            self._bar.set_description_str(now.what, refresh=False)
            self._bar.update(share - self._bar.n)
        elif self._lines and (now.what, int(10 * share)) != self._shown:
            self._shown = now.what, int(10 * share)
            self.line(f"{100 * share:3.0f} %  {self._left(share):>5} left  {now.what}")

    def line(self, text: str) -> None:
        """Print a line, where there is no bar."""
        if self._lines:
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()

    def _left(self, share: float) -> str:
        """Time left, e.g. ``"1:20"``, when `share` of the work is done."""
        if share <= 0:
            return "?"
        seconds = round((time.monotonic() - self._started) * (1 / share - 1))
        return f"{seconds // 60}:{seconds % 60:02d}"
