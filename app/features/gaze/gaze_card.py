"""The card of the gaze of people in the side panel: table, offset, scores and chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDoubleSpinBox, QFrame, QGridLayout, QWidget

from app.ui.build import STEPS, button, check_box, column, combo_box, label, progress_bar, row
from app.ui.controls import ElidedLabel, IconButton
from app.ui.i18n import tr
from app.ui.icons import icon
from app.ui.line_chart import LineChart
from app.ui.number_text import percent_text, score_text
from app.ui.steady_axis import SteadyAxis
from app.ui.time_text import clock_text

if TYPE_CHECKING:
    from PySide6.QtGui import QAction, QShowEvent

    from uvanet.data.gaze_table import GazeTable
    from uvanet.evaluation.gaze_scores import GazeScores

_TITLES = {"nss": "NSS", "cc": "CC", "auc_judd": "AUC-Judd"}
_HEIGHT = 110  # pixels
_MAX_OFFSET = 100_000.0  # seconds


class GazeCard(QFrame):
    """Shows the loaded table, and how well the model predicts the gaze.

    Args:
        load: Action that loads a table.
        measure: Action that starts and stops a measurement.
        save: Action that saves the scores.

    Signals:
        shown_changed: Whether the user wants the gaze drawn over the picture.
        offset_changed: Seconds to add to the times of the gaze.
        removed: The user removes the table.
        chart_needed: The chart is visible and not built.
    """

    shown_changed = Signal(bool)
    offset_changed = Signal(float)
    removed = Signal()
    chart_needed = Signal()

    def __init__(self, load: QAction, measure: QAction, save: QAction) -> None:
        super().__init__()
        self.setObjectName("card")
        self._scores: GazeScores | None = None
        self.empty = label(
            tr("Load fixations or gaze samples of your eye tracker to compare them with the map."),
            "quiet",
            wrap=True,
        )
        self.load = button(tr("Load table…"), load.toolTip(), load.trigger)
        self.name = ElidedLabel()
        self.facts = label("", "quiet", wrap=True)
        self.shown = check_box(tr("Show"), tr("Draws where people look over the picture"))
        self.shown.toggled.connect(self.shown_changed)
        self.offset = QDoubleSpinBox()
        self.offset.setRange(-_MAX_OFFSET, _MAX_OFFSET)
        self.offset.setDecimals(2)
        self.offset.setSingleStep(0.1)
        self.offset.setSuffix(tr(" s"))
        self.offset.setKeyboardTracking(False)
        self.offset.setMinimumWidth(90)  # Qt's own minimum is wider than the panel
        self.offset.setAccessibleName(tr("Offset"))
        self.offset.setToolTip(tr("Seconds to add to the times of the table"))
        self.offset.valueChanged.connect(self.offset_changed)
        self.measure = button(tr("Compare now"), measure.toolTip(), measure.trigger)
        self.save = button(tr("Save…"), save.toolTip(), save.trigger)
        self.remove = IconButton(14)
        self.remove.setIcon(icon("close", "quiet"))
        self.remove.setToolTip(tr("Removes the gaze"))
        self.remove.setAccessibleName(tr("Removes the gaze"))
        self.remove.clicked.connect(self.removed)
        self.bar = progress_bar(tr("Progress of the comparison"))
        self.bar.setFixedHeight(4)
        self.metric_box = combo_box(tr("Metric"), tr("Metric of the graph"), _TITLES.items())
        self.metric_box.currentIndexChanged.connect(self._draw)
        self.chart = LineChart(tr("Scores over time"), 40, (0, 9, 16, 0))
        self.chart.setFixedHeight(_HEIGHT)
        self.results = label("", wrap=True, selectable=True)
        self.results.setAccessibleName(tr("Scores"))
        self.loaded, self.measured = QWidget(), QWidget()
        self._grid = QGridLayout()
        self._cells = {
            name: (
                label(title),
                label("", selectable=True),
                label("", "quiet", wrap=True, selectable=True),
            )
            for name, title in {**_TITLES, "share": tr("Of human")}.items()
        }
        for line, cells in enumerate(self._cells.values()):
            for position, cell in enumerate(cells):
                self._grid.addWidget(cell, line, position)
        self._grid.setColumnStretch(2, 1)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(2)
        self._grid.setHorizontalSpacing(12)
        self._cells["share"][0].setToolTip(
            tr(
                "Share of the NSS with which the gaze of all other people predicts that of one: "
                "no map can do much better than 100 %."
            )
        )
        column(
            self._grid,
            row(label(tr("Over time"), "quiet"), self.metric_box, spacing=8),
            self.chart,
            self.results,
            spacing=8,
            parent=self.measured,
        )
        column(
            row((self.name, 1), self.remove, spacing=4),
            self.facts,
            row(self.shown, None, label(tr("Offset"), "quiet"), self.offset, spacing=8),
            row((self.measure, 1), (self.save, 1), spacing=6),
            self.bar,
            self.measured,
            spacing=8,
            parent=self.loaded,
        )
        column(
            label(tr("Gaze of people"), "section"),
            self.empty,
            self.load,
            self.loaded,
            spacing=10,
            margins=(14, 12, 14, 12),
            parent=self,
        )
        self.show_table(None, "")
        self.show_progress(None)

    def showEvent(self, event: QShowEvent) -> None:
        """Requests the chart when it is first visible."""
        super().showEvent(event)
        self._request_chart()

    def show_table(self, table: GazeTable | None, name: str, outside: int = 0) -> None:
        """Shows a table.

        Args:
            table: The table; None shows how to load one.
            name: Name of its file or files.
            outside: Number of points that are not on the picture.
        """
        self.empty.setVisible(table is None)
        self.load.setVisible(table is None)
        self.loaded.setVisible(table is not None)
        self.show_scores(None)
        if table is None:
            return
        self.name.set_full_text(name)
        counts = {"points": len(table), "people": len(table.persons)}
        if table.kind == "fixations":
            lines = [tr("{points:,} fixations, people: {people}").format(**counts)]
        else:
            lines = [tr("{points:,} gaze samples, people: {people}").format(**counts)]
        if table.format:
            lines.append(tr("Written by {program}").format(program=table.format))
        skipped = table.left_out
        for text, count in (
            (tr("Damaged rows: {count:,}"), skipped.damaged),
            (tr("Rows without a position: {count:,}"), skipped.without_gaze),
            (tr("Rows of other events: {count:,}"), skipped.other_events),
            (tr("Points outside of the picture: {count:,}"), outside),
        ):
            if count:
                lines.append(text.format(count=count))
        self.facts.setText("\n".join(lines))
        self.facts.setToolTip("\n".join(table.notes))

    def show_progress(self, share: float | None) -> None:
        """Shows the progress of a comparison, 0..1; None if no comparison is running."""
        self.bar.setVisible(share is not None)
        self.bar.setValue(round((share or 0.0) * STEPS))
        self.measure.setText(tr("Compare now") if share is None else tr("Stop"))

    def show_scores(self, scores: GazeScores | None) -> None:
        """Shows the scores of the model; None hides them."""
        self._scores = scores
        self.measured.setVisible(scores is not None)
        self.save.setEnabled(scores is not None)
        if scores is None:
            return
        intervals = dict(scores.means())
        if (share := scores.human_share()) is not None:
            intervals["share"] = share
        for name, cells in self._cells.items():
            interval = intervals.get(name)
            for cell in cells:
                cell.setVisible(interval is not None)
            if interval is None:
                continue
            _, value, spread = cells
            text = percent_text if name == "share" else score_text
            low, high = text(interval.low), text(interval.high)
            value.setText(text(interval.mean))
            spread.setText(tr("{low} to {high}").format(low=low, high=high))
        moments = int((scores.points > 0).sum())
        facts = {"model": scores.model, "moments": moments}
        if scores.pictures:
            self.results.setText(tr("{model}, pictures with gaze: {moments}").format(**facts))
        else:
            self.results.setText(tr("{model}, moments with gaze: {moments}").format(**facts))
        self.chart.setVisible(not scores.pictures)
        self._request_chart()
        self._draw()

    def build_chart(self) -> None:
        """Builds the chart; imports the library of charts where nothing did before."""
        self.chart.build()
        self._draw()

    def set_position(self, seconds: float) -> None:
        """Marks the position of playback in the chart."""
        if self.chart.built and self._scores is not None:
            self.chart.set_cursor(seconds)

    def _request_chart(self) -> None:
        if self._scores is not None and self.isVisible() and not self.chart.built:
            self.chart_needed.emit()

    def _draw(self) -> None:
        scores, name = self._scores, self.metric_box.currentData()
        if not self.chart.built or scores is None or name not in scores.metrics:
            return
        values = scores.values[:, scores.metrics.index(name)]
        known = ~np.isnan(values)
        self.chart.set_curves(["accent"])
        joined = known.copy()
        joined[:-1] &= known[1:]
        self.chart.set_data(0, scores.times, np.where(known, values, 0.0), joined)
        axis = SteadyAxis(0.0, 1.0)
        self.chart.set_value_axis(axis.fit(float(np.nanmin(values)), float(np.nanmax(values))))
        last = float(scores.times[-1])
        self.chart.set_x_range(0.0, max(last, 1.0))
        self.chart.set_ticks("bottom", [(time, clock_text(time)) for time in (0.0, last / 2, last)])
