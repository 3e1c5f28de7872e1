"""The torch hub's checkpoint folder, the one place where downloaded weights are kept."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from importlib import resources
from pathlib import Path

from vizkit.networks.weights.sources import Packaged, WeightsFile


def folder() -> Path:
    """Folder of checkpoints, under ``TORCH_HOME`` where that is set; it need not exist yet."""
    import torch

    return Path(torch.hub.get_dir()) / "checkpoints"


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
    """Write `chunks` to `path` in one step, if their hash begins with `sha256`.

    The bytes go to a temporary file beside `path`, which takes the name only when all of them have
    arrived and the hash is right; otherwise no trace of them is left, and the answer is False.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    part, digest = Path(name), hashlib.sha256()
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                file.write(chunk)
        if not digest.hexdigest().startswith(sha256):
            return False
        # mkstemp makes files that only their owner reads; a hub folder is often shared.
        umask = os.umask(0)
        os.umask(umask)
        part.chmod(0o666 & ~umask)
        part.replace(path)
        return True
    finally:
        part.unlink(missing_ok=True)
