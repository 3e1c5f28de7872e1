"""Attribution against what theory says: linear networks, one linear piece, planted patches."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import vizkit
from vizkit.attribution.honesty import rank_correlation
from vizkit.unit import Direction

SIZE = 12
EXACT = ("input_x_gradient", "integrated_gradients", "deep_lift")


def load(module: nn.Module) -> vizkit.Network:
    plain = vizkit.Preprocessing((0.0,), (1.0,), (SIZE, SIZE))
    return vizkit.load(module, preprocessing=plain)


def linear() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(SIZE * SIZE, 3))


def image(seed: int = 1) -> Tensor:
    return torch.rand(1, 1, SIZE, SIZE, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("method", EXACT)
def test_of_a_linear_network_it_is_weight_times_pixel(method: str) -> None:
    module, seen = linear(), image()
    found = vizkit.attribute(load(module), "1:2", seen, method)
    expected = module[1].weight[2].view(SIZE, SIZE) * seen[0, 0]
    torch.testing.assert_close(found.maps[0], expected.detach(), atol=1e-5, rtol=1e-4)


def test_saliency_of_a_linear_network_is_the_magnitude_of_its_weights() -> None:
    module = linear()
    found = vizkit.attribute(load(module), "1:0", image(), "saliency")
    torch.testing.assert_close(found.maps[0], module[1].weight[0].view(SIZE, SIZE).abs().detach())


@pytest.mark.parametrize("method", EXACT)
def test_on_one_linear_piece_it_is_as_if_there_were_no_relu(method: str) -> None:
    """Positive weights and images, no bias: every ReLU lets everything through."""
    module = nn.Sequential(
        nn.Conv2d(1, 2, 3, bias=False), nn.ReLU(inplace=True), nn.Conv2d(2, 1, 3)
    )
    with torch.no_grad():
        for weight in module.parameters():
            weight.abs_()
        module[2].bias.zero_()
    seen = image().requires_grad_()
    (slope,) = torch.autograd.grad(module(seen.clone())[0, 0].mean(), seen)
    found = vizkit.attribute(load(module), "2:0", seen.detach(), method)
    torch.testing.assert_close(found.maps[0], (slope * seen)[0, 0].detach(), atol=1e-6, rtol=1e-4)


class Reused(nn.Module):
    """One ReLU for two places, one in place as a function, as residual networks have them."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 3)
        self.relu, self.end = nn.ReLU(inplace=True), nn.Conv2d(4, 2, 3)

    def forward(self, images: Tensor) -> Tensor:
        """Maps."""
        first = self.relu(self.one(images))
        second = self.relu(self.two(first))
        return self.end(nn.functional.relu(second - 0.1, inplace=True))


