"""Screen: choice of a region, and the program's own windows left out of the picture."""
