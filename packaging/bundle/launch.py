"""Entry point of the bundle: opens the window without arguments, else runs the command line."""

import sys

from uvanet.cli import main

sys.exit(main(sys.argv[1:] or ["run"]))
