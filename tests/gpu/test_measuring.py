"""Activations, probes and transforms on the device agree with those of the CPU."""

from __future__ import annotations

import copy
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import vizkit
from tests import nets
from tests.gpu.cuda import DEVICE, ON_CUDA, both, noise
from tests.rendering.planted import PLAIN
from vizkit import Network
from vizkit.activations import summarize
from vizkit.stimuli import STIMULI
from vizkit.transforms import TRANSFORMS

pytestmark = [*ON_CUDA, pytest.mark.usefixtures("exact")]

LAYERS = ("conv2", "inception3a.branch2.0.conv", "inception4c", "logits")


@pytest.fixture(scope="module")
def networks() -> tuple[Network, Network]:
    return both("googlenet@distilled")


def close(one: Tensor, other: Tensor, share: float = 1e-3) -> None:
    """Equal up to a share of the largest number."""
    assert one.shape == other.shape
    one, other = one.detach().cpu().double(), other.detach().cpu().double()
    largest = float(other.abs().max())
    assert float((one - other).abs().max()) <= share * max(largest, 1e-6)


def test_captured_layers_are_those_of_double_precision_on_the_cpu(
    networks: tuple[Network, Network],
) -> None:
    """By plain hooks that copy at once what the network overwrites later."""
    net, own = networks
    images = noise(3, 3, 224, 224)
    with vizkit.capture(net, list(LAYERS)) as acts:
        net(images.to(DEVICE))
    module = copy.deepcopy(own.module).double()
    kept: dict[str, Tensor] = {}

    def keep(name: str, *given: Any) -> None:
        kept[name] = given[2].clone()

    for name in LAYERS:
        place = module.get_submodule(own.layer(name).name)
        place.register_forward_hook(partial(keep, name))
    with torch.no_grad():
        module(own.preprocessing(images.double()))
    for name in LAYERS:
        assert acts[name].device.type == torch.device(DEVICE).type
        close(acts[name], kept[name])


def test_gradients_of_a_captured_layer(networks: tuple[Network, Network]) -> None:
    found = []
    for net in networks:
        images = noise(2, 3, 96, 96).to(net.device).requires_grad_()
        with vizkit.capture(net, "inception3a") as acts:
            net(images)
        (gradient,) = torch.autograd.grad(acts["inception3a"][:, 5].sum(), [images])
        found.append(gradient)
    close(*found, share=1e-2)


def test_a_data_set_is_streamed_and_summarized(networks: tuple[Network, Network]) -> None:
    """Batches come from the CPU, as a DataLoader's do."""
    batches = noise(6, 3, 96, 96).split(4)
    streams, sums = [], []
    for net in networks:
        streams.append([each["conv2"] for each in vizkit.stream(net, "conv2", images=batches)])
        sums.append(summarize(net, "conv2", images=batches)["conv2"])
    for one, other in zip(*streams, strict=True):
        assert one.device.type == "cpu"
        close(one, other)
    close(sums[0].mean, sums[1].mean)
    close(sums[0].std, sums[1].std)
    close(sums[0].max, sums[1].max)
    close(sums[0].top_values, sums[1].top_values)


@pytest.mark.parametrize("sweep", ["rotation", "hue", "noise", "grating.orientation"])
def test_tuning_curves(networks: tuple[Network, Network], sweep: str) -> None:
    values = None if "." in sweep else TRANSFORMS[sweep].values[:5]
    images = noise(3, 3, 224, 224)
    ours, theirs = (
        vizkit.tuning(net, ["conv1:0-7", "conv2:3-6"], sweep, images=images, values=values)
        for net in networks
    )
    assert ours.offsets == theirs.offsets
    for one, other in zip(ours, theirs, strict=True):
        assert one.unit == other.unit
        close(torch.as_tensor(one.mean), torch.as_tensor(other.mean), share=5e-3)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms(name: str) -> None:
    images = noise(2, 3, 64, 64)
    family = TRANSFORMS[name]
    for value in family.values[:: max(1, len(family.values) // 3)]:
        shown = family.apply(images.to(DEVICE), value)
        assert shown.device.type == torch.device(DEVICE).type
        # JPEG rounds to whole numbers twice.
        close(shown, family.apply(images, value), share=0.02 if name == "jpeg" else 2e-3)


@pytest.mark.parametrize("name", STIMULI)
def test_stimuli(name: str) -> None:
    ours, theirs = (STIMULI[name].draw((48, 40), device=device) for device in (DEVICE, "cpu"))
    assert ours.device.type == torch.device(DEVICE).type
    close(ours, theirs, share=2e-3)


def test_equivariance_and_invariance(networks: tuple[Network, Network]) -> None:
    images = noise(2, 3, 160, 160)
    errors, scores = [], []
    for net in networks:
        found = vizkit.equivariance(
            net, ["conv2"], "translation", images=images, values=(0, 4), input_size=(96, 96)
        )
        errors.append(found["conv2"].split.total)
        shown = vizkit.invariance(net, ["conv2"], "rotation", images=images, values=(0, 10, 20))
        scores.append(shown["conv2"].distance.distance)
    for one, other in (errors, scores):
        close(torch.as_tensor(one), torch.as_tensor(other), share=0.01)


def test_pictures_of_a_learned_invariance() -> None:
    net = vizkit.load(
        nets.seeded(nn.Sequential(nn.Conv2d(3, 4, 5), nn.ReLU())).eval().to(DEVICE),
        preprocessing=PLAIN,
        name="planted",
    )
    recipe = vizkit.Recipe(steps=12)
    walked = vizkit.walk(net, "0:1", size=24, steps=3, recipe=recipe)
    assert walked.frames.device.type == "cpu" and bool(walked.frames.isfinite().all())
    response = walked.response / walked.response[0]
    assert float((response - 1).abs().max()) <= 0.021
    found = vizkit.diverse(net, "0:1", count=3, size=24, recipe=recipe)
    assert found.images.device.type == "cpu" and bool(found.distances.isfinite().all())


def test_families_and_a_report() -> None:
    pytest.importorskip("skimage", reason="photographs come with scikit-image")
    net = vizkit.load("googlenet@distilled", device=DEVICE)
    found = vizkit.families(net, "conv1")
    assert len(repr(found)) > 0
    report = vizkit.invariance_report(
        net,
        ["conv2"],
        ["rotation"],
        images=noise(2, 3, 256, 256),
        random=False,
        gratings=False,
    )
    assert len(repr(report)) > 0
