"""Flags that every command takes, and what is said about those that none does."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import pytest

from tests.cli.conftest import Terminal
from vizkit.cli import build_parser


def leaves(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The commands that do something."""
    below = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    for action in below:
        for child in action.choices.values():
            yield from leaves(child)
    if not below:
        yield parser


@pytest.mark.parametrize("parser", list(leaves(build_parser())), ids=lambda parser: parser.prog)
def test_every_command_can_be_quiet(parser: argparse.ArgumentParser) -> None:
    assert "--quiet" in parser.format_help()


def test_the_command_itself_says_what_it_does_not_know(vizkit: Terminal) -> None:
    done = vizkit("gallery", "status", "somewhere", "--jsn")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "vizkit gallery status: --jsn is not known. Did you mean '--json'?\n"
        "  See: vizkit gallery status --help\n"
    )
    done = vizkit("rf", "lenet5", "--zzzz=1")
    assert done.err == "vizkit rf: --zzzz is not known.\n  See: vizkit rf --help\n"
    assert vizkit("layers", "lenet5", "more").err.startswith("vizkit layers: more is not known.\n")


@pytest.mark.parametrize("command", [("models", "zzz*"), ("layers", "nope")])
def test_no_line_of_a_message_ends_with_a_space(vizkit: Terminal, command: tuple[str, ...]) -> None:
    done = vizkit(*command)
    assert done.code == 2
    assert all(line == line.rstrip() for line in done.err.splitlines())
