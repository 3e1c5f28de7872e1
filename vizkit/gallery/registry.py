"""The studies there are: built in, installed by other packages, or registered by a call."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from vizkit.errors import UsageError
from vizkit.gallery.options import read_options
from vizkit.gallery.study import Study
from vizkit.plugins import Registry

STUDIES: Registry[Study] = Registry(
    "study", "vizkit.studies", "vizkit.gallery.studies.*.study:STUDY"
)
"""Studies by name."""


def register(study: Study) -> None:
    """Add a study of your own, for as long as this process lives.

    An installed package adds one for every process, ``vizkit gallery`` included, by an entry point
    in its ``pyproject.toml``, of the study's name::

        [project.entry-points."vizkit.studies"]
        notes = "my_package.notes:STUDY"

    Raises
    ------
    UsageError : this is no study, or the name is taken or none.
    """
    if not isinstance(study, Study):
        raise UsageError(
            f"{study!r:.60} is no study.\n  Give an instance of a class below vizkit.gallery.Study."
        )
    if not re.fullmatch(r"[a-z][a-z0-9_]*", study.name):
        raise UsageError(
            f"{study.name!r} cannot name a study: folders are named so.\n"
            "  Give small letters, digits and _."
        )
    STUDIES.register(study.name, study)


def find(name: str) -> Study | None:
    """Study of that name; None when there is none here."""
    if name not in STUDIES:
        return None
    return STUDIES[name]


def in_order(names: Iterable[str]) -> tuple[Study, ...]:
    """Studies of these names that there are, by their order."""
    studies = [study for name in names if (study := find(name)) is not None]
    return tuple(sorted(studies, key=lambda study: (study.order, study.name)))


def choose(
    names: Iterable[str] | Mapping[str, Mapping[str, Any]] | None = None,
) -> tuple[Study, ...]:
    """Studies of these names; by default all that mark themselves so. What is asked is checked.

    Raises
    ------
    NotFoundError : there is no such study, or it has no such option.
    UsageError : none was named, or an option is given a value that it cannot have.

    Examples
    --------
    >>> [study.name for study in choose()]
    ['renders', 'receptive_field', 'tuning', 'families', 'filters']
    """
    if names is None:
        return tuple(study for study in in_order(STUDIES) if study.default)
    chosen = in_order([STUDIES[name].name for name in names])
    if not chosen:
        raise UsageError(f"no studies were named.\n  There are: {', '.join(STUDIES)}.")
    if isinstance(names, Mapping):
        for study in chosen:
            read_options(study.name, study.options, names[study.name])
    return chosen
