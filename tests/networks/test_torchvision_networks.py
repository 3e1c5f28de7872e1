from __future__ import annotations

import io
import math
from pathlib import Path

import pytest
import torch
import torchvision
from PIL import Image
from skimage import data
from torchvision.models import GoogLeNet_Weights

import vizkit
from tests.networks.conftest import Server, digest, left_in
from vizkit.errors import WeightsInvalidError
from vizkit.images.preprocessing import Preprocessing
from vizkit.networks import torchvision_networks


def published_googlenet(seed: int = 0) -> bytes:
    """A checkpoint with the names, shapes and heads of torchvision's, and plausible numbers."""
    module = torchvision.models.googlenet(
        weights=None, init_weights=False, aux_logits=True, transform_input=True
    )
    generator = torch.Generator().manual_seed(seed)
    state = module.state_dict()
    for name, value in state.items():
        if name.endswith("running_var"):
            value.copy_(torch.rand(value.shape, generator=generator) + 0.5)
        elif value.dim() > 1:
            fan_in = value[0].numel()
            value.copy_(torch.randn(value.shape, generator=generator) * (2 / fan_in) ** 0.5)
    content = io.BytesIO()
    torch.save(state, content)
    return content.getvalue()


@pytest.fixture
def published(server: Server, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """torchvision's enum, with the generated checkpoint in place of the real one."""
    content = published_googlenet()
    file = f"googlenet-{digest(content)[:8]}.pth"
    server.files[file] = content
    monkeypatch.setattr(GoogLeNet_Weights.IMAGENET1K_V1.value, "url", f"{server.url}/{file}")
    return content


def test_googlenet_with_imagenet_weights_from_download_to_logits(
    hub_folder: Path, server: Server, published: bytes
) -> None:
    before = torch.get_rng_state()
    network = vizkit.load("googlenet")
    assert torch.equal(torch.get_rng_state(), before)
    (file,) = left_in(hub_folder)
    assert digest((hub_folder / file).read_bytes()) == digest(published) == network.weights.sha256
    assert network.source == "googlenet@imagenet"
    assert not network.weights.random
    assert not any(part.training for part in network.module.modules())
    assert network.classes is not None
    assert len(network.classes) == 1000
    assert network.classes[281] == "tabby"
    # torchvision finds the file in the same folder, and builds the network by its own code.
    theirs = torchvision.models.googlenet(weights=GoogLeNet_Weights.IMAGENET1K_V1).eval()
    assert server.requests == [file]
    photo = Image.fromarray(data.chelsea())
    with torch.no_grad():
        image = network.prepare(photo)
        expected = theirs(GoogLeNet_Weights.IMAGENET1K_V1.transforms()(photo)[None])
        torch.testing.assert_close(network(image), expected, rtol=1e-3, atol=1e-3)
    assert [name for name, _ in network.module.named_modules() if "aux" in name] == []
    assert "inception4c" in {layer.name for layer in network.layers}
    pictures = vizkit.render(network, "conv2:0", size=48, recipe=vizkit.Recipe(steps=2))
    assert pictures[0].address == "googlenet@imagenet/conv2:0"
    assert math.isfinite(pictures[0].final)


def test_the_same_file_by_hand_and_as_a_file_of_the_users(
    hub_folder: Path, tmp_path: Path, published: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIZKIT_OFFLINE", "1")
    path = tmp_path / "mine.pth"
    path.write_bytes(published)
    mine = vizkit.load("googlenet", weights=path)
    assert mine.weights.tag == f"file-{digest(published)[:8]}"
    hub_folder.mkdir(parents=True)
    (hub_folder / f"googlenet-{digest(published)[:8]}.pth").write_bytes(published)
    theirs = vizkit.load("googlenet")
    assert theirs.module.transform_input
    assert mine.module.transform_input
    for name, value in theirs.module.state_dict().items():
        assert torch.equal(value, mine.module.state_dict()[name]), name


def test_a_truncated_file_in_the_hub_folder_is_named(hub_folder: Path, published: bytes) -> None:
    hub_folder.mkdir(parents=True)
    path = hub_folder / f"googlenet-{digest(published)[:8]}.pth"
    path.write_bytes(published[:-1000])
    with pytest.raises(WeightsInvalidError, match="Delete it, then: vizkit weights get googlenet@"):
        vizkit.load("googlenet@imagenet")


def test_another_number_of_classes_is_said(tmp_path: Path) -> None:
    state = torchvision.models.squeezenet1_1(num_classes=7).state_dict()
    torch.save(state, tmp_path / "mine.pth")
    with pytest.raises(WeightsInvalidError, match=r"classifier\.1\.weight \(7, 512, 1, 1\) where"):
        vizkit.load("squeezenet1_1", weights=tmp_path / "mine.pth")


def test_names_of_the_published_densenets_are_translated(tmp_path: Path) -> None:
    """The published files are from a torch in which a module's name could hold a dot."""
    state = torchvision.models.densenet121(num_classes=1000).state_dict()
    old = {
        name.replace("norm1.", "norm.1.")
        .replace("norm2.", "norm.2.")
        .replace("conv1.", "conv.1.")
        .replace("conv2.", "conv.2."): value
        for name, value in state.items()
        if not name.endswith("num_batches_tracked")
    }
    torch.save(old, tmp_path / "old.pth")
    network = vizkit.load("densenet121", weights=tmp_path / "old.pth")
    for name, value in network.module.state_dict().items():
        assert torch.equal(value, state[name]), name


def test_modules_with_a_version_load_from_safetensors(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    state = torchvision.models.mnasnet0_5().state_dict()
    save_file(state, tmp_path / "net.safetensors")
    network = vizkit.load("mnasnet0_5", weights=tmp_path / "net.safetensors")
    assert torch.equal(network.module.layers[0].weight, state["layers.0.weight"])


@pytest.mark.parametrize("name", torchvision_networks.names())
def test_preprocessing_is_what_torchvision_publishes(name: str) -> None:
    published = torchvision.models.get_model_weights(name).DEFAULT.transforms()
    own = torchvision_networks.preprocessing(name)
    assert isinstance(own, Preprocessing)
    size = own.input_size
    image = torch.rand(3, *size, generator=torch.Generator().manual_seed(0))
    # Without a resize the published transform only normalizes what has the right size.
    published.resize_size = list(size)
    torch.testing.assert_close(own(image[None]), published(image[None]), rtol=1e-4, atol=1e-4)
    assert torchvision_networks.blueprint(name, "imagenet").weights is not None
    assert torchvision_networks.blueprint(name, "random").weights is None


def test_inception_v3_has_its_own_size() -> None:
    plan = torchvision_networks.blueprint("inception_v3", "imagenet")
    assert plan.preprocessing.input_size == (299, 299)
    assert plan.build().transform_input
    assert plan.build().AuxLogits is None
