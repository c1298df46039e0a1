"""Numbers as text."""

from __future__ import annotations


def percent_text(share: float) -> str:
    """Formats a share, 0..1, in whole percent."""
    return f"{share:.0%}".replace("%", "\N{NO-BREAK SPACE}%")
