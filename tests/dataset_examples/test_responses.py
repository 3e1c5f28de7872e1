"""Responses on disk: in any order, in any number of files, always the same bytes."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vizkit.dataset_examples import Responses
from vizkit.dataset_examples import responses as module
from vizkit.errors import UsageError


def table(images: int, units: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """States, responses and positions of images, of which every fifth is broken."""
    rng = np.random.default_rng(images * 31 + units)
    states = np.where(np.arange(images) % 5 == 3, 2, 1).astype(np.uint8)
    shown = (states == 1)[:, None]
    values = (rng.normal(size=(images, units)) * shown).astype(np.float32)
    positions = (rng.integers(0, 99, (images, units)) * shown).astype(np.int32)
    return states, values, positions


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_shards_in_any_order_merge_to_the_bytes_of_one_pass(data: st.DataObject) -> None:
    images, units = data.draw(st.integers(1, 40)), data.draw(st.integers(1, 6))
    cuts = sorted({0, images, *data.draw(st.lists(st.integers(0, images), max_size=6))})
    parts = [slice(*pair) for pair in pairwise(cuts)]
    owners = [data.draw(st.integers(0, 2)) for _ in parts]
    order = data.draw(st.permutations(range(len(parts))))
    about = {"images": images, "units": [f"c:{unit}" for unit in range(units)]}
    states, values, positions = table(images, units)
    with tempfile.TemporaryDirectory() as folder:
        whole = Responses(Path(folder) / "whole", about)
        whole.write(0, states, values, positions)
        shards = [Responses(Path(folder) / str(number), about) for number in range(3)]
        for number in order:
            part = parts[number]
            shards[owners[number]].write(part.start, states[part], values[part], positions[part])
        for other in data.draw(st.permutations(shards[1:])):
            shards[0].merge(other)
        assert shards[0].complete
        assert shards[0].path.read_bytes() == whole.path.read_bytes()


@pytest.mark.parametrize("block", [1, 20, 1000])
def test_columns_are_those_that_were_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(module, "_BLOCK", block)
    states, values, positions = table(17, 7)
    responses = Responses(tmp_path / "r", {"images": 17, "units": list("abcdefg")})
    responses.write(0, states, values, positions)
    shown = states == 1
    assert responses.numbers().tolist() == np.flatnonzero(shown).tolist()
    assert responses.skipped().tolist() == [3, 8, 13]
    read = list(responses.columns())
    assert [number for number, _, _ in read] == list(range(7))
    for number, column, places in read:
        assert np.array_equal(column, values[shown, number])
        assert np.array_equal(places, positions[shown, number])


def test_files_of_something_else_are_refused(tmp_path: Path) -> None:
    about = {"images": 3, "units": ["a"]}
    first = Responses(tmp_path / "a", about)
    assert not first.complete and not len(first.numbers())
    with pytest.raises(UsageError, match="no responses of these units"):
        Responses(tmp_path / "a", {"images": 3, "units": ["b"]})
    (tmp_path / "cut").write_bytes((tmp_path / "a").read_bytes()[:-1])
    with pytest.raises(UsageError, match="no responses of these units"):
        Responses(tmp_path / "cut", about)
    with pytest.raises(UsageError, match="not of the same units"):
        first.merge(Responses(tmp_path / "b", {"images": 3, "units": ["b"]}))
