"""torchvision's GoogLeNet with the weights that are a part of vizkit."""

from __future__ import annotations

from functools import partial

from vizkit.images.preprocessing import imagenet_preprocessing
from vizkit.networks.blueprint import Blueprint
from vizkit.networks.torchvision_networks import build, imagenet_classes
from vizkit.networks.weights.sources import packaged

BLUEPRINTS = (
    Blueprint(
        "googlenet",
        "distilled",
        partial(build, "googlenet", transform_input=False),
        imagenet_preprocessing(),
        imagenet_classes(),
        packaged("googlenet_distilled"),
    ),
)
