"""Marks: the marked part of a source."""
