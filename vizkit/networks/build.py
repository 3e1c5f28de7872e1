"""Build a network from its blueprint."""

from __future__ import annotations

import warnings
from pathlib import Path

from torch import nn

from vizkit.images.preprocessing import Preprocessing
from vizkit.networks.blueprint import Blueprint
from vizkit.networks.inventory import Holding
from vizkit.networks.network import Network, WeightsRecord
from vizkit.networks.random_state import isolated_rng
from vizkit.networks.weights import checkpoint, hub
from vizkit.networks.weights.random_weights import randomize


def build(blueprint: Blueprint, file: Path | None = None) -> Network:
    """The network of `blueprint`, in eval mode, with the weights of `file` if one is given.

    Raises
    ------
    WeightsNotFoundError, WeightsInvalidError : as `fetch`, `checkpoint.read` and `checkpoint.fit`.
    """
    # Weights first: fetching and reading can fail, building can only take time.
    weights, state, what = blueprint.weights, None, ""
    if file is not None:
        record, state, what = file_record(file), checkpoint.read(file), repr(str(file))
    elif weights is not None:
        path, digest = Holding.of(blueprint).fetched()
        record = WeightsRecord(blueprint.tag, weights.origin, digest)
        state, what = checkpoint.read(path), weights.file
    with isolated_rng():
        module = blueprint.build()
    if state is not None:
        named = state if blueprint.rename is None else blueprint.rename(state, module)
        if done := checkpoint.fit(module, named, what=what, ignored=blueprint.ignored):
            warnings.warn(done, stacklevel=3)
    elif blueprint.tag == "random":
        record = randomized(module, blueprint.preprocessing)
    else:
        digest = checkpoint.state_hash(module.state_dict())
        record = WeightsRecord(blueprint.tag, "made with the network, not read", digest)
    module.eval()
    return Network(blueprint.name, module, blueprint.preprocessing, record, blueprint.classes)


def randomized(module: nn.Module, preprocessing: Preprocessing) -> WeightsRecord:
    """Record of the random weights that `module` is given here."""
    randomize(module, preprocessing)
    digest = checkpoint.state_hash(module.state_dict())
    return WeightsRecord("random", "He-normal from seed 0, never trained", digest, random=True)


def file_record(file: Path) -> WeightsRecord:
    """Record of the weights in the caller's `file`.

    Raises
    ------
    WeightsNotFoundError, WeightsInvalidError : it is not there, or not a file.
    """
    checkpoint.require(file)
    digest = hub.sha256(file)
    return WeightsRecord(f"file-{digest[:8]}", f"file {file.name}", digest)
