"""``python -m skpoison``: the command line."""

import sys

from .audit.command_line import main

if __name__ == "__main__":
    sys.exit(main())
