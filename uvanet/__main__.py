"""`python -m uvanet`: the same as the command `uvanet`."""

import sys

from uvanet.start import main

if __name__ == "__main__":
    sys.exit(main())
