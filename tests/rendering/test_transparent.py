"""Transparent pictures: colors and alpha, of which only what matters is opaque."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

import vizkit
from tests.rendering.planted import GRAY, correlation, grating, planted, wrap
from vizkit.rendering.canvas import canvas_maker
from vizkit.rendering.seed import unit_generator
from vizkit.rendering.transparent import Backgrounds, Transparent

CPU = torch.device("cpu")


def generators(units: int) -> list[torch.Generator]:
    return [unit_generator(f"net@own/layer:{unit}", 0, 0) for unit in range(units)]


def transparent(name: str = "fourier", units: int = 1) -> Transparent:
    drawing = generators(units)
    return Transparent(canvas_maker(name)(3, (24, 32), drawing, CPU), drawing)


def neuron(bias: float = 0.0) -> vizkit.Network:
    """Its channel looks for a grating of 17 px, wherever it is."""
    wave = grating(17, 3, 30)
    return wrap(planted((wave / wave.norm())[None, None], bias), GRAY)


@pytest.mark.parametrize("bias", [0.0, 50.0])
@pytest.mark.parametrize("name", ["pixel", "fourier", "maco", "corridor(1)"])
def test_only_what_the_unit_sees_is_opaque(name: str, bias: float) -> None:
    """Also on a response that is high without a picture, where a product would hide everything."""
    recipe = vizkit.Recipe(steps=64, canvas=name, views="", alpha=True, dtype="float32")
    (render,) = vizkit.render(neuron(bias), "1:0@15,15", size=48, recipe=recipe)
    assert render.alpha is not None and render.alpha.shape == (48, 48)
    assert 0 <= float(render.alpha.min()) <= float(render.alpha.max()) <= 1
    field = torch.zeros(48, 48, dtype=torch.bool)
    field[15:32, 15:32] = True
    middle = torch.zeros_like(field)
    middle[20:27, 20:27] = True
    assert float(render.alpha[middle].mean()) > 0.6
    assert float(render.alpha[~field].mean()) < 0.3


def test_what_is_measured_is_the_picture_on_gray() -> None:
    net = neuron()
    recipe = vizkit.Recipe(steps=8, alpha=True, dtype="float32")
    (render,) = vizkit.render(net, "1:0", size=40, recipe=recipe)
    with torch.no_grad():
        response = net(render.image[None]).clamp(min=0)
    assert render.final == pytest.approx(float(response.mean()), rel=1e-5)
    assert render.peak == pytest.approx(float(response.max()), rel=1e-5)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_file_has_alpha_and_looks_on_gray_as_what_was_measured(channels: int) -> None:
    random = torch.Generator().manual_seed(0)
    alpha = torch.rand(9, 11, generator=random)
    alpha[:2] = 0
    colors = torch.rand(channels, 9, 11, generator=random)
    image = 0.5 + alpha * (colors - 0.5)
    recipe = vizkit.Recipe(steps=1, alpha=True)
    (render,) = vizkit.render(neuron(), "1:0", size=40, recipe=recipe)
    render = vizkit.rendering.Render(
        **{name: getattr(render, name) for name in render.__slots__}
        | {"image": image}
        | {"alpha": alpha}
    )
    with Image.open(io.BytesIO(render.to_png())) as file:
        assert file.mode == "RGBA"
        pixels = np.asarray(file).astype(float) / 255
    shown = 0.5 + pixels[..., 3:] * (pixels[..., :3] - 0.5)
    np.testing.assert_allclose(pixels[..., 3], alpha.numpy(), atol=0.502 / 255)
    assert float(np.abs(shown - image.permute(1, 2, 0).numpy()).max()) < 1.1 / 255


def test_an_opaque_picture_has_no_alpha() -> None:
    (render,) = vizkit.render("lenet5@random/c1:0", recipe=vizkit.Recipe(steps=1))
    assert render.alpha is None
    assert render.to_pil().mode == "L"


def test_backgrounds_are_natural_and_new_in_every_step_and_picture() -> None:
    behind = Backgrounds(1, (64, 64), generators(2), CPU)
    drawn = torch.stack([behind.at(step) for step in range(12)])[:, :, 0].flatten(0, 1)
    assert float(drawn.std()) == pytest.approx(0.2, abs=0.03)
    between = torch.corrcoef(drawn.flatten(1))[~torch.eye(24, dtype=torch.bool)]
    # Few low frequencies have most of the energy: two pictures agree by chance.
    assert float(between.abs().max()) < 0.75
    assert abs(float(between.mean())) < 0.05
    assert correlation(behind.at(3), drawn[6:8]) > 0.999


def test_the_number_of_the_step_may_be_on_the_device() -> None:
    behind = Backgrounds(1, (16, 24), generators(2), CPU)
    torch.testing.assert_close(behind.at(5), behind.at(torch.tensor([5])))


def test_on_its_background_a_picture_is_the_usual_mixture() -> None:
    painted = transparent(units=2)
    with torch.no_grad():
        painted.parameters += torch.randn(painted.parameters.shape) * 0.1
        images = painted.images()
        alpha, behind = painted.alpha, painted._backgrounds.at(2)
        colors = 0.5 + (images - 0.5) / alpha
        mixed = alpha * colors + (1 - alpha) * behind
        torch.testing.assert_close(painted.on_background(images, 2), mixed)


@pytest.mark.parametrize("offset", [-30.0, 0.0, 1000.0])
def test_worth_is_the_gain_over_the_bare_background_times_what_is_clear(offset: float) -> None:
    painted = transparent(units=3)

    def score(images: Tensor, shown: Tensor, step: int) -> Tensor:
        assert torch.equal(images, shown)
        return torch.tensor([1.0, 2.0, 3.0]) + offset + (-1.0) ** step

    painted.compare_with_bare(score, 128)
    painted.images()
    clear = 1 - painted.alpha.detach().mean((1, 2, 3))
    gains = torch.tensor([2.0, -4.0, 0.5])
    worth = painted.worth(torch.tensor([1.0, 2.0, 3.0]) + offset + gains)
    expected = torch.where(gains > 0, gains * clear, gains)
    torch.testing.assert_close(worth.detach(), expected, atol=1e-3, rtol=1e-4)


@pytest.mark.parametrize("name", ["pixel", "maco"])
def test_colors_start_as_without_alpha(name: str) -> None:
    painted = transparent(name)
    alone = canvas_maker(name)(3, (24, 32), generators(1), CPU)
    on_gray = painted.images()
    expected = 0.5 + painted.alpha * (alone.images() - 0.5)
    torch.testing.assert_close(on_gray.detach(), expected.detach(), atol=1e-6, rtol=0)
    assert float(painted.alpha.detach().mean()) == pytest.approx(0.5, abs=0.02)


def test_alpha_is_yes_or_no() -> None:
    with pytest.raises(vizkit.VizkitError, match="alpha='yes' is neither True nor False"):
        vizkit.Recipe(alpha="yes")  # type: ignore[arg-type]
