"""The strip above the timeline: a chart of attention over the time of a clip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from app.features.analyse.attention_chart import AttentionChart
from app.shell.slots import action_button
from app.ui.build import label
from app.ui.controls import IconButton
from app.ui.i18n import tr
from app.ui.icons import icon
from app.ui.number_text import percent_text
from app.ui.strip import Strip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QWidget


class AttentionStrip(Strip):
    """The chart of attention over time, with its buttons.

    Args:
        tools: Actions shown as buttons next to the chart.
        scan: The action that starts and stops a scan of the clip.

    Signals:
        sought: Time in seconds at which the chart was clicked, or to which the mouse was dragged.
    """

    sought = Signal(float)

    def __init__(
        self, tools: Sequence[QAction], scan: QAction, parent: QWidget | None = None
    ) -> None:
        super().__init__(2, parent)
        self.setAccessibleName(tr("Attention over time"))
        self.chart = AttentionChart()
        self.chart.sought.connect(self.sought)
        self.progress = label("", "quiet")
        self.progress.setAccessibleName(tr("Progress of the scan"))
        self._scan_action = scan
        self.scan = IconButton(18)
        self.scan.clicked.connect(scan.trigger)
        self.row.addWidget(self.chart, 1)
        self.row.addSpacing(6)
        for action in tools:
            self.row.addWidget(action_button(action, 18))
        self.row.addWidget(self.progress)
        self.row.addWidget(self.scan)
        self.show_progress(None)

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
