"""Objectives: their arithmetic, their texts, and what they are worth."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

import vizkit
from tests.rendering.planted import wrap
from vizkit import Network, Recipe
from vizkit.errors import AddressError, NotFoundError, UnitNotFoundError, UsageError
from vizkit.rendering import Seen, parse_objective
from vizkit.rendering.measure import measure
from vizkit.rendering.objective import Objective

QUICK = Recipe(steps=4, wake_steps=2, rescues=0, dtype="float32")
SMALL: dict[str, Any] = {"size": 24, "recipe": QUICK}


@pytest.fixture(scope="module")
def lenet() -> Network:
    return vizkit.load("lenet5@random")


@pytest.fixture(scope="module")
def images() -> Tensor:
    return torch.rand(3, 1, 32, 32, generator=torch.Generator().manual_seed(0))


def worth(network: Network, objective: Objective, images: Tensor) -> Tensor:
    return measure(network, objective.take([0] * len(images)), images)[0]


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
    for text in (
        "c3:1",
        "-c3:1",
        "c3:1 + 0.5*c3:2 - 0.1*tv",
        "2*c3:1@3,4 - l2",
        "layer(c1) + tv",
        "c3:1 + 0.5*diversity",
        "c3:1 - diversity(c1)",
        "-2*c3:1",
    ):
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
    (unit,) = vizkit.render(lenet, "c3:4", recipe=QUICK)
    (text,) = vizkit.render(lenet, "c3:4", recipe=QUICK)
    assert torch.equal(unit.image, text.image)
    assert unit.final == text.final


def test_pictures_rise_in_their_own_objective(lenet: Network) -> None:
    recipe = Recipe(steps=24, dtype="float32", canvas="pixel")
    for text in ("c3:1 + 0.5*c3:2 - 0.1*tv", "layer(c3)", "-logits:3"):
        (picture,) = vizkit.render(lenet, text, recipe=recipe)
        assert picture.final > picture.initial
        assert picture.address == f"lenet5@random/{text}"


def test_regularizers_do_what_they_say(lenet: Network) -> None:
    def roughness(regularizers: str) -> float:
        recipe = Recipe(steps=24, dtype="float32", regularizers=regularizers)
        (picture,) = vizkit.render(lenet, "c3:1", recipe=recipe)
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
        ("c3:1-0.1*tv", UsageError, r"Write 'c3:1 - 0\.1\*tv': blanks around \+ and -"),
        ("layer(c3)+c3:1@2,2", UsageError, r"Write 'layer\(c3\) \+ c3:1@2,2'"),
        ("c3:1 - 0.1tv", UsageError, r"Write 'c3:1 - 0\.1\*tv'"),
        ("0.1 tv", UsageError, r"Write '0\.1\*tv'"),
        ("fully-connected:1", NotFoundError, "'fully-connected' is not a layer"),
    ],
)
def test_mistakes_are_named(lenet: Network, text: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        parse_objective(text, lenet)


def test_an_objective_made_by_arithmetic_is_that_of_its_text(lenet: Network) -> None:
    one, other = parse_objective("c3:1", lenet), parse_objective("c1:2", lenet)
    (made,) = vizkit.render(lenet, one - 0.5 * other, recipe=QUICK)
    (text,) = vizkit.render(lenet, "c3:1 - 0.5*c1:2", recipe=QUICK)
    assert made.address == text.address == "lenet5@random/c3:1 - 0.5*c1:2"
    assert torch.equal(made.image, text.image)


def test_what_looks_at_pictures_alone_is_no_response(lenet: Network) -> None:
    """Terms in the text are as those of a recipe: in the score, and not in what is measured."""
    for text in ("c3:1 - 9*tv", "l2 + c3:1", "c3:1 - tv + 0.1*l1 - l2"):
        (picture,) = vizkit.render(lenet, text, recipe=QUICK)
        with torch.no_grad(), vizkit.capture(lenet, ["c3"]) as acts:
            lenet(picture.image[None])
            response = acts["c3"][0, 1]
        assert picture.objective == text and picture.address == f"lenet5@random/{text}"
        assert picture.final == pytest.approx(float(response.mean()))
        assert picture.peak == pytest.approx(float(response.max()))
    (other,) = vizkit.render(lenet, "c3:1 + 0.5*c3:2 - 9*tv", recipe=QUICK)
    with torch.no_grad(), vizkit.capture(lenet, ["c3"]) as acts:
        lenet(other.image[None])
        one, two = acts["c3"][0, 1:3].mean((1, 2)).tolist()
    assert other.final == pytest.approx(one + 0.5 * two)


def test_the_negative_of_a_unit_goes_below_its_relu(images: Tensor) -> None:
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3))
    with torch.no_grad():
        plain[1].bias.fill_(1.0)
    (linear,) = vizkit.render(wrap(plain), "-1:2", **SMALL)
    (rectified,) = vizkit.render(wrap(nn.Sequential(*plain, nn.ReLU())), "-1:2", **SMALL)
    assert torch.equal(linear.image, rectified.image)
    assert rectified.objective == "-1:2" and rectified.final == linear.final > linear.initial


def test_of_a_difference_both_terms_are_responses(lenet: Network) -> None:
    net = wrap(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()))
    flat = torch.full((1, 3, 8, 8), 0.5)
    with torch.no_grad():
        net.module[0].bias.copy_(torch.tensor([2.0, -3.0, 0.0, 0.0]))
        maps = net.module(net.preprocessing(flat))
        expected = maps[:, 0].mean() - maps[:, 1].mean()
    assert worth(net, parse_objective("0:0 - 0:1", net), flat).item() == pytest.approx(
        float(expected)
    )


def test_random_numbers_do_not_go_by_regularizers(lenet: Network) -> None:
    """A picture with one begins where the one without it does."""
    recipes = (QUICK, replace(QUICK, regularizers="9*tv"))
    starts: list[Tensor] = []
    for recipe in recipes:
        vizkit.render(
            lenet, "c3:1", recipe=recipe, progress=lambda step: starts.append(step.images)
        )
    assert torch.equal(starts[0], starts[QUICK.steps])
    assert not torch.equal(starts[QUICK.steps - 1], starts[-1])


def test_a_neuron_in_a_sum_keeps_its_place(lenet: Network) -> None:
    recipe = replace(QUICK, views="")
    (sum_,) = vizkit.render(lenet, "c3:1@2,3 - 0.01*tv", recipe=recipe)
    (neuron,) = vizkit.render(lenet, "c3:1@2,3", recipe=recipe)
    assert sum_.canvas_size == neuron.canvas_size == lenet.input_size
    with pytest.raises(UnitNotFoundError, match=r"position \(9, 9\) is outside of the 4 x 4 map"):
        vizkit.render(lenet, "c3:0@9,9 - tv", size=20, recipe=recipe)


def test_diversity_sets_pictures_apart(lenet: Network) -> None:
    recipe = Recipe(steps=24, dtype="float32")
    alone = vizkit.render(lenet, "2*c3:1", count=3, recipe=recipe)
    apart = vizkit.render(lenet, "2*c3:1 + 9*diversity", count=3, recipe=recipe)
    assert [each.address for each in apart] == [
        "lenet5@random/2*c3:1 + 9*diversity",
        "lenet5@random/2*c3:1 + 9*diversity#1",
        "lenet5@random/2*c3:1 + 9*diversity#2",
    ]
    assert spread(apart) > 1.5 * spread(alone) > 0


def spread(renders: vizkit.Renders) -> float:
    images = torch.stack([each.image for each in renders])
    return min(float((images[a] - images[b]).square().mean()) for a, b in ((0, 1), (0, 2), (1, 2)))


def test_several_pictures_of_a_unit_begin_differently(lenet: Network) -> None:
    first, second = vizkit.render(lenet, "c3:1", count=2, recipe=QUICK)
    (alone,) = vizkit.render(lenet, "c3:1", recipe=QUICK)
    assert first.address == alone.address and second.address == "lenet5@random/c3:1#1"
    torch.testing.assert_close(first.image, alone.image, atol=1e-3, rtol=0)
    assert (first.image - second.image).abs().max() > 0.01


@pytest.mark.parametrize(
    ("what", "options", "words"),
    [
        (["c3:1", "c3:2"], {"count": 2}, "one objective or unit"),
        ("c3:1-2", {"count": 2}, "names 2 units"),
        ("-c3:1", {"neuron": True}, "go with units"),
        ("c3:1 + tv", {"block_size": 4}, "go with units"),
    ],
)
def test_options_that_do_not_go_together(lenet: Network, what, options, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        vizkit.render(lenet, what, recipe=QUICK, **options)


def test_diversity_is_of_every_two_pictures(lenet: Network, images: Tensor) -> None:
    """By hand, in the outputs of a layer."""
    with torch.no_grad(), vizkit.capture(lenet, ["c1"]) as acts:
        lenet(images)
        points = acts["c1"].flatten(1).unbind()
    logs = [
        [math.log(float((a - b).square().mean().sqrt())) for b in points if b is not a]
        for a in points
    ]
    by_hand = torch.tensor([sum(row) / 2 for row in logs])
    torch.testing.assert_close(
        worth(lenet, parse_objective("diversity(c1)", lenet), images), by_hand
    )


def test_diversity_of_one_picture_is_refused(lenet: Network) -> None:
    with pytest.raises(UsageError, match=r"compares pictures.*\n.*count=4"):
        vizkit.render(lenet, "c3:1 + diversity", recipe=QUICK)
    with pytest.raises(UsageError, match="count=65 is out of range"):
        vizkit.render(lenet, "c3:1 + diversity", count=65, recipe=QUICK)


def test_what_looks_at_pictures_alone_is_refused(lenet: Network) -> None:
    with pytest.raises(UsageError, match="looks at pictures alone"):
        vizkit.render(lenet, "tv", recipe=QUICK)
