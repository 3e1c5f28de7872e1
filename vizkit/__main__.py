"""``python -m vizkit``, the same as the command ``vizkit``."""

import sys

from vizkit.cli import main

if __name__ == "__main__":
    sys.exit(main())
