"""`python -m app`: the same as `uvanet run`."""

import sys

from uvanet.start import main

if __name__ == "__main__":
    sys.exit(main(["run", *sys.argv[1:]]))
