"""Fields measured with NaN against published numbers and against exhaustive search."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import vizkit
from tests import nets
from tests.render.planted import wrap
from vizkit import Network, Preprocessing
from vizkit.capture import capture
from vizkit.errors import LayerNotFoundError, RenderError
from vizkit.receptive_field import Extent, measure_extent


def clipped(size: int, stride: int, padding: int, unit: int, length: int) -> tuple[int, int]:
    """First and last pixel of unit `unit` along one axis, within an input of `length` pixels."""
    first = unit * stride - padding
    return max(0, first), min(length, first + size) - 1


# Size, stride and padding of the receptive field as published: torchvision's AlexNet, VGG16 and
# ResNet-18 in Araujo, Norris, Sim, "Computing Receptive Fields of Convolutional Neural Networks"
# (Distill 2019) and its tables, GoogLeNet with torchvision's 3 x 3 in place of the 5 x 5.
PUBLISHED = [
    ("alexnet", "features.0", 11, 4, 2),
    ("alexnet", "features.3", 51, 8, 18),
    ("resnet18", "conv1", 7, 2, 3),
    ("resnet18", "maxpool", 11, 4, 5),
    ("googlenet", "conv3", 19, 4, 7),
    ("googlenet", "inception3a", 43, 8, 15),
]
DEEP = [
    ("resnet18", "layer1", 43, 4, 21),
    ("alexnet", "features.12", 195, 32, 66),
    ("alexnet", "features.6", 99, 16, 34),
    ("alexnet", "features.10", 163, 16, 66),
    ("resnet18", "layer2", 99, 8, 49),
    ("resnet18", "layer3", 211, 16, 105),
    ("resnet18", "layer4", 435, 32, 217),
    ("googlenet", "inception4a", 107, 16, 39),
    ("googlenet", "inception5b", 379, 32, 167),
    ("vgg16", "features.4", 6, 2, 2),
    ("vgg16", "features.9", 16, 4, 6),
    ("vgg16", "features.16", 44, 8, 18),
    ("vgg16", "features.28", 196, 16, 90),
]


@pytest.fixture(scope="module")
def loaded() -> Callable[[str], Network]:
    kept: dict[str, Network] = {}
    return lambda name: kept.setdefault(name, vizkit.load(f"{name}@random"))


@pytest.mark.parametrize(
    ("name", "layer", "size", "stride", "padding"),
    [*PUBLISHED, *(pytest.param(*each, marks=pytest.mark.slow) for each in DEEP)],
)
def test_published_receptive_fields(
    loaded: Callable[[str], Network], name: str, layer: str, size: int, stride: int, padding: int
) -> None:
    network = loaded(name)
    info = network.layer(layer)
    height, width = info.shape[1:]
    corner = (0, width - 1)
    for position in (None, corner):
        y, x = position or (height // 2, width // 2)
        rows = clipped(size, stride, padding, y, 224)
        columns = clipped(size, stride, padding, x, 224)
        found = measure_extent(network, layer, position)
        assert found.box == (rows[0], columns[0], rows[1], columns[1])


def test_lenet_is_a_chain_without_padding() -> None:
    net = vizkit.load("lenet5")
    sizes = [(name, measure_extent(net, name).size[0]) for name in ("c1", "s2", "c3", "s4", "c5")]
    assert sizes == [("c1", 5), ("s2", 6), ("c3", 14), ("s4", 16), ("c5", 32)]


def exhaustive(network: Network, layer: str, position: tuple[int, int]) -> tuple[int, ...]:
    """Box of the pixels that change a unit, each tried by itself, several times."""
    height, width = network.input_size
    generator = torch.Generator().manual_seed(0)
    changed = torch.zeros(height, width, dtype=torch.bool)
    with torch.no_grad(), capture(network, [layer]) as activations:
        for _ in range(4):
            image = torch.rand(1, network.input_channels, height, width, generator=generator)
            batch = image.repeat(height * width + 1, 1, 1, 1)
            place = torch.arange(height * width)
            batch[place, :, place // width, place % width] += 3
            network(batch)
            *after, before = activations[layer][:, :, position[0], position[1]]
            moved = (torch.stack(after) - before).abs().amax(1) > 1e-5
            changed |= moved.view(height, width)
    rows, columns = changed.any(1).nonzero().flatten(), changed.any(0).nonzero().flatten()
    return int(rows[0]), int(columns[0]), int(rows[-1]), int(columns[-1])


class Forks(nn.Module):
    """Branches of different reach that are not aligned, with rows and columns of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.tall = nn.Conv2d(2, 3, (5, 1), padding=(2, 0))
        self.wide = nn.Conv2d(2, 3, (1, 3), stride=1, dilation=(1, 2), padding=(0, 2))
        self.mix = nn.Conv2d(3, 4, (2, 3), stride=(2, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.mix(functional.leaky_relu(self.tall(x)) + self.wide(x))


MODULES: dict[str, Callable[[], nn.Module]] = {
    "kernels of two sides": lambda: nn.Sequential(nn.Conv2d(2, 3, (3, 5)), nn.Conv2d(3, 3, (2, 1))),
    "strides of two sides": lambda: nn.Sequential(
        nn.Conv2d(2, 3, 3, stride=(1, 2), padding=(1, 0)), nn.AvgPool2d((2, 1)), nn.Conv2d(3, 3, 2)
    ),
    "dilation": lambda: nn.Sequential(nn.Conv2d(2, 3, 3, dilation=(2, 1)), nn.Conv2d(3, 2, 1)),
    "branches": lambda: nn.Sequential(Forks()),
    "transposed": lambda: nn.Sequential(
        nn.Conv2d(2, 3, 3, stride=2), nn.ConvTranspose2d(3, 2, 4, stride=2, padding=1)
    ),
}


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("size", [(13, 18), (20, 11)])
def test_the_box_is_that_of_trying_every_pixel(name: str, size: tuple[int, int]) -> None:
    """Non-square throughout: y and x must not be taken for each other."""
    preprocessing = Preprocessing((0.5, 0.5), (1.0, 1.0), size)
    net = wrap(nets.seeded(MODULES[name]()), preprocessing)
    last = next(layer for layer in reversed(net.layers) if "." not in layer.name)
    height, width = last.shape[1:]
    for position in {(height // 2, width // 2), (0, width - 1), (height - 1, 0), (0, 0)}:
        found = measure_extent(net, last.name, position)
        assert found.box == exhaustive(net, last.name, position)
        assert found.input_size == size


def test_the_middle_is_the_default() -> None:
    net = wrap(nets.seeded(nn.Sequential(nn.Conv2d(3, 2, 3))))
    assert measure_extent(net, "0") == measure_extent(net, "0", (15, 15))


def test_layers_without_a_map_see_all() -> None:
    net = vizkit.load("lenet5")
    found = measure_extent(net, "logits")
    assert (found.box, found.size, found.covers) == ((0, 0, 31, 31), (32, 32), True)


@pytest.mark.parametrize(
    ("box", "covers"),
    [
        ((3, 3, 20, 20), False),
        ((0, 3, 20, 20), True),
        ((3, 0, 20, 20), True),
        ((3, 3, 31, 20), True),
        ((3, 3, 20, 39), True),
        ((3, 3, 20, 31), False),
    ],
)
def test_a_field_covers_when_it_reaches_a_border(
    box: tuple[int, int, int, int], covers: bool
) -> None:
    assert Extent(box, (32, 40)).covers == covers


def test_weights_of_zero_hide_nothing() -> None:
    """Gradients would see no field at all."""
    module = nn.Sequential(nn.Conv2d(3, 2, 5), nn.ReLU(), nn.MaxPool2d(2))
    with torch.no_grad():
        module[0].weight.zero_()
        module[0].bias.fill_(-1)
    assert measure_extent(wrap(module), "2").size == (6, 6)


def test_an_operation_that_swallows_nan_is_named() -> None:
    class Swallowing(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.where(x > 0, x, torch.zeros_like(x))

    net = wrap(nn.Sequential(nn.Conv2d(3, 2, 3), Swallowing(), nn.Conv2d(2, 2, 3)))
    with pytest.raises(RenderError, match=r"planted/2 swallows NaN: its field cannot be measured"):
        measure_extent(net, "2")
    assert measure_extent(net, "0").size == (3, 3)
    (picture,) = vizkit.render("2:0", network=net, recipe=vizkit.Recipe(steps=1, dtype="float32"))
    assert picture.canvas_size == (32, 32), "where the field is not known, the whole input is taken"


def test_an_unknown_layer() -> None:
    with pytest.raises(LayerNotFoundError, match="'c9' is not a layer"):
        measure_extent(vizkit.load("lenet5"), "c9")
