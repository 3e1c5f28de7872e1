"""Logits of networks of a few pixels show their own class."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

import vizkit


def digits_network(side: int) -> vizkit.Network:
    """A network trained for seconds on the digits of scikit-learn, `side` pixels large."""
    from sklearn.datasets import load_digits

    given = load_digits()
    small = torch.from_numpy(given.images).float()[:, None] / 16
    images = functional.interpolate(small, (side, side), mode="bilinear")
    classes = torch.from_numpy(given.target).long()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = nn.Sequential(
            *(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(16, 32, 3, padding=1, stride=2), nn.ReLU()),
            *(nn.Conv2d(32, 32, 3, padding=1, stride=max(side // 14, 1)), nn.ReLU()),
            *(nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(128, 10)),
        )
        optimizer = torch.optim.Adam(module.parameters(), 3e-3)
        for _ in range(200):
            batch = torch.randint(len(images), (128,))
            optimizer.zero_grad()
            functional.cross_entropy(module(images[batch]), classes[batch]).backward()
            optimizer.step()
    module.eval()
    with torch.no_grad():
        assert (module(images).argmax(1) == classes).float().mean() > 0.85
    return vizkit.load(
        module, preprocessing=vizkit.Preprocessing((0.0,), (1.0,), (side, side)), name="digits"
    )


@pytest.mark.parametrize("network", ["lenet5", 8, 28])
def test_nine_of_ten_logits_show_their_own_digit_and_all_rise(network: str | int) -> None:
    given = vizkit.load(network) if isinstance(network, str) else digits_network(network)
    pictures = vizkit.render(given, f"{given.layers[-1].public_name}:0-9")
    with torch.no_grad():
        answers = given(torch.stack([picture.image for picture in pictures])).argmax(1)
    assert (answers == torch.arange(10)).sum() >= 9
    assert all(picture.final > picture.initial for picture in pictures)


def test_a_picture_of_the_inputs_size_has_no_frame_and_a_cut_out_has_one() -> None:
    """Around the whole input, a frame would silence units that the network's borders wake."""
    lenet = vizkit.load("lenet5")
    renderer = vizkit.rendering.Renderer(lenet)
    frames = {
        side: renderer.prepare(["c1:0"], canvas=(side, side), block_size=1).frame
        for side in (32, 24, 40)
    }
    assert frames == {32: 0, 24: 4, 40: 0}
    assert not any(picture.dead for picture in vizkit.render(lenet, ["c1:0-5", "c3:0-15"]))
