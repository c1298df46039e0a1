"""The list of regions in the side panel, with their shares of the attention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QColor,
    QContextMenuEvent,
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QWidget

from app.features.analyse.share_plot import SharePlot
from app.shell.region_editor import among
from app.shell.slots import action_button
from app.ui.build import column, label, row
from app.ui.controls import IconButton
from app.ui.i18n import tr
from app.ui.icons import icon
from app.ui.number_text import number_text, percent_text
from app.ui.theme import theme_colors
from app.ui.time_text import clock_text
from uvanet.analysis import Region, RegionSummary
from uvanet.analysis.regions import MAX_NAME
from uvanet.video.layers import color_of


@dataclass(frozen=True, slots=True)
class RegionRow:
    """The statistics of one region.

    Attributes:
        region: The region.
        share: Share of the current map inside the region, 0..1; None without a map.
        summary: Statistics over the time seen; None before the first map.
    """

    region: Region
    share: float | None
    summary: RegionSummary | None


class RegionCard(QFrame):
    """One row per region, and a chart of their shares.

    Args:
        tools: Actions that are shown as buttons in the heading.

    Signals:
        renamed: A Region and its new name.
        removed: A Region to delete.
        lock_changed: A Region, and whether to lock it.
        selected: The Region whose row was clicked or got the focus, and whether the other regions
            stay selected.
        menu_requested: The Region whose menu is requested, and the position on the screen.
        editing_ended: The user pressed Enter or Escape in a name.

    Attributes:
        rows: The rows, in the order of the regions.
        plot: The chart of the shares.
    """

    renamed = Signal(object, str)
    removed = Signal(object)
    lock_changed = Signal(object, bool)
    selected = Signal(object, bool)
    menu_requested = Signal(object, QPoint)
    editing_ended = Signal()

    def __init__(self, tools: Sequence[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setAccessibleName(tr("Regions"))
        buttons = (action_button(tool, 18) for tool in tools)
        head = row(label(tr("Regions"), "section"), None, *buttons, spacing=0)
        hint = tr("Draw a region on the picture to see its share of the attention.")
        self.hint = label(hint, "quiet", wrap=True)
        self.rows: list[_Row] = []
        self._list = column(spacing=8)
        self.plot = SharePlot()
        self.plot.hide()
        column(
            head, self.hint, self._list, self.plot, spacing=6, margins=(14, 8, 10, 10), parent=self
        )

    def show_rows(
        self, rows: Sequence[RegionRow], selection: Sequence[Region], *, over_time: bool
    ) -> None:
        """Shows the regions.

        Args:
            rows: The regions, in order.
            selection: The selected regions.
            over_time: Whether to show statistics over time; not for still pictures.
        """
        while len(self.rows) > len(rows):
            removed = self.rows.pop()
            removed.name.blockSignals(True)  # discards a name that is being edited
            self._list.removeWidget(removed)
            removed.hide()
            removed.deleteLater()
        while len(self.rows) < len(rows):
            added = _Row(len(self.rows), rows[len(self.rows)].region, self)
            self.rows.append(added)
            self._list.addWidget(added)
        for widget, data in zip(self.rows, rows, strict=True):
            widget.show_data(data, selected=among(selection, data.region))
            widget.statistics.setVisible(over_time)
        self.hint.setVisible(not rows)
        self.plot.setVisible(bool(rows) and over_time)

    def edit_name(self, region: Region) -> None:
        """Starts editing the name of a region."""
        for widget in self.rows:
            if widget.region is region:
                widget.name.setFocus(Qt.FocusReason.ShortcutFocusReason)
                widget.name.selectAll()


class _Row(QWidget):
    """One region: color, name and share, a bar, and two lines of statistics."""

    def __init__(self, index: int, region: Region, card: RegionCard) -> None:
        super().__init__(card)
        self.region = region
        self._index = index
        self._card = card
        self.name = QLineEdit(region.name)
        self.name.setMaxLength(MAX_NAME)
        self.name.setObjectName("flat")
        self.name.setAccessibleName(tr("Name of region {number}").format(number=index + 1))
        self.name.setToolTip(tr("Name of the region; click to change it"))
        self.name.editingFinished.connect(self._on_edited)
        self.name.returnPressed.connect(card.editing_ended)
        self.name.installEventFilter(self)
        self.dot = QLabel()
        self.dot.setFixedWidth(14)
        self.share = QLabel()
        font = QFont(self.share.font())
        font.setPointSizeF(font.pointSizeF() * 1.3)
        font.setBold(True)
        self.share.setFont(font)
        self.share.setToolTip(tr("Share of the attention inside the region now"))
        self.lock = IconButton(14)
        self.lock.setCheckable(True)
        self.lock.clicked.connect(lambda on: card.lock_changed.emit(self.region, on))
        remove = IconButton(14)
        remove.setIcon(icon("close", "quiet"))
        remove.setAccessibleName(tr("Delete region {number}").format(number=index + 1))
        remove.setToolTip(tr("Delete the region"))
        remove.clicked.connect(lambda: card.removed.emit(self.region))
        self._bar = _Bar()
        self.statistics = label("", "quiet", wrap=True)  # wider than the panel
        small = QFont(self.statistics.font())
        small.setPointSizeF(small.pointSizeF() * 0.9)
        self.statistics.setFont(small)
        self.statistics.setToolTip(
            tr(
                "Mean share over the time seen; time that the peak of attention stayed; "
                "time of the first entry; number of entries"
            )
        )
        line = row(self.dot, (self.name, 1), self.share, self.lock, remove, spacing=2)
        column(line, self._bar, self.statistics, spacing=3, parent=self)

    def show_data(self, data: RegionRow, *, selected: bool) -> None:
        """Shows the statistics; another region discards a name that is being edited."""
        if data.region is not self.region:
            self.region = data.region
            self.name.setText(data.region.name)
        color, locked = color_of(data.region, self._index), data.region.locked
        self.dot.setText(f'<span style="color:{color}">●</span>')
        self.lock.setChecked(locked)
        self.lock.setIcon(icon("lock" if locked else "unlock", "quiet"))
        text = tr("Unlock the region") if locked else tr("Lock the region")
        self.lock.setToolTip(text)
        self.lock.setAccessibleName(tr("{name}: {text}").format(name=data.region.name, text=text))
        share = "-" if data.share is None else percent_text(data.share)
        self.share.setText(share)
        self.share.setAccessibleName(
            tr("{name}: {share} of the attention").format(name=data.region.name, share=share)
        )
        self._bar.show_value(data.share or 0.0, color, selected=selected)
        self.statistics.setText(_summary_text(data.summary))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Selects the region; Ctrl or Shift keeps the other regions selected."""
        extends = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        if event.button() == Qt.MouseButton.LeftButton:
            self._card.selected.emit(self.region, bool(event.modifiers() & extends))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Requests the menu of the region."""
        self._card.menu_requested.emit(self.region, event.globalPos())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Selects the region when its name gets the focus; Escape cancels editing."""
        if event.type() == QEvent.Type.FocusIn:
            self._card.selected.emit(self.region, False)
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                self.name.setText(self.region.name)
                self._card.editing_ended.emit()
                return True
        return super().eventFilter(watched, event)

    def _on_edited(self) -> None:
        name = self.name.text().strip()
        if name and name != self.region.name:
            self._card.renamed.emit(self.region, name)
        else:
            self.name.setText(self.region.name)


