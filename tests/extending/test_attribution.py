"""A method of attribution in one file outside of the package."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

import vizkit

FILE = """
import vizkit

METHOD = vizkit.attribution.Method("How bright it is.", lambda question: question.image.mean(1))
vizkit.attribution.METHODS.register("brightness", METHOD)
"""


@pytest.fixture
def brightness() -> Iterator[None]:
    exec(FILE, {})
    yield
    vizkit.attribution.METHODS.remove("brightness")


def test_a_strangers_method_is_one_of_them(brightness: None) -> None:
    images = torch.rand(2, 1, 32, 32)
    found = vizkit.attribute("lenet5@random", "c1:0", images, "brightness")
    torch.testing.assert_close(found.maps, images[:, 0])
    assert found.sanity == pytest.approx((1, 1))  # the weights play no part in it
