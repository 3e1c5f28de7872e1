from __future__ import annotations

import os
from pathlib import Path

import pytest

from vizkit.files import write_bytes


def test_files_appear_in_one_move(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "deep" / "file"
    write_bytes(path, b"one")

    def fail(self: Path, target: Path) -> Path:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_bytes(path, b"two, longer")
    assert path.read_bytes() == b"one"
    assert [each.name for each in path.parent.iterdir()] == ["file"]


def test_equal_bytes_are_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_bytes(path, b"one")
    os.utime(path, (1, 1))
    write_bytes(path, b"one")
    assert path.stat().st_mtime == 1
    write_bytes(path, b"two")
    assert path.stat().st_mtime > 1
