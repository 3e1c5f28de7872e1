"""``python -m vizkit``, the same as the command ``vizkit``."""

import signal
import sys
from typing import NoReturn

from vizkit.cli import main


def program() -> NoReturn:
    """Run the command line and exit with its code, however late Ctrl-C comes."""
    code = main()
    # Taking torch down takes a while; an interruption then would put another code in its place.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(code)


if __name__ == "__main__":
    program()
