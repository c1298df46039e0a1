"""The regions in words: their share of attention now, over time, and how often it came by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.features.analyse.region_layer import COLOURS
from app.features.analyse.share_plot import SharePlot
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
    """What is said of one region.

    Attributes:
        name: Its name.
        share: Of the attention now, 0..1; None without a picture.
        summary: Over the time seen; None where nothing was.
    """

    name: str
    share: float | None
    summary: RegionSummary | None


class RegionCard(QFrame):
    """A row for each region, and a graph of their shares.

    Args:
        tools: Actions shown as buttons in the card's head.

    Signals:
        renamed: Number of a region and its new name.
        removed: Number of a region.
        chosen: Number of the region that was touched.
        done: The user has finished typing.
    """

    renamed = Signal(int, str)
    removed = Signal(int)
    chosen = Signal(int)
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
            button = IconButton(18)
            button.setDefaultAction(action)
            button.setAccessibleName(action.text().removesuffix("…"))
            head.addWidget(button)
        self.hint = QLabel(tr("Draw on the picture to see how much attention a part of it gets."))
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
        """Says what is known of the regions, one of them chosen (-1: none)."""
        while len(self._rows) > len(rows):
            row = self._rows.pop()
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        while len(self._rows) < len(rows):
            row = _Row(len(self._rows), self)
            self._rows.append(row)
            self._list.addWidget(row)
        for place, (row, data) in enumerate(zip(self._rows, rows, strict=True)):
            row.show_data(data, chosen=place == selected)
        self.hint.setVisible(not rows)
        self.plot.setVisible(bool(rows))

    def edit_name(self, place: int) -> None:
        """Lets the user type a region's name."""
        if 0 <= place < len(self._rows):
            name = self._rows[place].name
            name.setFocus(Qt.FocusReason.ShortcutFocusReason)
            name.selectAll()


class _Row(QWidget):
    """One region: dot, name, share; a bar; a line of facts."""

    def __init__(self, place: int, card: RegionCard) -> None:
        super().__init__(card)
        self._place = place
        self._card = card
        self.name = QLineEdit()
        self.name.setObjectName("flat")
        self.name.setAccessibleName(tr("Name of region {number}").format(number=place + 1))
        self.name.setToolTip(tr("Name of the region; click to change it"))
        self.name.editingFinished.connect(self._on_named)
        self.name.returnPressed.connect(card.done)
        self.name.installEventFilter(self)
        self._dot = QLabel()
        self._dot.setFixedWidth(14)
        self._dot.setText(f'<span style="color:{COLOURS[place % len(COLOURS)]}">●</span>')
        self.share = QLabel()
        font = QFont(self.share.font())
        font.setPointSizeF(font.pointSizeF() * 1.3)
        font.setBold(True)
        self.share.setFont(font)
        self.share.setToolTip(tr("Share of the attention that is in the region now"))
        self.remove = IconButton(14)
        self.remove.setIcon(icon("close", "quiet"))
        self.remove.setAccessibleName(tr("Delete region {number}").format(number=place + 1))
        self.remove.setToolTip(tr("Delete the region"))
        self.remove.clicked.connect(lambda: card.removed.emit(place))
        self._bar = _Bar(COLOURS[place % len(COLOURS)])
        self.facts = QLabel()
        self.facts.setObjectName("quiet")
        small = QFont(self.facts.font())
        small.setPointSizeF(small.pointSizeF() * 0.9)
        self.facts.setFont(small)
        self.facts.setToolTip(
            tr(
                "Mean share over the time seen; how often the peak of attention came in; and when "
                "it did so first"
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

    def show_data(self, data: RegionRow, *, chosen: bool) -> None:
        """Says what is known."""
        if not self.name.hasFocus() and self.name.text() != data.name:
            self.name.setText(data.name)
        share = "-" if data.share is None else f"{data.share:.0%}".replace("%", "\u2009%")
        self.share.setText(share)
        self.share.setAccessibleName(
            tr("{name}: {share} of the attention").format(name=data.name, share=share)
        )
        self._bar.show_value(data.share or 0.0, chosen=chosen)
        self.facts.setText(_facts(data.summary))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses the region."""
        self._card.chosen.emit(self._place)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Chooses the region whose name gets the focus; Escape leaves the name."""
        if event.type() == QEvent.Type.FocusIn:
            self._card.chosen.emit(self._place)
        escape = event.type() == QEvent.Type.ShortcutOverride
        if escape and event.key() == Qt.Key.Key_Escape:  # type: ignore[attr-defined]
            event.accept()
            return True
        pressed = event.type() == QEvent.Type.KeyPress
        if pressed and event.key() == Qt.Key.Key_Escape:  # type: ignore[attr-defined]
            self.name.undo()
            self._card.done.emit()
            return True
        return super().eventFilter(watched, event)

    def _on_named(self) -> None:
        self._card.renamed.emit(self._place, self.name.text().strip())


class _Bar(QWidget):
    """A share as the length of a bar."""

    def __init__(self, colour: str) -> None:
        super().__init__()
        self._colour = colour
        self._value, self._chosen = 0.0, False
        self.setFixedHeight(6)

    def show_value(self, value: float, *, chosen: bool) -> None:
        """Shows a share, 0..1."""
        if (value, chosen) != (self._value, self._chosen):
            self._value, self._chosen = value, chosen
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the bar."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        height = 6 if self._chosen else 4
        top, width = (self.height() - height) / 2, self.width() - 4
        painter.setBrush(QColor(theme_colors().pressed))
        painter.drawRoundedRect(QRectF(0, top, width, height), height / 2, height / 2)
        painter.setBrush(QColor(self._colour))
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
