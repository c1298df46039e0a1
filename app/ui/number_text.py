"""Numbers as text."""

from __future__ import annotations

from uvanet.i18n import number_text, percent_text, tr

__all__ = ["interval_text", "number_text", "percent_text", "score_text"]


def score_text(score: float) -> str:
    """Formats a score such as NSS or CC with two digits."""
    return number_text(score, ".2f")


def interval_text(low: float, high: float, digits: int) -> str:
    """Formats an interval with the separator of the language: [0.31, 0.42] or [0,31; 0,42]."""
    low_text, high_text = (number_text(end, f".{digits}f") for end in (low, high))
    return tr("[{low}, {high}]").format(low=low_text, high=high_text)
