"""Silent units: woken where they can be, reported as dead where not, and never in others' way."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import vizkit
from tests.rendering.planted import GRAY, grating, planted, wrap
from vizkit import Network, Recipe
from vizkit.rendering.silent_units import Waking, waking_relu

RECIPE = Recipe(steps=48, dtype="float32")


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


RELUS: dict[str, Callable[[Tensor], Tensor]] = {
    "torch": torch.relu,
    "function": functional.relu,
    "keyword": lambda x: functional.relu(input=x),
    "module": nn.ReLU(),
    "method": lambda x: x.relu(),
    "module in place": nn.ReLU(inplace=True),
    "function in place": lambda x: functional.relu(x, inplace=True),
    "torch in place": torch.relu_,
    "method in place": lambda x: x.relu_(),
}


@pytest.mark.parametrize("name", RELUS)
def test_every_way_to_write_a_relu_is_woken(name: str) -> None:
    x = (-noise(2, 3, 4, 4).abs() - 1).requires_grad_()
    with Waking():
        out = RELUS[name](x * 1.0)
    assert float(out.detach().abs().max()) == 0
    (gradient,) = torch.autograd.grad(-out.sum(), [x])
    assert bool((gradient.flatten(1).abs().sum(1) > 0).all())
    (plain,) = torch.autograd.grad(-RELUS[name](x * 1.0).sum(), [x])
    assert float(plain.abs().max()) == 0, "outside of the context, a ReLU is a ReLU"


@pytest.mark.parametrize("name", [name for name in RELUS if name.endswith("in place")])
def test_in_place_relus_still_write_into_their_input(name: str) -> None:
    """Some networks call them for their effect and drop what they return."""
    x = noise(2, 3, 4, 4)
    expected = x.clamp(min=0)
    with Waking():
        RELUS[name](x)
    assert torch.equal(x, expected)


def test_values_and_gradients_of_live_images_are_those_of_a_relu() -> None:
    x = noise(4, 3, 5, 5).requires_grad_()
    weights = noise(4, 3, 5, 5, seed=1)
    out = waking_relu(x)
    assert torch.equal(out, functional.relu(x))
    (woken,) = torch.autograd.grad((out * weights).sum(), [x])
    (plain,) = torch.autograd.grad((functional.relu(x) * weights).sum(), [x])
    assert torch.equal(woken, plain)


def test_each_image_is_woken_by_itself() -> None:
    """captum tests the whole batch: one live image leaves all silent ones without help."""
    x = noise(3, 2, 4, 4)
    x[1] = -x[1].abs() - 0.1
    x.requires_grad_()
    (gradient,) = torch.autograd.grad(-waking_relu(x).sum(), [x])
    (plain,) = torch.autograd.grad(-functional.relu(x).sum(), [x])
    assert torch.equal(gradient[[0, 2]], plain[[0, 2]])
    assert float(plain[1].abs().max()) == 0 < float(gradient[1].abs().max())


def test_help_pushes_the_input_up_only() -> None:
    """The loss is minimized: where it would rather have the input lower, silence is right."""
    x = (-noise(1, 2, 4, 4).abs() - 0.1).requires_grad_()
    weights = torch.ones(1, 2, 4, 4)
    weights[:, 1] = -1
    (gradient,) = torch.autograd.grad(-(waking_relu(x) * weights).sum(), [x])
    assert bool((gradient[:, 0] <= 0).all()) and float(gradient[:, 0].sum()) < 0
    assert float(gradient[:, 1].abs().max()) == 0


def test_help_goes_to_the_places_nearest_to_firing() -> None:
    x = (-noise(1, 1, 6, 6).abs() - 0.5).requires_grad_()
    (gradient,) = torch.autograd.grad(-waking_relu(x).sum(), [x])
    assert int(gradient.abs().argmax()) == int(x.argmax())
    assert float(gradient.abs().sum()) == pytest.approx(36, rel=1e-4)


def sparse(bias: float, count: int = 4) -> Network:
    """Gratings behind a bias: silent on gray, awake on their own pattern."""
    filters = torch.stack([grating(9, 2, 180 * each / count)[None] for each in range(count)])
    return wrap(planted(filters, bias), GRAY)


def test_a_unit_that_is_silent_on_gray_wakes() -> None:
    net = sparse(bias=-1.0)
    for picture in vizkit.render(net, "0:0-3", size=40, recipe=RECIPE):
        assert picture.initial == 0 < picture.final
        assert not picture.dead


def test_without_help_it_stays_gray_and_is_reported() -> None:
    recipe = Recipe(steps=24, wake_steps=0, rescues=0, dtype="float32")
    for picture in vizkit.render(sparse(-1.0), "0:0-3", size=40, recipe=recipe):
        assert picture.dead and picture.final == picture.initial == 0
        assert picture.attempts == 1


def test_a_unit_woken_in_the_depth() -> None:
    """The ReLUs of the layer before are silent, too, on gray."""
    first = planted(torch.stack([grating(7, 2, 90.0 * each)[None] for each in range(2)]), -0.5)
    net = wrap(nn.Sequential(*first, nn.Conv2d(2, 2, 3, bias=False), nn.ReLU()), GRAY)
    with torch.no_grad():
        net.module[2].weight.fill_(0.2)
    for picture in vizkit.render(net, "2:0-1", size=40, recipe=RECIPE):
        assert picture.initial == 0 < picture.final
        assert not picture.dead


def test_a_unit_that_cannot_fire_is_dead_and_no_error() -> None:
    net = sparse(bias=0.0)
    with torch.no_grad():
        net.module[0].bias[2] = -1e6
    pictures = vizkit.render(net, "0:0-3", size=40, recipe=RECIPE)
    assert [picture.dead for picture in pictures] == [False, False, True, False]
    assert pictures[2].final == pictures[2].initial == pictures[2].peak == 0
    assert [picture.attempts for picture in pictures] == [1, 1, 1 + RECIPE.rescues, 1]
    assert bool(pictures[2].image.isfinite().all())
    assert "dead" in repr(pictures[2])


def test_zero_weights_are_dead_too() -> None:
    net = sparse(bias=0.0)
    with torch.no_grad():
        net.module[0].weight.zero_()
    assert all(each.dead for each in vizkit.render(net, "0:0-1", size=24, recipe=RECIPE))


def test_a_flat_picture_is_dead_even_with_a_response() -> None:
    """A unit that answers everything equally shows nothing."""
    net = wrap(planted(torch.zeros(1, 1, 3, 3), bias=1.0), GRAY)
    (picture,) = vizkit.render(net, "0:0", size=24, recipe=RECIPE)
    assert picture.final == pytest.approx(1)
    assert picture.dead


def test_negative_responses_without_a_relu_are_not_silence() -> None:
    net = wrap(nn.Sequential(nn.Conv2d(1, 1, 5)), GRAY)
    with torch.no_grad():
        net.module[0].weight.copy_(grating(5, 1, 30)[None, None])
        net.module[0].bias.fill_(-50.0)
    (picture,) = vizkit.render(net, "0:0", size=24, recipe=RECIPE)
    assert picture.final < 0
    assert not picture.dead
    assert picture.attempts == 1


def test_rescued_neighbors_change_nothing() -> None:
    """A unit's picture is the same bit for bit whether others of its block are rescued or not."""
    net = sparse(bias=0.0)
    with torch.no_grad():
        net.module[0].bias[2] = -1e6
    options = {"size": 32, "block_size": 4, "recipe": Recipe(steps=8)}
    together = vizkit.render(net, "0:0-3", **options)  # type: ignore[arg-type]
    for place in (0, 2, 3):
        (alone,) = vizkit.render(net, f"0:{place}", **options)  # type: ignore[arg-type]
        assert torch.equal(alone.image, together[place].image)
        assert (alone.final, alone.attempts) == (together[place].final, together[place].attempts)


