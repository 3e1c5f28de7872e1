"""Names of networks and the weights that each can have."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from pathlib import Path

from vizkit.errors import NetworkNotFoundError, NotFoundError, UsageError, nearest
from vizkit.layer_info import LayerInfo
from vizkit.networks import known, timm_networks, torchvision_networks
from vizkit.networks.blueprint import Blueprint
from vizkit.networks.weights.sources import WeightsFile
from vizkit.plugins import Registry

_FACTORY = re.compile(r".+\.py:[A-Za-z_]\w*")
NAME = re.compile(r"[A-Za-z_][\w.\-]*")
"""What a network of somebody's own can be called in an address."""

NETWORKS: Registry[Sequence[Blueprint]] = Registry(
    "network", "vizkit.networks", "vizkit.networks.architectures.*:BLUEPRINTS"
)
"""Blueprints by network, one for each kind of weights, the default first; those of torchvision and
timm come beside them."""


def register(*blueprints: Blueprint) -> None:
    """Let a network be known by its name, in every command and function, while the process lives.

    An installed package has it known for good by an entry point of the group ``vizkit.networks``:
    ``mynet = "mypackage.mynet:BLUEPRINTS"``. For one script, ``path.py:factory`` does without both.

    Parameters
    ----------
    blueprints : of one network, one for each kind of weights, the default first. A network of
        torchvision's gets further weights so, beside its own.

    Raises
    ------
    UsageError : several networks, a name that cannot stand in an address, or one that is taken.

    Examples
    --------
    >>> from torch import nn
    >>> from vizkit.networks import Blueprint, Preprocessing, register
    >>> gray = Preprocessing((0.5,), (0.25,), (16, 16))
    >>> register(Blueprint("dots", "random", lambda: nn.Sequential(nn.Conv2d(1, 4, 3)), gray))
    >>> tags("dots")
    ('random',)
    >>> NETWORKS.remove("dots")
    """
    names = sorted({blueprint.name for blueprint in blueprints})
    if len(names) != 1 or not NAME.fullmatch(names[0]):
        raise UsageError(
            f"register() was given blueprints of {', '.join(map(repr, names)) or 'nothing'}.\n"
            "  Give those of one network, whose name has letters, digits, '_', '.' and '-'."
        )
    NETWORKS.register(names[0], blueprints)


def is_factory(name: str) -> bool:
    """True for a user's own network, ``path.py:factory``."""
    return _FACTORY.fullmatch(name) is not None


def split(source: str) -> tuple[str, str | None]:
    """Network and weights tag of ``NETWORK[@WEIGHTS]``.

    Examples
    --------
    >>> split("vgg16@hed"), split("my@home/net.py:make")
    (('vgg16', 'hed'), ('my@home/net.py:make', None))
    """
    name, at, tag = source.rpartition("@")
    if not at or not re.fullmatch(r"[\w.\-]+", tag):
        return source, None
    return name, tag


def names() -> tuple[str, ...]:
    """Names of all networks but timm's, sorted."""
    return tuple(sorted({*NETWORKS, *torchvision_networks.names()}))


def tags(name: str) -> tuple[str, ...]:
    """Weights tags of the network `name`, the default first.

    Raises
    ------
    NetworkNotFoundError : there is no network of this name.

    Examples
    --------
    >>> tags("lenet5")
    ('digits', 'random')
    """
    if name.startswith(timm_networks.PREFIX):
        return timm_networks.tags(name)
    check_name(name)
    registered = _registered_tags(name)
    if name in torchvision_networks.names():
        default, *others = torchvision_networks.TAGS
        return (default, *registered, *others)
    return registered