class _Bar(QWidget):
    """A horizontal bar whose length is a share."""

    def __init__(self) -> None:
        super().__init__()
        self._content = (0.0, "", False)  # share, color, whether the region is selected
        self.setFixedHeight(6)

    def show_value(self, value: float, color: str, *, selected: bool) -> None:
        """Sets the share, 0..1, and the color; the bar of a selected region is higher."""
        if (value, color, selected) != self._content:
            self._content = value, color, selected
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the bar."""
        value, color, selected = self._content
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        height = 6 if selected else 4
        top, width = (self.height() - height) / 2, self.width() - 4
        painter.setBrush(QColor(theme_colors().pressed))
        painter.drawRoundedRect(QRectF(0, top, width, height), height / 2, height / 2)
        painter.setBrush(QColor(color))
        filled = max(height, width * min(value, 1.0)) if value > 0 else 0
        painter.drawRoundedRect(QRectF(0, top, filled, height), height / 2, height / 2)
        painter.end()


def _summary_text(summary: RegionSummary | None) -> str:
    if summary is None:
        return tr("no data yet")
    mean = tr("mean {share}").format(share=percent_text(summary.share, 1))
    if summary.first is None:
        return f"{mean}  ·  {tr('peak never inside')}"
    entries = tr("1 entry") if summary.entries == 1 else tr("{n} entries").format(n=summary.entries)
    tenths = number_text(int(summary.first * 10) % 10 / 10, ".1f")[1:]
    first = tr("first at {time}").format(time=f"{clock_text(summary.first)}{tenths}")
    dwell = tr("dwell {seconds:.1f} s").format(seconds=summary.dwell)
    # Two lines, as one line is wider than the side panel.
    return f"{mean}  ·  {dwell}\n{first}  ·  {entries}"