def test_rescues_only_improve() -> None:
    """A silent unit that one attempt wakes keeps its picture through the next attempts."""
    net = sparse(bias=-1.0)
    finals = []
    for rescues in (0, 1, 2):
        recipe = Recipe(steps=24, wake_steps=0, rescues=rescues, dtype="float32")
        pictures = vizkit.render(net, "0:0-3", size=40, recipe=recipe)
        finals.append([picture.final for picture in pictures])
    for before, after in pairwise(finals):
        assert all(b <= a for b, a in zip(before, after, strict=True))
    assert min(finals[-1]) > 0


def by_hand(net: Network, image: Tensor, channel: int) -> Tensor:
    """The response map of a channel of the first layer."""
    with torch.no_grad():
        maps: Tensor = net.module[0](net.preprocessing(image[None]))
    return maps[0, channel].relu()


@pytest.mark.parametrize(
    "what",
    [
        "0:1 - 0.1*tv",
        "0:1 + l1 - 3*l2",
        "2*0:1 + 0.5*tv",
        "0.1*l1 + 0:1",
        "0:1 - 0.001*layer(1)",
        "0:1 - 0.001*0:3",
        "0:1 + direction(0, {folder}/v.npy)",
    ],
)
@pytest.mark.parametrize("bias", [-4.0, -1e6])
def test_no_other_term_hides_a_silent_unit(what: str, bias: float, tmp_path: Path) -> None:
    """All of these are other than zero for every picture but a gray one."""
    np.save(tmp_path / "v.npy", np.array([0, 0, 0, 1.0]))
    net = sparse(bias=0.0)
    with torch.no_grad():
        net.module[0].bias[1] = bias
    recipe = Recipe(steps=48, wake_steps=0, dtype="float32")
    (picture,) = vizkit.render(net, what.format(folder=tmp_path), size=40, recipe=recipe)
    assert picture.dead == (bias < -4)
    assert not picture.dead or picture.attempts == 1 + recipe.rescues
    assert bool(by_hand(net, picture.image, 1).any()) == (not picture.dead)


def test_pictures_made_to_differ_may_be_dead() -> None:
    net = sparse(bias=-1e6)
    for picture in vizkit.render(net, "0:1 + diversity", count=2, size=40, recipe=RECIPE):
        assert picture.dead and picture.attempts == 1 + RECIPE.rescues
        assert picture.final == picture.peak == 0


def test_a_unit_that_is_to_stay_silent_is_not_dead() -> None:
    net = sparse(bias=0.0)
    (picture,) = vizkit.render(net, "0:1 - 0:3", size=40, recipe=RECIPE)
    assert not picture.dead and picture.attempts == 1
    (picture,) = vizkit.render(net, "-0:1 - 0.1*tv", size=40, recipe=RECIPE)
    assert not picture.dead and picture.attempts == 1
