"""Training from the window: a student adapts to the scene, or learns from a folder."""

from app.features.training.feature import Training

__all__ = ["Training"]
