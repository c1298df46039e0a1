"""Snapshots: the picture as a file or on the clipboard."""
