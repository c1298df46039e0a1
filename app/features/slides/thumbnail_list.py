"""A row of thumbnails that scrolls sideways."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QWheelEvent
from PySide6.QtWidgets import QListView, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.features.slides.thumbnails import Thumbnails
from app.ui.i18n import tr
from app.ui.icons import icon
from app.ui.theme import theme_colors

_WIDTH, _HEIGHT, _MARGIN = 72, 54, 4

_Index = QModelIndex | QPersistentModelIndex


class ThumbnailModel(QAbstractListModel):
    """The names of the pictures, one per row."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._paths: Sequence[Path] = ()

    def open(self, paths: Sequence[Path]) -> None:
        """Shows other pictures."""
        self.beginResetModel()
        self._paths = paths
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        """The number of pictures."""
        return 0 if parent is not None and parent.isValid() else len(self._paths)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        """The name of a picture, for tooltips and screen readers."""
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._paths[index.row()].name
        return None


class ThumbnailDelegate(QStyledItemDelegate):
    """Paints thumbnails, that of the current picture with a frame.

    Only the thumbnails that are visible are decoded.
    """

    def __init__(self, thumbnails: Thumbnails, parent: QWidget) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self.current = -1

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Size of a thumbnail with its margins, the same for all."""
        return QSize(_WIDTH + 2 * _MARGIN, _HEIGHT + 2 * _MARGIN)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Paints the thumbnail, a warning where the file cannot be read, or an empty area."""
        colors = theme_colors()
        rect: QRect = option.rect
        area = rect.adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        image = self._thumbnails.get(index.row())
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(area, QColor(colors.raised))
        if image is not None and image.isNull():
            icon("warning").paint(painter, area.adjusted(18, 12, -18, -12))
        elif image is not None:
            size = image.size().scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
            inner = QRect(area.topLeft(), size)
            inner.moveCenter(area.center())
            painter.drawPixmap(inner, QPixmap.fromImage(image))
        if index.row() == self.current:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(colors.accent), 3))
            painter.drawRoundedRect(area.adjusted(-1, -1, 0, 0), 4, 4)
        painter.restore()


class ThumbnailList(QListView):
    """A row of thumbnails; `clicked` is emitted with the index of the chosen picture.

    Args:
        thumbnails: The thumbnails.
    """

    def __init__(self, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = ThumbnailModel(self)
        self._delegate = ThumbnailDelegate(thumbnails, self)
        self.setModel(self._model)
        self.setItemDelegate(self._delegate)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QListView.SelectionMode.NoSelection)
        # Without focus, so that the arrow keys trigger the actions of the window.
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setFixedHeight(_HEIGHT + 2 * _MARGIN)
        self.setAccessibleName(tr("Pictures of the folder"))
        thumbnails.loaded.connect(lambda index: self.update(self._model.index(index)))

    def open(self, paths: Sequence[Path]) -> None:
        """Shows other pictures."""
        self._delegate.current = -1
        self._model.open(paths)

    def show_current(self, index: int) -> None:
        """Marks the current picture and scrolls to it."""
        if index != self._delegate.current:
            self._delegate.current = index
            self.scrollTo(self._model.index(index), QListView.ScrollHint.PositionAtCenter)
            self.viewport().update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scrolls sideways, also with a vertical wheel."""
        delta = event.angleDelta()
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - (delta.x() or delta.y()))
        event.accept()
