"""Slides: the pictures of a folder, one at a time."""
