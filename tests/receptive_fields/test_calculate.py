"""Networks and inputs that receptive fields are asked for, and those that have none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from torch import Tensor, nn

import vizkit
from tests import nets
from vizkit.errors import NetworkNotFoundError, UsageError
from vizkit.receptive_fields import receptive_field


class Deciding(nn.Module):
    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how
        self.conv = nn.Conv2d(3, 3, 3)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        if self.how == "bool":
            return y if x.mean() > 0 else -y
        if self.how == "item":
            return y * max(x.max().item(), 1.0)
        return y[:, :, y[0, 0, 0] > 0]


class TwoInputs(nn.Module):
    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return x + y


@pytest.mark.parametrize("how", ["bool", "item", "mask"])
def test_decisions_that_depend_on_the_image(how: str) -> None:
    with pytest.raises(
        UsageError, match=r"(?s)Deciding at 32 x 32 takes a decision that depends on"
    ):
        receptive_field(Deciding(how), 32)


def test_networks_with_several_inputs() -> None:
    with pytest.raises(UsageError, match=r"(?s)needs other inputs than one image.*Wrap it"):
        receptive_field(TwoInputs(), (3, 8, 8))


@pytest.mark.parametrize(("network", "size"), [("alexnet", 30), ("vgg16", 16), ("googlenet", 2)])
def test_images_that_are_too_small(network: str, size: int) -> None:
    with pytest.raises(UsageError, match=f"{network} at {size} x {size}: the image is too small"):
        receptive_field(network, size)


def test_detection_networks() -> None:
    with torch.device("meta"):
        network = torchvision.models.detection.ssdlite320_mobilenet_v3_large(
            weights=None, weights_backbone=None
        ).eval()
    with pytest.raises(UsageError, match="SSD at 320 x 320 takes a decision that depends"):
        receptive_field(network, 320)


@pytest.mark.parametrize("size", [0, -3, (1, 2, 3, 4), (5,), (3, 0, 4), (2.5, 3), 1 << 20])
def test_sizes_that_are_none(size: object) -> None:
    with pytest.raises(UsageError, match="is no size of an image"):
        receptive_field("alexnet", size)  # type: ignore[arg-type]


def test_wrong_channels() -> None:
    with pytest.raises(UsageError, match=r"alexnet takes 3 channels, not 1"):
        receptive_field("alexnet", (1, 64, 64))


def test_networks_that_do_not_exist() -> None:
    with pytest.raises(NetworkNotFoundError, match="googlenet"):
        receptive_field("googelnet")
    with pytest.raises(UsageError, match="7 was given as a network, which is of type int"):
        receptive_field(7)  # type: ignore[arg-type]


def test_a_module_is_asked_with_as_many_channels_as_it_takes() -> None:
    fields = receptive_field(nn.Sequential(nn.ReLU(), nn.Conv2d(5, 2, 3)))
    assert fields.input_size == (224, 224)
    assert fields.graph.source.shape == (1, 5, 224, 224)
    assert fields.network == "Sequential"


def test_a_loaded_network() -> None:
    network = vizkit.load("lenet5@random")
    fields = receptive_field(network)
    assert fields.input_size == network.input_size
    assert fields[""].status in ("exact", "whole")


def test_a_factory_of_the_users(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_text(
        "from torch import nn\n\ndef make():\n    return nn.Sequential(nn.Conv2d(3, 4, 5))\n"
    )
    assert receptive_field(f"{file}:make", 20)["0"].size == (5, 5)


def test_the_mode_of_a_module_is_its_own() -> None:
    net = nets.TinyInception().train()
    with pytest.warns(UserWarning, match=r"TinyInception has a BatchNorm in train mode.*eval\(\)"):
        fields = receptive_field(net, 16)
    assert fields["stem.bn"].status == "whole"
    assert net.training
    assert receptive_field(net.eval(), 16)["stem.bn"].size == (3, 3)
    assert receptive_field("googlenet", 64)["conv1.bn"].size == (7, 7)


def test_costs() -> None:
    fields = receptive_field("alexnet")
    assert fields.parameters == 61_100_840
    assert fields.multiply_adds == 714_188_480
    assert fields["features"].parameters == 2_469_696
    assert sum(row.multiply_adds for row in fields if row.op in ("Conv2d", "Linear")) == (
        fields.multiply_adds
    )
    assert fields["features"].multiply_adds + fields["classifier"].multiply_adds == (
        fields.multiply_adds
    )


class ByNumPy(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.from_numpy(np.abs(x.numpy()))


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (nn.Conv2d(3, 2, 3), "Conv2d takes 3 channels, not 1."),
        (nn.Sequential(nn.Flatten(), nn.LazyLinear(3)), "Run it once on an image first"),
        (ByNumPy(), "leaves PyTorch for NumPy"),
    ],
)
def test_what_does_not_run_gets_a_hint_that_fits(module: nn.Module, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        receptive_field(module, (1, 8, 8))
