"""Objectives: their arithmetic, their texts, and what they are worth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

import vizkit
from vizkit import Network, Recipe
from vizkit.errors import AddressError, NotFoundError, UsageError
from vizkit.rendering import Seen, parse_objective
from vizkit.rendering.measure import measure
from vizkit.rendering.objective import Objective

QUICK = Recipe(steps=4, wake_steps=2, rescues=0, dtype="float32")


@pytest.fixture(scope="module")
def lenet() -> Network:
    return vizkit.load("lenet5@random")


@pytest.fixture(scope="module")
def images() -> Tensor:
    return torch.rand(3, 1, 32, 32, generator=torch.Generator().manual_seed(0))


def worth(network: Network, objective: Objective, images: Tensor) -> Tensor:
    return measure(network, objective.take([0] * len(images)), images).mean


def test_a_sum_is_worth_the_sum(lenet: Network, images: Tensor) -> None:
    """By hand, from the layers' outputs."""
    objective = parse_objective("c3:1 + 0.5*logits:7 - 2*tv", lenet)
    with torch.no_grad(), vizkit.capture(lenet, ["c3", "logits"]) as acts:
        lenet(images)
        by_hand = acts["c3"][:, 1].mean((1, 2)) + 0.5 * acts["logits"][:, 7]
    down = (images[:, :, 1:] - images[:, :, :-1]).abs().mean((1, 2, 3))
    right = (images[..., 1:] - images[..., :-1]).abs().mean((1, 2, 3))
    torch.testing.assert_close(worth(lenet, objective, images), by_hand - 2 * (down + right))


@pytest.mark.parametrize("text", ["l1", "l2", "tv", "layer(c3)"])
def test_flat_gray_is_worth_nothing_to_what_looks_at_contrast(lenet: Network, text: str) -> None:
    flat = torch.full((1, 1, 32, 32), 0.5)
    found = worth(lenet, parse_objective(text, lenet), flat)
    if text == "layer(c3)":
        with torch.no_grad(), vizkit.capture(lenet, ["c3"]) as acts:
            lenet(flat)
            torch.testing.assert_close(found, acts["c3"].square().mean((1, 2, 3)))
    else:
        assert float(found) == 0


def test_texts_are_read_back(lenet: Network) -> None:
    for text in ("c3:1", "-c3:1", "c3:1 + 0.5*c3:2 - 0.1*tv", "2*c3:1@3,4 - l2", "layer(c1) + tv"):
        assert str(parse_objective(text, lenet)) == text
    assert parse_objective("  c3:1   +  1e-1 * tv", lenet) == parse_objective(
        "c3:1 + 0.1*tv", lenet
    )


def test_equal_terms_add_up_and_cancel(lenet: Network) -> None:
    one = parse_objective("c3:1", lenet)
    assert one + one == 2 * one == one * 2
    assert one * -1 * -1 == -1 * -one == one and one - one * 0.5 == 0.5 * one
    with pytest.raises(UsageError, match="gives no gradient"):
        one - one
    with pytest.raises(UsageError, match="gives no gradient"):
        0 * one


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(-4, 4)), min_size=1, max_size=6),
)
def test_arithmetic_is_that_of_numbers(terms: list[tuple[str, int]]) -> None:
    class Letter(Objective):
        def __init__(self, letter: str) -> None:
            self.letter = letter

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Letter) and other.letter == self.letter

        def __hash__(self) -> int:
            return hash(self.letter)

        def name(self, lane: int = 0) -> str:  # noqa: ARG002
            return self.letter

        def score(self, seen: Seen) -> Tensor:
            return seen.images * {"a": 1.0, "b": 10.0, "c": 100.0}[self.letter]

    value = sum(weight * {"a": 1, "b": 10, "c": 100}[letter] for letter, weight in terms)
    seen = Seen(torch.ones(2), {})
    try:
        total = Letter(terms[0][0]) * terms[0][1]
        for letter, weight in terms[1:]:
            total = total + Letter(letter) * weight
    except UsageError:
        return  # a part of the sum cancels
    assert total.score(seen).tolist() == [value, value]


def test_a_one_hot_direction_is_the_channel_but_for_its_random_numbers(
    lenet: Network, images: Tensor, tmp_path: Path
) -> None:
    vector = np.zeros(16)
    vector[5] = 1
    np.save(tmp_path / "v.npy", vector)
    direction = parse_objective(f"direction(c3, {tmp_path / 'v.npy'})", lenet)
    channel = parse_objective("c3:5", lenet)
    assert torch.equal(worth(lenet, direction, images), worth(lenet, channel, images))
    np.save(tmp_path / "w.npy", vector[:4])
    with pytest.raises(UsageError, match=r"shape \(4,\); c3 has 16 channels"):
        parse_objective(f"direction(c3, {tmp_path / 'w.npy'})", lenet)


def test_a_lone_unit_is_painted_as_ever(lenet: Network) -> None:
    """Its text as an objective gives the same random numbers, and so the same picture."""
    (unit,) = vizkit.render("c3:4", network=lenet, recipe=QUICK)
    (text,) = vizkit.render(network=lenet, objective="c3:4", recipe=QUICK)
    assert torch.equal(unit.image, text.image)
    assert unit.final == text.final


def test_pictures_rise_in_their_own_objective(lenet: Network) -> None:
    recipe = Recipe(steps=24, dtype="float32", canvas="pixel")
    for text in ("c3:1 + 0.5*c3:2 - 0.1*tv", "layer(c3)", "-logits:3"):
        (picture,) = vizkit.render(network=lenet, objective=text, recipe=recipe)
        assert picture.final > picture.initial
        assert picture.address == f"lenet5@random/{text}"


def test_regularizers_do_what_they_say(lenet: Network) -> None:
    def roughness(regularizers: str) -> float:
        recipe = Recipe(steps=24, dtype="float32", regularizers=regularizers)
        (picture,) = vizkit.render("c3:1", network=lenet, recipe=recipe)
        return float((picture.image[:, 1:] - picture.image[:, :-1]).abs().mean())

    assert roughness("100*tv") < 0.5 * roughness("")


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("", UsageError, "empty"),
        ("c3:1 +", AddressError, "is not an address"),
        ("c3:1 + ", UsageError, "lacks a term"),
        ("c3:99", NotFoundError, "channel 99"),
        ("tvv", NotFoundError, "Did you mean 'tv'"),
        ("tv(3)", UsageError, "does not have the arguments"),
        ("c3", NotFoundError, "no objective 'c3'"),
        ("c3:1 & tv", AddressError, "Objectives with a name are"),
    ],
)
def test_mistakes_are_named(lenet: Network, text: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        parse_objective(text, lenet)


def test_what_looks_at_pictures_alone_is_refused(lenet: Network) -> None:
    with pytest.raises(UsageError, match="looks at pictures alone"):
        vizkit.render(network=lenet, objective="tv", recipe=QUICK)
