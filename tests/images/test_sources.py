"""What callers give for images, and what is said of what they cannot be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from vizkit.errors import UsageError
from vizkit.images.folder import PhotoFolder
from vizkit.images.preprocessing import Preprocessing
from vizkit.images.sources import image_set

GRAY = Preprocessing((0.5,), (0.25,), (24, 20))


@pytest.mark.parametrize(
    ("images", "size", "message"),
    [
        ("photos", None, r"'photos' is no set of images. Did you mean 'photographs'\?"),
        ("xyz", None, r"Sets: all_photographs, digits, noise, photographs\..*\n.*a folder or"),
        (Path("none"), None, "'none' is not a folder"),
        ([torch.rand(1, 1, 24, 20)], None, "a list was given where images are asked for by number"),
        (torch.rand(24, 20), None, r"shape \(24, 20\) are not what the network takes"),
        (torch.rand(2, 3, 24, 20), None, r"takes.\n  Give B x 1 x H x W in \[0, 1\]"),
        (torch.rand(0, 1, 24, 20), None, "are not what the network takes"),
        (torch.rand(2, 1, 9, 9), (9, 8), r"input_size=\(9, 8\) was given for images of \(9, 9\)"),
        (image_set("noise", GRAY), (9, 8), r"input_size=\(9, 8\) was given for images of"),
        (
            image_set("noise", Preprocessing((0.5,) * 3, (0.25,) * 3, (24, 20))),
            None,
            "3 x 24 x 20.* is not for a network of 1 input channels",
        ),
    ],
)
def test_what_cannot_be_shown_is_refused(images, size, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        image_set(images, GRAY, size)


@pytest.fixture
def photographs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the working directory that is called like a set, with one picture."""
    monkeypatch.chdir(tmp_path)
    folder = Path("photographs")
    folder.mkdir()
    # A bright frame around what a crop of 24 x 20 keeps.
    pixels = np.full((48, 40), 255, dtype=np.uint8)
    pixels[12:36, 10:30] = 51
    Image.fromarray(pixels).save(folder / "one.png")
    return folder


def test_a_folder_called_like_a_set_takes_its_place_only_as_a_path(photographs: Path) -> None:
    assert len(image_set("photographs", GRAY)) == 8
    for given in (photographs, "./photographs", str(photographs.resolve())):
        found = image_set(given, GRAY)
        assert isinstance(found, PhotoFolder)
        assert (found.name, len(found)) == ("photographs", 1)


def test_another_size_shows_as_much_of_a_photograph_as_fits(photographs: Path) -> None:
    """At its own size the network crops as it was trained to, here without resizing."""
    own, other = image_set(photographs, GRAY), image_set(photographs, GRAY, (12, 10))
    assert own[0].unique().tolist() == pytest.approx([0.2])
    assert other.size == (12, 10)
    assert other[0][0, 0, 0, 0].item() == pytest.approx(1)
    assert other[0][0, 0, 6, 5].item() == pytest.approx(0.2)


def test_a_tensor_is_the_set_of_its_images() -> None:
    given = torch.rand(3, 1, 9, 9, dtype=torch.float64, requires_grad=True)
    found = image_set(given, GRAY)
    assert found.size == (9, 9)
    assert not found[0].requires_grad
    assert torch.equal(found[2], given[2:].detach().float())
    assert torch.equal(found.tensor(), given.detach().float())
