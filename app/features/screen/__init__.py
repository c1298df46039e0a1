"""Screen: regions of the desktop and windows of other programs as sources."""
