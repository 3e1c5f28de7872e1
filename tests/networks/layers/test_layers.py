"""Layers of networks: names of the literature, the published list, and resolved addresses."""

import json
import subprocess
import sys

import pytest
import torch
from torch import nn

from tests import nets
from vizkit.address import parse_address
from vizkit.errors import LayerNotFoundError, UnitNotFoundError, UsageError
from vizkit.images.preprocessing import Preprocessing
from vizkit.layer_info import Branch
from vizkit.networks.network import Network, WeightsRecord
from vizkit.networks.outline import layers_of


def network(module, name="net", size=16, channels=3, **more):
    preprocessing = Preprocessing((0.5,) * channels, (0.25,) * channels, (size, size))
    return Network(name, module, preprocessing, WeightsRecord("own", "", ""), **more)


def published(name):
    return [layer.public_name for layer in layers_of(name) if layer.published]


def by_alias(name):
    return {alias: layer for layer in layers_of(name) for alias in layer.aliases}


# Names of the literature

VGG16 = [f"conv{stage}_{i + 1}" for stage, n in enumerate((2, 2, 3, 3, 3), 1) for i in range(n)]
GOOGLENET_BLOCKS = ["3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"]


def test_vgg16_has_the_names_of_its_paper():
    layers = by_alias("vgg16@random")
    assert published("vgg16@random") == VGG16
    assert (layers["conv4_3"].op, layers["conv4_3"].shape) == ("Conv2d", (512, 28, 28))
    assert layers["conv4_3"].activation == "relu"
    assert layers["relu4_3"].op == "ReLU"
    assert layers["pool5"].shape == (512, 7, 7)
    assert [layers[f"fc{i}"].channels for i in (6, 7, 8)] == [4096, 4096, 1000]
    assert layers["fc8"] is layers["logits"]
    assert layers["relu7"].op == "ReLU"
    # Positions in torchvision's published file of weights.
    assert layers["conv1_1"].name == "features.0"
    assert layers["conv4_3"].name == "features.21"
    assert layers["conv5_3"].name == "features.28"
    assert layers["fc6"].name == "classifier.0"


def test_the_trunk_without_classifier_has_the_same_names():
    layers = by_alias("vgg16@hed")
    assert published("vgg16@hed") == VGG16
    assert layers["conv4_3"].name == "features.21"
    assert "fc6" not in layers
    assert "logits" not in layers


@pytest.mark.parametrize(
    ("name", "depths"),
    [
        ("vgg11", (1, 1, 2, 2, 2)),
        ("vgg13_bn", (2, 2, 2, 2, 2)),
        ("vgg16_bn", (2, 2, 3, 3, 3)),
        ("vgg19", (2, 2, 4, 4, 4)),
    ],
)
def test_names_of_the_other_vggs(name, depths):
    layers = by_alias(f"{name}@random")
    expected = [f"conv{stage}_{i + 1}" for stage, n in enumerate(depths, 1) for i in range(n)]
    assert published(f"{name}@random") == expected
    assert {layers[conv].op for conv in expected} == {"Conv2d"}
    assert {layers[conv.replace("conv", "relu")].op for conv in expected} == {"ReLU"}
    if name.endswith("_bn"):
        assert layers["bn5_1"].op == "BatchNorm2d"


def test_alexnet_has_the_names_of_its_paper():
    layers = by_alias("alexnet@random")
    assert published("alexnet@random") == [f"conv{i}" for i in range(1, 6)]
    assert [layers[f"conv{i}"].channels for i in range(1, 6)] == [64, 192, 384, 256, 256]
    assert [layers[f"pool{i}"].shape[1] for i in (1, 2, 5)] == [27, 13, 6]
    assert [layers[f"fc{i}"].name for i in (6, 7, 8)] == [f"classifier.{i}" for i in (1, 4, 6)]
    assert {"pool3", "pool4"}.isdisjoint(layers)


