"""Entry point of the bundle."""

import sys

from uvanet.start import live

sys.exit(live())
