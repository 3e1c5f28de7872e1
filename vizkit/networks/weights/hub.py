"""The torch hub's checkpoint folder, the one place where downloaded weights are kept."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable
from importlib import resources
from pathlib import Path

from vizkit.files import replacing
from vizkit.networks.weights.sources import Packaged, WeightsFile


def folder() -> Path:
    """Folder of checkpoints, under ``TORCH_HOME`` where that is set; it need not exist yet."""
    torch = sys.modules.get("torch")
    if torch is not None:
        return Path(torch.hub.get_dir()) / "checkpoints"
    # What torch says, as long as nobody has told it otherwise; importing it takes seconds.
    home = os.environ.get("TORCH_HOME") or f"{os.environ.get('XDG_CACHE_HOME', '~/.cache')}/torch"
    return Path(home).expanduser() / "hub" / "checkpoints"


def offline() -> bool:
    """True when ``VIZKIT_OFFLINE`` forbids every download."""
    return os.environ.get("VIZKIT_OFFLINE", "").strip().lower() not in ("", "0", "no", "false")


def place(weights: WeightsFile) -> Path:
    """Where the file of `weights` is, or would be once fetched."""
    if isinstance(weights.road, Packaged):
        return Path(str(resources.files("vizkit.networks.weights").joinpath("data", weights.file)))
    return folder() / weights.file


def sha256(path: Path) -> str:
    """SHA-256 of a file, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(path: Path, chunks: Iterable[bytes], *, sha256: str) -> bool:
    """Write `chunks` to `path` in one move, if their hash begins with `sha256`; False if not."""
    digest = hashlib.sha256()
    with replacing(path) as part:
        with part.open("wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                file.write(chunk)
        right = digest.hexdigest().startswith(sha256)
        if not right:
            part.unlink()
    return right
