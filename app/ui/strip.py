"""Base class of strips below the picture that are shown when they are needed."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.ui.build import row


class Strip(QWidget):
    """A row of widgets; visible if it is needed and the window shows its strips.

    Args:
        spacing: Distance between the widgets, pixels.

    Attributes:
        row: The layout of the widgets.
    """

    def __init__(self, spacing: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wanted, self._allowed = False, True
        self.row = row(spacing=spacing, parent=self)

    def setVisible(self, visible: bool) -> None:
        """Allows or forbids the strip; the window hides all strips in full screen."""
        self._allowed = visible
        super().setVisible(visible and self._wanted)

    def set_wanted(self, wanted: bool) -> None:
        """Sets whether the strip is needed; it is visible while the window shows its strips."""
        self._wanted = wanted
        if self.parentWidget() is not None or not wanted:  # without a parent, it would be a window
            super().setVisible(wanted and self._allowed)
