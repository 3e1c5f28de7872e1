"""Objectives as people write them: ``4a:476 + 0.5*4b:12 - 0.1*tv``."""

from __future__ import annotations

import re
from collections.abc import Callable

from vizkit.errors import AddressError, LayerNotFoundError, UsageError
from vizkit.networks.network import Network
from vizkit.rendering.objective import Objective, weighted
from vizkit.rendering.registries import OBJECTIVES
from vizkit.rendering.written_calls import parse_call

_SIGN = re.compile(r'("(?:[^"\\]|\\.)*")|(?:^|\s)\s*([+-])\s+|^\s*(-)')
_FACTOR = re.compile(r"\s*(\d[\d.]*(?:[eE][+-]?\d+)?)\s*\*\s*(.+)", re.DOTALL)
_BREAK = "\x1f"
_JOINT = re.compile(r'("(?:[^"\\]|\\.)*"|\([^()]*\))|\s*([+-])\s*')
_STUCK_FACTOR = re.compile(r"(\d+(?:\.\d+)?)\s*(?=[A-Za-z_])")


def parse_objective(text: str, network: Network) -> Objective:
    """Objective of one picture: terms joined by ``+`` and ``-`` between blanks.

    A term is a unit without its network (``conv4_3:12``, ``logits:"tabby cat"``) or a name with
    arguments (``direction(conv4_3, v.npy)``, ``tv``), with ``NUMBER*`` before it.

    Raises
    ------
    UsageError : text that cannot be read, or terms that cancel.
    AddressError, NotFoundError : a term names no unit and no objective.

    Examples
    --------
    >>> import vizkit
    >>> print(parse_objective("c3:1 + 0.5*c3:2 - 0.1*tv", vizkit.load("lenet5")))
    c3:1 + 0.5*c3:2 - 0.1*tv
    """
    try:
        return weighted([(sign, _term(body, network)) for sign, body in _terms(text)])
    except (AddressError, LayerNotFoundError) as error:
        meant = _spelled_out(text)
        if meant is None:
            raise
        raise UsageError(
            f"{text!r} is no objective.\n"
            f"  Write {meant!r}: blanks around + and -, and * behind a factor."
        ) from error


def is_objective(text: str) -> bool:
    """Whether `text` is an objective and not an address: several terms, a factor or a name.

    Examples
    --------
    >>> is_objective("conv4_3:12"), is_objective("-conv4_3:12"), is_objective("layer(conv4_3)")
    (False, True, True)
    """
    terms = _terms(text)
    call = parse_call(text)
    named = call is not None and (call[0] in OBJECTIVES or "(" in text)
    return named or len(terms) > 1 or terms[0][0] != 1


def _terms(text: str) -> list[tuple[float, str]]:
    marked = _SIGN.sub(lambda m: m[1] or f"{_BREAK}{m[2] or m[3]}", text)
    pieces = marked.split(_BREAK)
    if not pieces[0].strip():
        pieces = pieces[1:]
    terms = []
    for piece in pieces:
        sign, body = 1.0, piece.strip()
        if body[:1] in "+-" and body:
            sign, body = (-1.0 if body[0] == "-" else 1.0), body[1:].strip()
        factor = _FACTOR.fullmatch(body)
        if factor is not None:
            sign, body = sign * float(factor[1]), factor[2].strip()
        if not body:
            raise UsageError(
                f"{text!r} lacks a term.\n  Write terms joined by + and -, for example "
                "'conv4_3:12 - 0.1*tv'."
            )
        terms.append((sign, body))
    if not terms:
        raise UsageError("the objective is empty.\n  Write for example 'conv4_3:12 - 0.1*tv'.")
    return terms


def _spelled_out(text: str) -> str | None:
    """`text` with the blanks and the ``*`` that it lacks; None where that is not all it lacks."""
    pieces = _JOINT.sub(lambda m: m[1] or f"{_BREAK}{m[2]}{_BREAK}", text).split(_BREAK)
    terms = [_STUCK_FACTOR.sub(r"\1*", piece.strip(), count=1) for piece in pieces]
    meant = " ".join(terms).strip()
    for term in terms[::2]:
        factor = _FACTOR.fullmatch(term)
        body = term if factor is None else factor[2]
        call = parse_call(body)
        if not (":" in body if call is None else call[0] in OBJECTIVES):
            return None
    return None if meant == " ".join(text.split()) else meant


def _term(text: str, network: Network) -> Objective:
    call = parse_call(text)
    if call is None:
        try:
            return OBJECTIVES["unit"](network, text)
        except AddressError as error:
            raise AddressError(
                f"{error}\n  Objectives with a name are: {', '.join(OBJECTIVES)}."
            ) from None
    name, arguments = call
    make: Callable[..., Objective] = OBJECTIVES[name]
    try:
        return make(network, *arguments)
    except TypeError as error:
        raise UsageError(f"{text!r} does not have the arguments of {name!r}: {error}") from None
