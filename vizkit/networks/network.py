"""A network: a module with its preprocessing and weights record, as `vizkit.load` returns it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from vizkit.errors import UsageError
from vizkit.images.batches import ImageBatches
from vizkit.images.image_set import ImageSet
from vizkit.images.photo import read_photo
from vizkit.images.preprocessing import Preprocessing
from vizkit.images.sources import ImageSource, image_set
from vizkit.layer_info import LayerInfo, layer_table
from vizkit.networks.layers import resolve
from vizkit.networks.layers.survey import survey
from vizkit.networks.units import Named, find_units, the_only
from vizkit.result import Result
from vizkit.unit import Unit

if TYPE_CHECKING:
    from vizkit.images.photo import Photo


@dataclass(frozen=True, slots=True)
class WeightsRecord:
    """Where the weights of a network come from.

    Attributes
    ----------
    tag : ``imagenet``, ``distilled``, ``hed``, ``digits``, ``random``, ``own`` (a module that the
        caller passed in) or ``file-`` and eight digits of the hash (``--weights FILE``), followed
        by ``-as-`` and the tag named with the file, where that is not the network's default.
    origin : sentence for people: which file, from where, trained on what.
    sha256 : hash of the weights file; of the state dict where there is no file.
    random : True when the weights were never trained; shown as a badge everywhere.
    """

    tag: str
    origin: str
    sha256: str
    random: bool = False


@dataclass(frozen=True, eq=False, repr=False)
class Network(Result):
    """A convolutional network in eval mode, with everything that a result must carry about it.

    ``print(network)`` lists its layers, starred where a gallery shows them by default.

    Attributes
    ----------
    name : registered name, ``timm:NAME``, ``path.py:factory``, or the caller's own word.
    module : the network; never changed by vizkit.
    preprocessing : map from images in [0, 1] to the network's input.
    weights : where the weights come from.
    classes : names of the classes, in the order of the logits; None when unknown.
    aliases : literature names of layers, alias -> module path.
    published : module paths of the layers to show by default; empty lets vizkit choose
        (convolutions, or the blocks of Inception and residual networks).

    Examples
    --------
    >>> import vizkit
    >>> vizkit.load("lenet5@random")
    <Network lenet5@random, 1 x 32 x 32, 60,000 parameters, RANDOM WEIGHTS>
    """

    name: str
    module: nn.Module
    preprocessing: Preprocessing
    weights: WeightsRecord
    classes: tuple[str, ...] | None = None
    aliases: dict[str, str] = field(default_factory=dict)
    published: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """Name and weights tag as in an address, e.g. ``"googlenet@distilled"``."""
        return f"{self.name}@{self.weights.tag}"

    @property
    def input_channels(self) -> int:
        """Number of channels of an image for this network."""
        return self.preprocessing.channels

    @property
    def input_size(self) -> tuple[int, int]:
        """(height, width) in pixels of the images that the network was trained on."""
        return self.preprocessing.input_size

    @property
    def device(self) -> torch.device:
        """Device of the network's parameters; the CPU for a network without any."""
        first = next(self.module.parameters(), None)
        return torch.device("cpu") if first is None else first.device

    def prepare(self, photo: Photo) -> Tensor:
        """Image of a photograph for this network, 1 C H W in [0, 1] on the network's device.

        Resized and cropped to `input_size`, gray for a network with one input channel.

        Parameters
        ----------
        photo : path of a file, PIL image, array (H W or H W C) or tensor (C H W).

        Raises
        ------
        UsageError : the file is missing, damaged or absurdly large, or the array is no image.
        """
        return read_photo(photo, self.preprocessing).to(self.device)

    def images(
        self, images: ImageSource = "photographs", size: tuple[int, int] | None = None
    ) -> ImageSet:
        """Set of images for this network, on its device: by name, from a folder or of a tensor.

        Parameters and errors are those of `vizkit.images.sources.image_set`.
        """
        return image_set(images, self.preprocessing, size, self.device)

    def batches(self, images: ImageSource, size: int) -> ImageBatches:
        """Batches of at most `size` images, B C H W, for this network, on its device.

        Errors are those of `vizkit.images.batches.ImageBatches`.
        """
        return ImageBatches(images, self.preprocessing, size, self.device)

    def __repr__(self) -> str:
        size = " x ".join(map(str, (self.input_channels, *self.input_size)))
        badge = ", RANDOM WEIGHTS" if self.weights.random else ""
        return f"<Network {self.source}, {size}, {self.parameter_count:,} parameters{badge}>"

    def __str__(self) -> str:
        return f"{self!r}\n\n{layer_table(self.layers)}"

    def as_dict(self) -> dict[str, Any]:
        """What it is, where its weights come from, and its layers; no weights and no classes."""
        return {
            "network": self.source,
            "input": [self.input_channels, *self.input_size],
            "parameters": self.parameter_count,
            "weights": asdict(self.weights),
            "layers": [layer.as_dict() for layer in self.layers],
        }

    def __call__(self, images: Tensor) -> Any:
        """Output of the module for `images`, B C H W in [0, 1]; differentiable."""
        return self.module(self.preprocessing(images))

    @property
    def parameter_count(self) -> int:
        """Number of trained numbers."""
        return sum(parameter.numel() for parameter in self.module.parameters())

    @cached_property
    def layers(self) -> tuple[LayerInfo, ...]:
        """Every module that returns a tensor, in forward order, from one traced pass.

        Raises
        ------
        UsageError : the pass fails on an image; or classes have another number than logits.
        """
        layers = survey(
            self.name,
            self.module,
            self.preprocessing,
            self.aliases,
            self.published,
        )
        logits = next((layer for layer in layers if "logits" in layer.aliases), None)
        if self.classes is not None and logits and logits.channels != len(self.classes):
            raise UsageError(
                f"{len(self.classes)} names of classes were given, and {self.name} has "
                f"{logits.channels} logits.\n  Give one name for each."
            )
        return layers

    def layer(self, name: str) -> LayerInfo:
        """Layer whose module path or alias is `name`.

        Raises
        ------
        LayerNotFoundError : the network has no such layer.
        """
        return resolve.find_layer(self, name)

    def default_layers(self) -> tuple[str, ...]:
        """Public names of the layers to show by default, in forward order."""
        return tuple(layer.public_name for layer in self.layers if layer.published)

    def units(self, named: Named) -> tuple[Unit, ...]:
        """Units of this network that an address names, in the order asked.

        Parameters
        ----------
        named : ``"vgg16@hed/conv4_3:0-7"``; the network may be left out, ``"conv4_3:0-7"``.

        Raises
        ------
        AddressError : text that is no address.
        LayerNotFoundError, UnitNotFoundError : the network has no such layer, channel, position or
            class.
        UsageError : the address is one of another network.
        """
        return find_units(self, named)

    def unit(self, named: Named) -> Unit:
        """The one unit of this network that an address names.

        Raises
        ------
        AddressError, LayerNotFoundError, UnitNotFoundError, UsageError : as `units`; or several are
            named.
        """
        return the_only(find_units(self, named), named)