def check_name(name: str) -> None:
    """Refuse a name that no network has; nothing is built or read.

    Raises
    ------
    NetworkNotFoundError : there is no network of this name.
    """
    if name.startswith(timm_networks.PREFIX):
        timm_networks.check_name(name)
    elif not (name in NETWORKS or name in torchvision_networks.names()):
        if name.endswith(".py"):
            raise NetworkNotFoundError(_without_factory(name))
        raise NetworkNotFoundError(
            f"{name!r} is not a network that vizkit knows. {_hint(name)}".rstrip() + "\n"
            "  List them with: vizkit models. "
            "Those of timm are called timm:NAME, your own path.py:factory."
        )


def blueprint(name: str, tag: str | None = None) -> Blueprint:
    """Blueprint of a registered network, with its default weights when `tag` is None.

    Raises
    ------
    NetworkNotFoundError : there is no network of this name.
    NotFoundError : the network has no weights of this tag.
    """
    tag = checked_tag(name, tag)
    if name.startswith(timm_networks.PREFIX):
        return timm_networks.blueprint(name, tag)
    registered = (each for each in _registered(name) if each.tag == tag)
    return next(registered, None) or torchvision_networks.blueprint(name, tag)


def checked_tag(name: str, tag: str | None = None) -> str:
    """The tag of weights of a network, its default for None; nothing is built or read.

    Raises
    ------
    NetworkNotFoundError, NotFoundError : as `blueprint`.

    Examples
    --------
    >>> checked_tag("vgg16"), checked_tag("lenet5", "random")
    ('imagenet', 'random')
    """
    offered = tags(name)
    if tag is None:
        return offered[0]
    if tag not in offered:
        hint = nearest(tag, offered) or "It has: " + ", ".join(f"{name}@{t}" for t in offered) + "."
        raise NotFoundError(
            f"{name!r} has no weights {tag!r} that come with vizkit. {hint}\n"
            f"  For weights of your own: --weights FILE."
        )
    return tag


def weights(name: str, tag: str) -> WeightsFile | None:
    """File of the weights `tag` of the network `name`, to be listed; None where there is none.

    What is to be fetched is in `blueprint`.
    """
    if NETWORKS.is_built_in(name) and tag in (known.built_in(name) or ()):
        return known.weights_of_ours(name, tag)
    if tag == "imagenet" and known.of_torchvision() and name in torchvision_networks.names():
        return known.weights_of_torchvision(name)
    if tag == "random":
        return None
    return blueprint(name, tag).weights


def known_layers(source: str) -> tuple[LayerInfo, ...] | None:
    """Layers of a published network from a table, without torch; None where there is no table.

    Raises
    ------
    NetworkNotFoundError, NotFoundError : there is no such network, or no such weights of it.

    Examples
    --------
    >>> [layer.public_name for layer in known_layers("lenet5") or ()][:2]
    ['c1', 's2']
    """
    name, tag = split(source)
    return None if is_factory(name) else known.layers(f"{name}@{checked_tag(name, tag)}")


def _registered_tags(name: str) -> tuple[str, ...]:
    if NETWORKS.is_built_in(name) and (tags := known.built_in(name)) is not None:
        return tags
    return tuple(blueprint.tag for blueprint in _registered(name))


def _registered(name: str) -> Sequence[Blueprint]:
    if name in NETWORKS:
        return NETWORKS[name]
    return ()


def _without_factory(path: str) -> str:
    """What to say where a file was named, and no function in it."""
    if not Path(path).is_file():
        return f"there is no file {path!r}.\n  Write path.py:NAME, with a path from here."
    try:
        body = ast.parse(Path(path).read_text(encoding="utf-8")).body
    except (SyntaxError, ValueError):
        body = []
    names = [part.name for part in body if isinstance(part, ast.FunctionDef | ast.ClassDef)]
    public = ", ".join(name for name in names if not name.startswith("_")) or "none"
    return f"{path!r} is a file: name its factory, {path}:NAME.\n  It has: {public}."


def _hint(name: str) -> str:
    if name in (known.of_timm() or timm_networks.listed()):
        return f"timm has it: timm:{name}."
    return nearest(name, names())
