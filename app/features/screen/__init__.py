"""Screen: choice of a region or a window, and the program's own windows left out of the picture."""
