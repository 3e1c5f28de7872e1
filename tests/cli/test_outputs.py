"""A place where nothing can be written is found before anything is calculated."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Terminal


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "afile"
    path.write_text("kept")
    return path


@pytest.mark.parametrize(
    "command",
    [
        "render googlenet@distilled/conv2:0 --out {}",
        "activations photo.png lenet5 --out {}",
        "gallery run lenet5@random --out {}",
        "rf alexnet --html {}.html",
        "rf alexnet --plot {}.png",
        "probe lenet5/c1:0 --plot {}.png",
    ],
)
@pytest.mark.parametrize("place", ["afile/x", "afile/deeper/x", "/proc/x"])
def test_nothing_can_be_written_there(
    vizkit: Terminal, file: Path, monkeypatch: pytest.MonkeyPatch, command: str, place: str
) -> None:
    if place.startswith("/proc") and not Path("/proc/self").exists():
        pytest.skip("no /proc on this system")
    monkeypatch.chdir(file.parent)
    done = vizkit(*command.format(place).split())
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("UsageError: --") and "Name another place." in done.err
    assert len(done.err.splitlines()) == 2
    assert [path.name for path in file.parent.iterdir()] == ["afile"]
    assert file.read_text() == "kept"


def test_a_folder_is_no_file_and_a_file_no_folder(vizkit: Terminal, file: Path) -> None:
    assert "is a folder" in vizkit("rf", "lenet5", "--html", file.parent).err
    assert "is a file" in vizkit("render", "lenet5@random/c1:0", "--out", file).err
