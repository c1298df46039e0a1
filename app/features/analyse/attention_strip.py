"""The strip above the timeline: a chart of attention over the time of a clip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from app.features.analyse.attention_chart import AttentionChart
from app.shell.slots import action_button
from app.ui.controls import IconButton
from app.ui.i18n import tr
from app.ui.icons import icon
from app.ui.number_text import percent_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QAction


class AttentionStrip(QWidget):
    """The chart with its buttons; visible if it is wanted and the window shows its parts.

    Args:
        tools: Actions shown as buttons beside the chart.
        scan: The action that starts and stops a scan of the clip.

    Signals:
        sought: Time in seconds at which the chart was clicked, or to which the mouse was dragged.
    """

    sought = Signal(float)

    def __init__(
        self,
        tools: Sequence[QAction],
        scan: QAction,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Attention over time"))
        self._wanted, self._allowed = True, True
        self.chart = AttentionChart()
        self.chart.sought.connect(self.sought)
        self.progress = QLabel()
        self.progress.setObjectName("quiet")
        self.progress.setAccessibleName(tr("Progress of the scan"))
        self._scan_action = scan
        self.scan = IconButton(18)
        self.scan.clicked.connect(scan.trigger)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.chart, 1)
        layout.addSpacing(6)
        for action in tools:
            layout.addWidget(action_button(action, 18))
        layout.addWidget(self.progress)
        layout.addWidget(self.scan)
        self.show_progress(None)

    def setVisible(self, visible: bool) -> None:
        """Called by the window, which hides its parts in full screen."""
        self._allowed = visible
        super().setVisible(visible and self._wanted)

    def set_wanted(self, wanted: bool) -> None:
        """Sets whether the strip is visible while the window shows its parts."""
        self._wanted = wanted
        super().setVisible(wanted and self._allowed)

    def show_progress(self, share: float | None) -> None:
        """Shows the progress of a scan, 0..1; None if no scan is running."""
        running = share is not None
        self.progress.setText("" if share is None else percent_text(share))
        self.progress.setVisible(running)
        name = self._scan_action.text()
        text = tr("Stop the scan") if running else name
        self.scan.setAccessibleName(text)
        self.scan.setToolTip(self._scan_action.toolTip().replace(name, text))
        self.scan.setIcon(icon("close", "accent") if running else icon("scan"))
