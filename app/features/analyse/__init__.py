"""Analysis: regions and their shares, attention over time, scanpaths."""
