"""Entry point of the bundle: without arguments the window, otherwise the command line."""

import sys

from uvanet.cli import main

sys.exit(main(sys.argv[1:] or ["run"]))
