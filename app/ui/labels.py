"""Labels in the styles of the theme."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel


def heading_label(text: str) -> QLabel:
    """Makes the heading of a card or a dialog."""
    return _styled("section", text)


def quiet_label(text: str = "", *, wrap: bool = False) -> QLabel:
    """Makes a label in the color of secondary text.

    Args:
        text: Its text.
        wrap: Whether it may take several lines.
    """
    label = _styled("quiet", text)
    label.setWordWrap(wrap)
    return label


def _styled(name: str, text: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName(name)  # the style sheet's selector
    return label
