"""Load a network by name, from a file, or from a module that the caller brings."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from vizkit.errors import NotFoundError, UsageError, WeightsInvalidError, nearest
from vizkit.images.preprocessing import Preprocessing
from vizkit.networks import factory, registry
from vizkit.networks.build import build, file_record, randomized
from vizkit.networks.device import device_named
from vizkit.networks.first_pass import check_kind
from vizkit.networks.network import Network, WeightsRecord
from vizkit.networks.stated import StatedInput
from vizkit.networks.weights import checkpoint, hub
from vizkit.networks.wrappers import unwrapped

_FILE_TAG = re.compile(r"file-([0-9a-f]{8})(?:-as-([\w.\-]+))?")
"""Weights of a file, and those in whose place they stand when these are not the default ones."""
_SUFFIXES = (".pth", ".pt", ".safetensors", ".bin", ".ckpt", ".tar")


def load(
    network: str | nn.Module,
    *,
    weights: str | Path | None = None,
    device: str | torch.device | None = None,
    preprocessing: Preprocessing | StatedInput | None = None,
    name: str | None = None,
    classes: Sequence[str] | None = None,
) -> Network:
    """Load a network with its weights, preprocessing and class names.

    A network that this function builds is in eval mode. A module that the caller passes is used
    as it is, and nothing about it is changed. Torch's global random state is left alone.

    Parameters
    ----------
    network : ``"googlenet"``, ``"vgg16@hed"``, ``"timm:resnet26d"``, a file and a function in it
        (``"net.py:make"``), or an ``nn.Module``.
    weights : a tag such as ``"random"``, or a safetensors file or saved state dict; by default the
        network's own. A file is read for the architecture and preprocessing that `network` names,
        tag included: ``googlenet@random`` takes its input otherwise than ``googlenet``. Without a
        tag, a file of ``distill_googlenet.py`` is read for the student that it began with.
    device : where to put a network that is built here, e.g. ``"cuda"``; by default the CPU.
    preprocessing : what the network expects of an image; needed for a module of the caller's. A
        `vizkit.networks.StatedInput` leaves its number of channels to the network.
    name : what to call a module of the caller's; by default its class.
    classes : names of the classes, in the order of the logits.

    Raises
    ------
    NetworkNotFoundError : no network of this name.
    NotFoundError : no weights of this tag.
    UsageError : arguments that do not go together, or a module without `preprocessing`.
    WeightsNotFoundError : weights that are neither cached nor reachable.
    WeightsInvalidError : a damaged file, or one that does not fit the network.
    DeviceError : the machine has no such device.

    Examples
    --------
    >>> net = load("lenet5")
    >>> net.source, net.weights.random
    ('lenet5@digits', False)
    """
    target = None if device is None else device_named(device)
    if isinstance(network, nn.Module):
        if weights is not None:
            raise UsageError(
                f"weights={str(weights)!r} were given for a module that has its own.\n"
                "  Load them into the module first: module.load_state_dict(...)."
            )
        loaded = _own(network, _for_module(network, preprocessing), name, target)
    elif not isinstance(network, str):
        raise UsageError(
            f"load() was given {network!r:.60}, of type {type(network).__name__}.\n"
            "  Give a name such as 'googlenet', a file 'net.py:make', or an nn.Module."
        )
    else:
        if name is not None:
            raise UsageError(f"name={name!r} goes with a module only; {network!r} has its name.")
        bare, tag, file = _chosen(network, weights)
        if registry.is_factory(bare):
            loaded = _from_factory(bare, tag, file, preprocessing)
        else:
            loaded = build(registry.blueprint(bare, tag), file)
            if file is not None and tag not in (None, registry.tags(bare)[0]):
                record = replace(loaded.weights, tag=f"{loaded.weights.tag}-as-{tag}")
                loaded = replace(loaded, weights=record)
        if target is not None:
            loaded.module.to(target)
    if stated := _for_module(loaded.module, preprocessing):
        loaded = replace(loaded, preprocessing=stated)
    if classes is not None:
        loaded = replace(loaded, classes=tuple(classes))
    return loaded


def _for_module(
    module: nn.Module, preprocessing: Preprocessing | StatedInput | None
) -> Preprocessing | None:
    return preprocessing.of(module) if isinstance(preprocessing, StatedInput) else preprocessing


def _chosen(network: str, weights: str | Path | None) -> tuple[str, str | None, Path | None]:
    """Name, weights tag and weights file that the two arguments ask for."""
    name, tag = registry.split(network)
    file: Path | None = None
    if isinstance(weights, Path):
        file = weights
    elif weights is not None:
        tags = ("own", "random") if registry.is_factory(name) else registry.tags(name)
        if weights in tags:
            if tag not in (None, weights):
                raise UsageError(
                    f"{network!r} names the weights {tag!r}, weights= names {weights!r}.\n"
                    "  Name one of them."
                )
            tag = weights
        elif Path(weights).exists() or weights.endswith(_SUFFIXES) or "/" in weights:
            file = Path(weights)
        else:
            hint = nearest(weights, tags) or "It has: " + ", ".join(tags) + "."
            raise NotFoundError(f"{weights!r} is neither weights of {name!r} nor a file. {hint}")
    if tag is not None and (parts := _FILE_TAG.fullmatch(tag)):
        if file is None:
            raise UsageError(
                f"{network!r} was made with weights from a file, which vizkit does not keep.\n"
                "  Pass that file again: --weights FILE."
            )
        digest = hub.sha256(file) if file.is_file() else parts[1]
        if not digest.startswith(parts[1]):
            raise WeightsInvalidError(
                f"{str(file)!r} is file-{digest[:8]}, and {network!r} asks for {tag}.\n"
                "  Pass the file that those results were made with, or leave the tag out."
            )
        tag = parts[2]
    elif file is not None and tag is None and not registry.is_factory(name):
        tag = _said_by(file, name)
    return name, tag, file


def _said_by(file: Path, name: str) -> str | None:
    """Tag of the weights of `name` that those in `file` say they were trained from."""
    trained, tag = registry.split(checkpoint.trained_from(file) or "")
    if tag is not None and (parts := _FILE_TAG.fullmatch(tag)):
        tag = parts[2]
    return tag if trained == name and tag in registry.tags(name) else None


def _from_factory(
    name: str, tag: str | None, file: Path | None, given: Preprocessing | StatedInput | None
) -> Network:
    if tag not in (None, "own", "random"):
        hint = nearest(tag or "", ("own", "random")) or "It has: own, random."
        raise NotFoundError(f"{name!r} has no weights {tag!r}. {hint}\n  Or pass --weights FILE.")
    made = factory.call(name)
    preprocessing = _for_module(made if isinstance(made, nn.Module) else made.module, given)
    if isinstance(made, nn.Module):
        made = _own(made, preprocessing, "factory", None, described=name)
    made.module.eval()
    if file is not None:
        if done := checkpoint.fit(made.module, checkpoint.read(file), what=repr(str(file))):
            warnings.warn(done, stacklevel=3)
        record = file_record(file)
    elif tag == "random":
        record = randomized(made.module, preprocessing or made.preprocessing)
    else:
        record = replace(made.weights, tag="own", origin=f"made by {name}")
    return replace(made, name=name, weights=record)


def _own(
    module: nn.Module,
    preprocessing: Preprocessing | None,
    name: str | None,
    target: torch.device | None,
    described: str | None = None,
) -> Network:
    """A module of the caller's, untouched."""
    module = unwrapped(module)
    label = name or type(module).__name__
    described = described or f"a module of class {type(module).__name__}"
    check_kind(module, described)
    if preprocessing is None and registry.is_factory(described):
        raise UsageError(
            f"{described} comes without preprocessing, and vizkit does not guess it.\n"
            "  Say what it was trained with, for RGB images of 224 x 224 for example:\n"
            "    --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225 --input 224x224\n"
            "  or let it return vizkit.load(module, preprocessing=vizkit.Preprocessing(\n"
            "    mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225), input_size=(224, 224)))"
        )
    if preprocessing is None:
        raise UsageError(
            f"{described} comes without preprocessing, and vizkit does not guess it.\n"
            "  Say what it was trained with, for RGB images of 224 x 224 for example:\n"
            "    vizkit.load(module, preprocessing=vizkit.Preprocessing(\n"
            "        mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225), "
            "input_size=(224, 224)))"
        )
    if not registry.NAME.fullmatch(label):
        raise UsageError(
            f"name={label!r} cannot stand in an address.\n"
            "  Use letters, digits, '_', '.' and '-', beginning with a letter."
        )
    devices = {parameter.device for parameter in module.parameters()}
    if target is not None and any(device.type != target.type for device in devices):
        raise UsageError(
            f"device={str(target)!r} would move the module that you passed, which is on "
            f"{', '.join(sorted(map(str, devices)))}.\n  Move it first: module.to({str(target)!r})."
        )
    state = module.state_dict()
    checkpoint.check_finite(state, what=described)
    digest = checkpoint.state_hash(state)
    record = WeightsRecord("own", "a module of the caller's", digest)
    return Network(label, module, preprocessing, record)
