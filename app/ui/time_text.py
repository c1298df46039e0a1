"""Times as text."""

from __future__ import annotations

from app.ui.i18n import tr


def clock_text(seconds: float) -> str:
    """Formats a time as minutes and seconds, and hours from one hour on: 3:07, 1:02:03."""
    whole = max(0, int(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def time_left(seconds: float | None) -> str:
    """A rounded time as text; empty where unknown."""
    if seconds is None or seconds < 0:
        return ""
    if seconds < 90:
        return tr("{seconds:.0f} s left").format(seconds=seconds)
    if seconds < 5400:
        return tr("{minutes:.0f} min left").format(minutes=seconds / 60)
    return tr("{hours:.1f} h left").format(hours=seconds / 3600)
