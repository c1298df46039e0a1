"""Exports: clips of files and of live sources, one after the other, beside the window."""

from app.features.export.feature import Export

__all__ = ["Export"]
