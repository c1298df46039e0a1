"""View: full screen, zoom, mirroring, rotation, theme."""
