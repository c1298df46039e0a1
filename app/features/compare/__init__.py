"""Compare: a teacher beside the student."""

from app.features.compare.feature import Compare

__all__ = ["Compare"]
