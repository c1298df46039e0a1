"""Entry point of the bundle."""

import sys

from app.cli import main

sys.exit(main())
