"""Times as text."""

from __future__ import annotations


def clock_text(seconds: float) -> str:
    """Formats a time as minutes and seconds, and hours from one hour on: 3:07, 1:02:03."""
    whole = max(0, int(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
