"""The places of the window and what features may ask of it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.ui.canvas import Canvas
from app.ui.collapsible_cards import CollapsibleCards
from app.ui.controls import IconButton
from app.ui.panes import Panes

_PANEL_WIDTH = 272
_GAP = 12
_MIN_WIDTH_WITH_PANEL = 760  # pixels; in a narrower window the side panel gives way


class WindowSlots(QObject):
    """Places for the widgets of features.

    Widgets of one place stand in the order of their ranks; equal ranks in the order of coming.

    Args:
        window: The window; the parent of dialogs.

    Attributes:
        canvas: The picture.
        panes: Holds it and the pictures shown beside it.
        root: Holds all places.
        panel: The side panel.
        cards: The cards of the side panel, which collapse to their headings.
        timeline_buttons: Holds buttons about the timeline; whoever shows the timeline places it.

    Signals:
        panel_changed: Whether the side panel is wanted from now on.
        chrome_changed: Whether everything but the picture is hidden from now on.
        chrome_wanted: A control that may be hidden is needed.
        closing: The window is about to close; it is still shown.
    """

    panel_changed = Signal(bool)
    chrome_changed = Signal(bool)
    chrome_wanted = Signal()
    closing = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.window = window
        self.canvas = Canvas()
        self.panes = Panes(self.canvas)
        self.root = QWidget()
        self.cards = CollapsibleCards()
        self.timeline_buttons = QWidget()
        _margins(QHBoxLayout(self.timeline_buttons), 2)
        self._ranks: dict[QWidget, int] = {self.panes: 0}
        self._panel_wanted = True
        self._chrome_hidden = False
        bar = QWidget()
        self._bar = _margins(QHBoxLayout(bar), 4)
        self._bar.addStretch()
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(4)
        self._bar.addLayout(self._buttons)
        self._status_bar = QWidget()
        self._status = QHBoxLayout(self._status_bar)
        self._status.setContentsMargins(4, 0, 4, 0)
        self._status.setSpacing(22)
        self._chrome = [bar, self._status_bar]
        self._column = QVBoxLayout()
        self.panel = self._make_panel()
        self._stage = QVBoxLayout()
        self._stage.setSpacing(10)
        self._stage.addWidget(self.panes, 1)
        middle = QHBoxLayout()
        middle.setSpacing(_GAP)
        middle.addLayout(self._stage, 1)
        middle.addWidget(self.panel)
        layout = QVBoxLayout(self.root)
        layout.setSpacing(8)
        layout.addWidget(bar)
        layout.addLayout(middle, 1)
        layout.addWidget(self._status_bar)
        self.place()

    def _make_panel(self) -> QScrollArea:
        inner = QWidget()
        outer = QVBoxLayout(inner)
        outer.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(10)
        outer.addLayout(self._column)
        outer.addStretch()
        panel = QScrollArea()
        panel.setWidget(inner)
        panel.setWidgetResizable(True)
        panel.setFixedWidth(_PANEL_WIDTH)
        panel.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        panel.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        return panel

    # -- places

    def add_source_control(self, widget: QWidget) -> None:
        """Adds a widget at the left of the top bar."""
        self._bar.insertWidget(0, widget)

    def add_button(self, button: QAction | QWidget, rank: int) -> QWidget:
        """Adds a button at the right of the top bar; an action gets one of its own."""
        if isinstance(button, QAction):
            button = action_button(button)
        self._insert(self._buttons, button, rank)
        return button

    def add_card(self, card: QWidget, rank: int) -> None:
        """Adds a card to the side panel; it collapses where it has a heading."""
        self._insert(self._column, card, rank)
        self.cards.add(card)

    def add_strip(self, strip: QWidget, rank: int) -> None:
        """Adds a strip below the picture."""
        self._insert(self._stage, strip, rank)
        self._chrome.append(strip)

    def add_status(self, widget: QWidget, rank: int, *, stretch: bool = False) -> None:
        """Adds a widget to the status bar; one that stretches takes the free room."""
        self._insert(self._status, widget, rank, int(stretch))

    def _insert(self, layout: QBoxLayout, widget: QWidget, rank: int, stretch: int = 0) -> None:
        self._ranks[widget] = rank
        items = [layout.itemAt(index) for index in range(layout.count())]
        widgets = [item.widget() for item in items if item is not None]
        index = sum(other is not None and self._ranks[other] <= rank for other in widgets)
        layout.insertWidget(index, widget, stretch)

    # -- what is shown

    @property
    def panel_wanted(self) -> bool:
        """Whether the side panel is shown where there is room for it."""
        return self._panel_wanted

    @property
    def chrome_hidden(self) -> bool:
        """Whether everything but the picture is hidden."""
        return self._chrome_hidden

    def set_panel_wanted(self, on: bool) -> None:
        """Shows or hides the side panel; a window too narrow for it is widened."""
        self._panel_wanted = on
        window = self.window
        full_screen = window.isFullScreen() or self._chrome_hidden
        if on and window.isVisible() and not full_screen and window.width() < _MIN_WIDTH_WITH_PANEL:
            window.resize(_MIN_WIDTH_WITH_PANEL, window.height())
        self.place()
        self.panel_changed.emit(on)

    def set_chrome_hidden(self, hidden: bool) -> None:
        """Hides everything but the picture, or shows it again."""
        self._chrome_hidden = hidden
        self.place()
        self.chrome_changed.emit(hidden)

    def show_chrome(self) -> None:
        """Asks for everything that may be hidden."""
        self.chrome_wanted.emit()

    def reveal(self, card: QWidget) -> None:
        """Scrolls the side panel to a card."""
        self.panel.ensureWidgetVisible(card)

    def follow_size(self) -> None:
        """Hides the side panel in a window that became too narrow; shows it in a wider one."""
        if self.panel.isVisibleTo(self.window) != self._panel_fits():
            self.place()

    def place(self) -> None:
        """Shows and hides the places as wanted."""
        hidden = self._chrome_hidden
        for widget in self._chrome:
            widget.setVisible(not hidden)
        self.panel.setVisible(self._panel_fits())
        gap = 0 if hidden else _GAP
        layout = self.root.layout()
        assert layout is not None
        layout.setContentsMargins(gap, 0 if hidden else 8, gap, 0 if hidden else 6)
        self.panes.set_chrome_hidden(hidden)

    def _panel_fits(self) -> bool:
        wide = self.window.width() >= _MIN_WIDTH_WITH_PANEL
        return self._panel_wanted and wide and not self._chrome_hidden


def action_button(action: QAction, size: int = 20) -> IconButton:
    """Makes a tool button for an action, named for screen readers."""
    button = IconButton(size)
    button.setDefaultAction(action)
    button.setAccessibleName(action.text().removesuffix("…"))
    return button


def _margins(layout: QHBoxLayout, spacing: int) -> QHBoxLayout:
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    return layout