def test_googlenet_lists_its_stem_and_nine_blocks():
    blocks = [f"inception{block}" for block in GOOGLENET_BLOCKS]
    assert published("googlenet@random") == ["conv1", "conv2", "conv3", *blocks]
    layers = by_alias("googlenet@random")
    assert [layers[block].name for block in GOOGLENET_BLOCKS] == blocks
    assert layers["logits"].name == "fc"


def test_branches_of_googlenet_have_the_widths_of_its_paper():
    block = by_alias("googlenet@random")["4c"]
    assert [b.stop - b.start for b in block.branches] == [128, 256, 64, 64]
    assert block.branches[1] == Branch("inception4c.branch2.1", 128, 384)
    assert block.branch_of(151) == "inception4c.branch2.1:23"
    assert block.branch_of(512) is None


def test_resnets_list_their_stem_and_blocks():
    depths = {"layer1": 3, "layer2": 4, "layer3": 6, "layer4": 3}
    blocks = [f"{stage}.{i}" for stage, depth in depths.items() for i in range(depth)]
    assert published("resnet50@random") == ["conv1", *blocks]
    assert by_alias("resnet50@random")["logits"].name == "fc"


def test_a_network_that_cannot_be_built_as_shapes_alone():
    found = published("regnet_x_400mf@random")
    assert found[0] == "stem"
    assert len(found) == 1 + 1 + 2 + 7 + 12


def test_blocks_without_a_sum_count_like_their_kin():
    found = published("mobilenet_v2@random")
    assert found == [f"features.{i}" for i in range(19)]


def test_lenet_has_the_names_of_its_paper():
    layers = {a: n for n in network_of_lenet().layers for a in n.aliases}
    assert [layers[name].name for name in ("C1", "S2", "C3", "S4", "C5", "F6")] == [
        *("features.0", "features.2", "features.3", "features.5", "classifier.1", "classifier.3")
    ]
    assert layers["logits"].name == "classifier.5"


def network_of_lenet(**more):
    return network(nets.TinyLeNet(), "lenet", size=32, channels=1, **more)


