"""Batches of any source: every image once, in order, in one shape."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from vizkit.errors import UsageError
from vizkit.images.batches import ImageBatches
from vizkit.images.preprocessing import Preprocessing

GRAY = Preprocessing((0.5,), (0.25,), (24, 20))


@given(
    parts=st.lists(st.integers(1, 7), min_size=1, max_size=6),
    size=st.integers(1, 9),
    single=st.booleans(),
)
def test_every_image_comes_once_and_in_order(parts: list[int], size: int, single: bool) -> None:
    images = torch.arange(sum(parts), dtype=torch.float32).view(-1, 1, 1, 1) / 100
    stream = list(images) if single else list(torch.split(images, parts))
    for source in (images, stream, iter(stream)):
        batches = list(ImageBatches(source, GRAY, size))
        assert torch.equal(torch.cat(batches), images)
        assert all(len(batch) == size for batch in batches[:-1])
        assert 1 <= len(batches[-1]) <= size


def test_a_folder_tells_what_it_passed_over(tmp_path: Path) -> None:
    for name in "ac":
        Image.fromarray(np.zeros((24, 20), dtype=np.uint8)).save(tmp_path / f"{name}.png")
    (tmp_path / "b.txt").write_text("no picture")
    batches = ImageBatches(tmp_path, GRAY, 1)
    assert batches.skipped == ()
    assert [tuple(batch.shape) for batch in batches] == [(1, 1, 24, 20)] * 2
    assert [name for name, _ in batches.skipped] == ["b.txt"]


def test_a_stream_is_read_no_further_than_asked() -> None:
    read = []

    def stream():
        for number in range(100):
            read.append(number)
            yield torch.zeros(1, 1, 2, 2)

    batches = ImageBatches(stream(), GRAY, 4)
    assert read == [] and batches.skipped == ()
    next(batches)
    assert len(read) == 4


def test_what_makes_no_batch_is_refused() -> None:
    with pytest.raises(UsageError, match="'photos' is no set of images"):
        ImageBatches("photos", GRAY, 2)
    with pytest.raises(UsageError, match="there are no images"):
        next(ImageBatches([], GRAY, 2))
    mixed = ImageBatches([torch.zeros(1, 1, 3, 3), torch.zeros(1, 1, 3, 4)], GRAY, 2)
    with pytest.raises(UsageError, match=r"shape \(1, 3, 4\) came after one of \(1, 3, 3\)"):
        next(mixed)
    with pytest.raises(UsageError, match="are not what the network takes"):
        next(ImageBatches([torch.zeros(1, 3, 3, 3)], GRAY, 2))
