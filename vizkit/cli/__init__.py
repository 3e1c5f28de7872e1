"""The command line: one small file per command, which parses, calls the library and prints.

Data goes to stdout, talk to stderr. Exit codes: 0 done, 1 finished but something failed, 2 usage or
configuration, 3 environment, 130 and 143 interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import shlex
import sys
from collections.abc import Sequence
from typing import NoReturn

from vizkit.cli.ending import ended
from vizkit.errors import nearest
from vizkit.version import __version__

COMMANDS = {
    "models": "list networks and their weights",
    "layers": "list the layers of a network",
    "weights": "list, get and check weights files",
    "render": "render the pictures that units like best",
    "gallery": "make a gallery of a network's units to browse",
    "rf": "receptive fields of a network's layers, exact",
    "probe": "how units respond to transformed images",
    "examples": "images that drive units most, least and in between",
    "activations": "show which channels answer a photograph",
    "attribute": "show which pixels or channels drive a unit",
    "circuit": "what a unit is made of, and what it feeds",
    "arithmetic": "output size, parameters, multiply-adds and memory of one layer",
    "doctor": "report versions, devices and weights of this machine",
}
"""Commands by name, and what each does. Each is a module of this package: ``add_flags(parser)``
adds flags or verbs, and describes the command in its docstring; ``run(args)`` does it."""

_EXAMPLES = """examples:
  vizkit models                                                   networks and weights at hand
  vizkit layers googlenet                                         layers, by their published names
  vizkit render googlenet@distilled/inception4c:447               one picture
  vizkit rf googlenet                                             what each layer sees of the image
  vizkit probe vgg16@hed/conv2_2:0-7                              how it responds to turned images
  vizkit gallery run googlenet@distilled --channels 0-15 --out g  to browse: g/index.html
"""


class _Parser(argparse.ArgumentParser):
    """Argument parser whose message for a mistyped choice names the nearest one."""

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Let the command itself say what it does not know, not the program that it is part of."""
        known, unknown = super().parse_known_args(args, namespace)
        if unknown and self.get_default("run") is not None:
            first = unknown[0].partition("=")[0]
            hint = nearest(first, self._option_string_actions) if first.startswith("-") else ""
            self.error(f"{first} is not known. {hint}".rstrip())
        return known, unknown

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n  See: {self.prog} --help\n")

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if action.choices is not None and value not in action.choices:
            allowed = [str(choice) for choice in action.choices]
            hint = _hint(str(value), allowed) or "Allowed: " + ", ".join(allowed) + "."
            raise argparse.ArgumentError(action, f"{value!r} is not known. {hint}")


_ELSEWHERE = {
    "convt": "transposed",
    "deconv": "transposed",
    "convtranspose": "transposed",
    "convtranspose2d": "transposed",
}
"""Other names, in lower case, of what can be chosen."""


def _hint(value: str, allowed: Sequence[str]) -> str:
    other = _ELSEWHERE.get(value.casefold())
    return f"Did you mean {other!r}?" if other in allowed else nearest(value, allowed)


def build_parser() -> argparse.ArgumentParser:
    """Parser of the whole command line."""
    parser = _Parser(
        prog="vizkit",
        description="What does each unit of a convolutional network respond to?",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"vizkit {__version__}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)
    for name, what in COMMANDS.items():
        command = importlib.import_module(f"vizkit.cli.{name}")
        added = subparsers.add_parser(
            name,
            help=what,
            description=" ".join((command.add_flags.__doc__ or "").split()),
            epilog=getattr(command, "EXAMPLES", None),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if hasattr(command, "run"):  # others have verbs
            added.set_defaults(run=command.run)
        command.add_flags(added)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    given = sys.argv[1:] if argv is None else list(argv)
    return ended(lambda: _run(given))


def _run(given: Sequence[str]) -> int | None:
    if not given:
        build_parser().print_help()
        return 0
    try:
        args = build_parser().parse_args(given)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 2
    args.command = shlex.join(["vizkit", *given])
    code: int | None = args.run(args)
    return code
