"""Analysis in the window: regions and their shares, attention over time, the order of looks."""

from app.features.analyse.feature import Analyse

__all__ = ["Analyse"]