def test_deep_lift_takes_reused_and_functional_relus_by_its_rescale_rule() -> None:
    """With one image pixel lit, the rule can be done by hand through every ReLU."""
    torch.manual_seed(3)
    module, seen = Reused().eval(), image()
    found = vizkit.attribute(load(module), "end:1", seen, "deep_lift")
    leaf = seen.clone().requires_grad_()
    nothing = torch.zeros_like(seen)

    def rescaled(now: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
        factor = ((now.relu() - before.relu()) / (now - before)).detach()
        return before.relu() + factor * (now - before), before.relu()

    now, before = rescaled(module.one(leaf), module.one(nothing).detach())
    now, before = rescaled(module.two(now), module.two(before).detach())
    now, before = rescaled(now - 0.1, before - 0.1)
    (slope,) = torch.autograd.grad(module.end(now)[0, 1].mean(), leaf)
    torch.testing.assert_close(found.maps[0], (slope * seen)[0, 0], atol=1e-5, rtol=1e-3)
    assert found.completeness[0] is not None
    assert found.completeness[0] < 1e-3


def test_deep_lift_of_pooling_before_a_relu_is_right_or_refused() -> None:
    """captum up to 0.9.0 used stale gradients there."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(1, 3, 3), nn.MaxPool2d(2), nn.ReLU(), nn.Conv2d(3, 1, 3))
    for seed in range(4):
        try:
            found = vizkit.attribute(load(module), "3:0", image(seed), "deep_lift")
        except vizkit.VizkitError as error:
            assert "miss the response's change" in str(error)
        else:
            change = module(image(seed)).mean() - module(torch.zeros_like(image())).mean()
            assert float(found.maps.sum()) == pytest.approx(float(change), rel=0.011)


def test_deep_lift_refuses_what_has_no_rule() -> None:
    class Square(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            return images * images

    module = nn.Sequential(Square(), nn.Conv2d(1, 1, 3))
    with pytest.raises(vizkit.VizkitError, match="has no rule"):
        vizkit.attribute(load(module), "1:0", image(), "deep_lift")


def test_occlusion_outside_of_the_receptive_field_is_zero() -> None:
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Conv2d(2, 2, 3))
    found = vizkit.attribute(load(module), "2:1@2,3", image(), "occlusion").maps[0]
    inside = torch.zeros(SIZE, SIZE, dtype=torch.bool)
    inside[2:7, 3:8] = True
    assert not found[~inside].any()
    assert found[inside].any()


def test_grad_cam_of_a_pooled_linear_classifier_is_its_class_activation_map() -> None:
    torch.manual_seed(0)
    body, end = nn.Conv2d(1, 4, 3, padding=1), nn.Linear(4, 2)
    net = load(nn.Sequential(body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), end))
    shares = (end.weight[1, :, None, None] * body(image())[0]).detach() / SIZE**2
    found = vizkit.attribute(net, "3:1", image(), "layer_grad_cam")
    assert found.through == "0"
    torch.testing.assert_close(found.maps[0], shares.sum(0).relu())
    channels = vizkit.attribute(net, "3:1", image(), "layer_grad_cam", to="0")
    torch.testing.assert_close(channels.maps[0], shares.sum((1, 2)))


PATCH = slice(4, 8)


@pytest.mark.parametrize("method", sorted(set(vizkit.attribution.METHODS) - {"layer_conductance"}))
def test_a_planted_patch_gets_most_of_the_mass(method: str) -> None:
    """A unit that looks at one 4 x 4 patch alone, in which there is something bright."""
    first = nn.Conv2d(1, 1, 1)
    module = nn.Sequential(first, nn.ReLU(), nn.Flatten(), nn.Linear(SIZE * SIZE, 1, bias=False))
    with torch.no_grad():
        first.weight.fill_(1)
        first.bias.fill_(-0.5)
        module[3].weight.zero_().view(SIZE, SIZE)[PATCH, PATCH] = 1
    seen = torch.zeros(1, 1, SIZE, SIZE) + 0.2
    seen[..., PATCH, PATCH] = 1
    mass = vizkit.attribute(load(module), "3:0", seen, method).maps[0].abs()
    assert float(mass[PATCH, PATCH].sum() / mass.sum()) > 0.5


def test_completeness_on_a_trained_network() -> None:
    images = torch.rand(2, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    found = vizkit.attribute("lenet5", "logits:3", images, steps=200)
    assert all(error is not None and error < 0.01 for error in found.completeness)


def test_random_weights_have_the_badge_and_sanity_is_a_correlation_of_ranks() -> None:
    found = vizkit.attribute("lenet5@random", "logits:3", torch.rand(1, 1, 32, 32))
    assert found.random
    assert "RANDOM WEIGHTS" in str(found)
    numbers = torch.arange(1.0, 9)
    assert rank_correlation(numbers, numbers**3) == pytest.approx(1)
    assert rank_correlation(numbers, 1 / numbers) == pytest.approx(-1)
    assert rank_correlation(numbers, torch.ones(8)) is None


def test_the_callers_network_is_left_alone() -> None:
    module = Reused().eval()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    vizkit.attribute(load(module), "end:0", image(), "deep_lift")
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())
    assert module.relu.inplace
    assert all(each.requires_grad for each in module.parameters())


def test_conductance_of_a_linear_layer_shares_the_whole_change_out() -> None:
    """Of a linear network it is weight times activation, and the baseline gives nothing."""
    torch.manual_seed(0)
    body, end = nn.Conv2d(1, 4, 3, bias=False), nn.Conv2d(4, 2, 10)
    found = vizkit.attribute(
        load(nn.Sequential(body, end)), "1:1", image(), "layer_conductance", to="0"
    )
    expected = (end.weight[1] * body(image())[0]).sum((1, 2)).detach()
    torch.testing.assert_close(found.maps[0], expected, atol=1e-5, rtol=1e-3)
    best = found.image_dict(0)["top_channels"][0]["channel"]
    assert best == int(expected.abs().argmax())


def test_a_direction_is_the_sum_of_its_channels() -> None:
    net = load(nn.Sequential(nn.Conv2d(1, 3, 3), nn.Tanh()))
    layer = net.layer("1")
    both = Direction(net.source, layer, (2.0, 0.0, -1.0), "both")
    one, other = (vizkit.attribute(net, f"1:{n}", image()).maps for n in (0, 2))
    torch.testing.assert_close(vizkit.attribute(net, both, image()).maps, 2 * one - other)


def test_errors_say_what_to_do() -> None:
    net = load(linear())
    with pytest.raises(vizkit.VizkitError, match="Did you mean 'saliency'"):
        vizkit.attribute(net, "1:0", image(), "salience")
    with pytest.raises(vizkit.VizkitError, match="Name a layer: to='LAYER'"):
        vizkit.attribute(net, "1:0", image(), "layer_conductance")
    with pytest.raises(vizkit.VizkitError, match="does not go to '0'"):
        vizkit.attribute(net, "1:0", image(), "saliency", to="0")
    with pytest.raises(vizkit.VizkitError, match="no layer with a map"):
        vizkit.attribute(net, "1:0", image(), "layer_grad_cam")
    with pytest.raises(vizkit.VizkitError, match="no images"):
        vizkit.attribute(net, "1:0", [])
