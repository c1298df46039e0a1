"""The card of the side panel that lists the regions and their shares of attention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.features.analyse.region_layer import COLORS
from app.features.analyse.share_plot import SharePlot
from app.shell.slots import action_button
from app.ui.controls import IconButton
from app.ui.i18n import tr
from app.ui.icons import icon
from app.ui.theme import theme_colors
from app.ui.time_text import clock_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QAction, QMouseEvent, QPaintEvent

    from uvanet.analysis import RegionSummary


@dataclass(frozen=True, slots=True)
class RegionRow:
    """The contents of a row.

    Attributes:
        name: Name of the region.
        share: Share of the attention in the current map, 0..1; None without a picture.
        summary: Statistics over the time seen; None where nothing was seen.
    """

    name: str
    share: float | None
    summary: RegionSummary | None


class RegionCard(QFrame):
    """One row per region, and a chart of their shares over time.

    Args:
        tools: Actions shown as buttons beside the heading.

    Signals:
        renamed: Index of a region and its new name.
        removed: Index of the region to delete.
        selected: Index of the region that was clicked or focused.
        done: The user has finished typing.
    """

    renamed = Signal(int, str)
    removed = Signal(int)
    selected = Signal(int)
    done = Signal()

    def __init__(self, tools: Sequence[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setAccessibleName(tr("Regions"))
        title = QLabel(tr("Regions"))
        title.setObjectName("section")
        head = QHBoxLayout()
        head.setSpacing(0)
        head.addWidget(title)
        head.addStretch()
        for action in tools:
            head.addWidget(action_button(action, 18))
        self.hint = QLabel(
            tr("Draw a region on the picture to measure its share of the attention.")
        )
        self.hint.setObjectName("quiet")
        self.hint.setWordWrap(True)
        self._rows: list[_Row] = []
        self._list = QVBoxLayout()
        self._list.setSpacing(8)
        self.plot = SharePlot()
        self.plot.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 8, 10, 10)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addWidget(self.hint)
        layout.addLayout(self._list)
        layout.addWidget(self.plot)

    def show_rows(self, rows: Sequence[RegionRow], selected: int) -> None:
        """Shows the rows; `selected` is the index of the selected one, -1 for none."""
        while len(self._rows) > len(rows):
            row = self._rows.pop()
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        while len(self._rows) < len(rows):
            row = _Row(len(self._rows), self)
            self._rows.append(row)
            self._list.addWidget(row)
        for index, (row, data) in enumerate(zip(self._rows, rows, strict=True)):
            row.show_data(data, selected=index == selected)
        self.hint.setVisible(not rows)
        self.plot.setVisible(bool(rows))

    def edit_name(self, index: int) -> None:
        """Focuses the name of a region for editing."""
        if 0 <= index < len(self._rows):
            name = self._rows[index].name
            name.setFocus(Qt.FocusReason.ShortcutFocusReason)
            name.selectAll()


class _Row(QWidget):
    """One region: color, name and share; the share as a bar; a line of statistics."""

    def __init__(self, index: int, card: RegionCard) -> None:
        super().__init__(card)
        self._index = index
        self._card = card
        self.name = QLineEdit()
        self.name.setObjectName("flat")
        self.name.setAccessibleName(tr("Name of region {number}").format(number=index + 1))
        self.name.setToolTip(tr("Name of the region; click to change it"))
        self.name.editingFinished.connect(self._on_named)
        self.name.returnPressed.connect(card.done)
        self.name.installEventFilter(self)
        self._dot = QLabel()
        self._dot.setFixedWidth(14)
        self._dot.setText(f'<span style="color:{COLORS[index % len(COLORS)]}">●</span>')
        self.share = QLabel()
        font = QFont(self.share.font())
        font.setPointSizeF(font.pointSizeF() * 1.3)
        font.setBold(True)
        self.share.setFont(font)
        self.share.setToolTip(tr("Share of the attention in the region now"))
        self.remove = IconButton(14)
        self.remove.setIcon(icon("close", "quiet"))
        self.remove.setAccessibleName(tr("Delete region {number}").format(number=index + 1))
        self.remove.setToolTip(tr("Delete the region"))
        self.remove.clicked.connect(lambda: card.removed.emit(index))
        self._bar = _Bar(COLORS[index % len(COLORS)])
        self.facts = QLabel()
        self.facts.setObjectName("quiet")
        small = QFont(self.facts.font())
        small.setPointSizeF(small.pointSizeF() * 0.9)
        self.facts.setFont(small)
        self.facts.setToolTip(
            tr(
                "Mean share over the time seen, number of times the peak entered, and time of its "
                "first entry"
            )
        )
        line = QHBoxLayout()
        line.setSpacing(2)
        line.addWidget(self._dot)
        line.addWidget(self.name, 1)
        line.addWidget(self.share)
        line.addWidget(self.remove)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addLayout(line)
        layout.addWidget(self._bar)
        layout.addWidget(self.facts)

    def show_data(self, data: RegionRow, *, selected: bool) -> None:
        """Shows the contents of the row."""
        if not self.name.hasFocus() and self.name.text() != data.name:
            self.name.setText(data.name)
        share = "-" if data.share is None else f"{data.share:.0%}".replace("%", "\u2009%")
        self.share.setText(share)
        self.share.setAccessibleName(
            tr("{name}: {share} of the attention").format(name=data.name, share=share)
        )
        self._bar.show_value(data.share or 0.0, selected=selected)
        self.facts.setText(_facts(data.summary))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Selects the region."""
        self._card.selected.emit(self._index)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Selects the region whose name gets the focus; Escape ends editing."""
        if event.type() == QEvent.Type.FocusIn:
            self._card.selected.emit(self._index)
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                self.name.undo()
                self._card.done.emit()
                return True
        return super().eventFilter(watched, event)

    def _on_named(self) -> None:
        self._card.renamed.emit(self._index, self.name.text().strip())


class _Bar(QWidget):
    """Shows a share as the length of a bar."""

    def __init__(self, color: str) -> None:
        super().__init__()
        self._color = color
        self._value, self._selected = 0.0, False
        self.setFixedHeight(6)

    def show_value(self, value: float, *, selected: bool) -> None:
        """Shows a share, 0..1."""
        if (value, selected) != (self._value, self._selected):
            self._value, self._selected = value, selected
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the bar."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        height = 6 if self._selected else 4
        top, width = (self.height() - height) / 2, self.width() - 4
        painter.setBrush(QColor(theme_colors().pressed))
        painter.drawRoundedRect(QRectF(0, top, width, height), height / 2, height / 2)
        painter.setBrush(QColor(self._color))
        filled = max(height, width * min(self._value, 1.0)) if self._value > 0 else 0
        painter.drawRoundedRect(QRectF(0, top, filled, height), height / 2, height / 2)
        painter.end()


def _facts(summary: RegionSummary | None) -> str:
    if summary is None:
        return tr("nothing seen yet")
    share = f"{summary.share:.0%}".replace("%", "\u2009%")
    mean = tr("mean {share}").format(share=share)
    if summary.first is None:
        return f"{mean}  ·  {tr('peak never inside')}"
    entries = tr("1 entry") if summary.entries == 1 else tr("{n} entries").format(n=summary.entries)
    tenths = int(summary.first * 10) % 10
    first = tr("first at {time}").format(time=f"{clock_text(summary.first)}.{tenths}")
    return f"{mean}  ·  {entries}  ·  {first}"