def test_a_user_s_own_vgg_has_the_names_too():
    def conv(inputs, outputs):
        return [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()]

    class Mine(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Sequential(
                *(*conv(3, 2), nn.MaxPool2d(2), *conv(2, 2), nn.MaxPool2d(2)),
                *(*conv(2, 2), *conv(2, 2), nn.MaxPool2d(2)),
                *(*conv(2, 2), *conv(2, 2), nn.MaxPool2d(2)),
                *(*conv(2, 2), *conv(2, 2)),
            )

        def forward(self, x):
            return self.body(x)

    net = network(Mine(), size=32)
    assert net.default_layers()[-1] == "conv5_2"
    assert net.layer("conv5_2").name == "body.18"


def test_networks_of_no_known_form_have_no_such_names():
    net = network(nets.Chain())
    assert all(not layer.aliases for layer in net.layers)
    assert net.default_layers() == ("first", "second", "third")


def test_timm_s_vgg_has_the_names_too():
    layers = by_alias("timm:vgg11@random")
    assert [layers[f"fc{i}"].channels for i in (6, 7, 8)] == [4096, 4096, 1000]
    assert published("timm:vgg11@random")[-1] == "conv5_2"


# The published list of hand-written networks


def test_blocks_are_found_by_what_they_do():
    assert network(nets.TinyInception()).default_layers() == ("stem", "mixed1", "mixed2")
    assert network(nets.TinyResNet()).default_layers() == ("conv1", "layer1.0", "layer1.1")


def test_a_block_of_two_parents_is_listed_once():
    module = nets.TinyResNet()
    module.last = module.layer1[1]
    assert network(module).default_layers() == ("conv1", "layer1.0", "layer1.1")


def test_a_network_without_convolutions_lists_its_linear_layers():
    module = nn.Sequential(nn.Flatten(), nn.Linear(768, 4), nn.ReLU(), nn.Linear(4, 2))
    net = network(module)
    assert net.default_layers() == ("1", "logits")
    assert not net.layer("1").spatial


def test_a_given_list_and_given_aliases_come_first():
    net = network(nets.Chain(), aliases={"v1": "second", "third": "first"}, published=("v1",))
    assert net.layer("v1").name == "second"
    assert net.layer("third").name == "third"
    assert net.default_layers() == ("second",)
    assert net.layer("second").aliases == ("v1",)


# Finding layers and units


def test_layers_are_found_by_path_alias_and_second_path():
    module = nets.Chain()
    module.again = module.second
    net = network(module)
    assert net.layer("again").name == "second"
    lenet = network_of_lenet()
    assert lenet.layer("C3") is lenet.layer("features.3")


def test_an_unknown_layer_names_the_nearest_and_how_to_list_them():
    with pytest.raises(LayerNotFoundError) as raised:
        network(nets.TinyInception(), "tiny").layer("mixed3")
    assert str(raised.value).startswith("'mixed3' is not a layer of tiny.\n  Did you mean 'mixed")
    assert str(raised.value).endswith("layers with: print(net)")


def units(net, text):
    return [str(unit) for unit in net.units(parse_address(text))]


def test_units_are_spelled_in_one_way():
    lenet = network_of_lenet(classes=tuple("0123456789"))
    assert units(lenet, "lenet/C3:2,0-1") == [f"lenet@own/C3:{i}" for i in (2, 0, 1)]
    assert units(lenet, "lenet@own/features.3:2@9,0") == ["lenet@own/C3:2@9,0"]
    assert units(lenet, 'lenet/classifier.5:"7"') == ["lenet@own/logits:7"]
    assert units(network(nets.Chain()), "net/first:3") == ["net@own/first:3"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lenet/C3:3", r"channel 3 is not in C3 of lenet.\n  It has 3 channels: write 0 to 2."),
        ("lenet/C3:0@10,0", r"has 10 x 10 positions: write @y,x from @0,0 to @9,9"),
        ("lenet/F6:0@0,0", r"F6 of lenet has no map.\n  Leave the position away."),
        ('lenet/logits:"Ca"', r"'Ca' is not one of the 10 classes of lenet.\n  Did you mean 'cat'"),
        (
            'lenet/C3:"cat"',
            r"lenet has classes only in logits.\n  Write a channel's number: 0 to 2",
        ),
    ],
)
def test_units_that_do_not_exist(text, message):
    lenet = network_of_lenet(classes=("cat", *"123456789"))
    with pytest.raises(UnitNotFoundError, match=message):
        lenet.units(parse_address(text))


def test_class_names_in_any_case_and_networks_without_them():
    named = network_of_lenet(classes=("Tabby cat", *"123456789"))
    assert units(named, 'lenet/logits:"tabby Cat"') == ["lenet@own/logits:0"]
    with pytest.raises(UnitNotFoundError, match="lenet has no class names"):
        network_of_lenet().units(parse_address('lenet/logits:"cat"'))


@pytest.mark.parametrize("text", ["vgg16/C1:0", "lenet@imagenet/C1:0"])
def test_an_address_of_another_network_is_refused(text):
    with pytest.raises(UsageError, match="is not an address in lenet@own"):
        network_of_lenet().units(parse_address(text))


def test_listing_layers_changes_nothing():
    module = nets.TinyInception()
    module.mixed1.eval()
    flags, rng = [m.training for m in module.modules()], torch.get_rng_state()
    assert len(network(module).layers) > 20
    assert [m.training for m in module.modules()] == flags
    assert torch.equal(torch.get_rng_state(), rng)
    assert nets.count_hooks(module) == 0


def test_layers_by_name_equal_those_of_the_network_itself():
    from vizkit.networks.load import load

    assert layers_of("lenet5") == load("lenet5").layers


def test_layers_need_no_weights(tmp_path):
    code = (
        "from vizkit.networks.outline import layers_of; print(len(layers_of('googlenet@imagenet')))"
    )
    environment = {"TORCH_HOME": str(tmp_path), "VIZKIT_OFFLINE": "1", "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) > 200
    assert list(tmp_path.rglob("*.pth")) == []
