"""Places for the widgets of features in the window: top bar, picture, side panel, status bar."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QBoxLayout, QScrollArea, QWidget

from app.shell.actions import without_dots
from app.ui.build import column, row
from app.ui.canvas import Canvas
from app.ui.collapsible_cards import CollapsibleCards
from app.ui.controls import IconButton
from app.ui.panes import Panes
from app.ui.timeline import Timeline

_PANEL_WIDTH = 280
_GAP = 12

PANEL_MIN_WIDTH = 760
"""Width of the window from which on it has room for the side panel, pixels."""


class WindowSlots(QObject):
    """Places for the widgets of features.

    Widgets of one place are sorted by rank; those of equal rank stay in the order of addition.

    Args:
        window: The window; the parent of dialogs.

    Attributes:
        canvas: The picture.
        panes: The canvas and the pictures that are shown beside it.
        root: The widget that contains all places.
        panel: The side panel.
        cards: The cards of the side panel, which collapse to their headings.
        timeline: Position and lanes over the time of the source; placed by the playback feature.
        timeline_buttons: Buttons about the timeline; placed by the playback feature.

    Signals:
        panel_changed: `panel_enabled` or `panel_shown` may have changed.
        chrome_changed: Whether everything but the picture is hidden from now on.
        chrome_requested: The user opens a control that may be hidden with the rest of the window.
        panel_requested: A card of the side panel is wanted; nothing may hide the panel any more.
        closing: The window is about to close; it is still shown.
    """

    panel_changed = Signal()
    chrome_changed = Signal(bool)
    chrome_requested = Signal()
    panel_requested = Signal()
    closing = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.window = window
        self.canvas = Canvas()
        self.panes = Panes(self.canvas)
        self.root = QWidget()
        self.cards = CollapsibleCards()
        self.timeline = Timeline()
        self.timeline_buttons = QWidget()
        self._timeline_row = row(spacing=0, parent=self.timeline_buttons)
        self._ranks: dict[QWidget, int] = {self.panes: 0}
        self._panel_enabled = True
        self._panel_shown: bool | None = None  # as told by `panel_changed`
        self._chrome_hidden = False
        bar, self._status_bar = QWidget(), QWidget()
        self._buttons = row(spacing=4)
        self._bar = row(None, self._buttons, spacing=4, parent=bar)
        self._status = row(spacing=22, margins=(4, 0, 4, 0), parent=self._status_bar)
        self._chrome = [bar, self._status_bar]
        self._cards = column(spacing=10)
        self.panel = self._make_panel()
        self._stage = column((self.panes, 1), spacing=10)
        middle = row((self._stage, 1), self.panel, spacing=_GAP)
        self._root_layout = column(bar, (middle, 1), self._status_bar, spacing=8, parent=self.root)
        self.place()

    def _make_panel(self) -> QScrollArea:
        inner = QWidget()
        column(self._cards, None, parent=inner)
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
        """Adds a button, or a new button for an action, at the right of the top bar; returns it."""
        if isinstance(button, QAction):
            button = action_button(button)
        self._insert(self._buttons, button, rank)
        return button

    def add_card(self, name: str, card: QWidget, rank: int) -> None:
        """Adds a card to the side panel; a card with a heading can be collapsed.

        Args:
            name: Name by which the settings remember that the card is collapsed.
            card: The card.
            rank: Position in the panel, the lowest first.
        """
        self._insert(self._cards, card, rank)
        self.cards.add(name, card)

    def reveal(self, card: QWidget) -> None:
        """Scrolls the side panel to a card, once the card has its new size."""
        QTimer.singleShot(0, card, lambda: self.panel.ensureWidgetVisible(card))

    def show_card(self, card: QWidget) -> None:
        """Shows a card, and the side panel scrolled to it, whatever hides them."""
        card.show()
        self.set_panel_enabled(True)
        self.panel_requested.emit()
        self.reveal(card)

    def add_timeline_button(self, button: QAction | QWidget, rank: int) -> QWidget:
        """Adds a button, or a new button for an action, beside the timeline; returns it."""
        if isinstance(button, QAction):
            button = action_button(button)
        self._insert(self._timeline_row, button, rank)
        return button

    def add_strip(self, strip: QWidget, rank: int) -> None:
        """Adds a strip below the picture."""
        self._insert(self._stage, strip, rank)
        self._chrome.append(strip)

    def add_status(self, widget: QWidget, rank: int, *, stretch: bool = False) -> None:
        """Adds a widget to the status bar; with `stretch`, the widget takes the free space."""
        self._insert(self._status, widget, rank, int(stretch))

    def add_chrome(self, widget: QWidget) -> None:
        """Registers a widget that `set_chrome_hidden` hides, too."""
        self._chrome.append(widget)
        self.place()

    def _insert(self, layout: QBoxLayout, widget: QWidget, rank: int, stretch: int = 0) -> None:
        self._ranks[widget] = rank
        items = [layout.itemAt(index) for index in range(layout.count())]
        widgets = [item.widget() for item in items if item is not None]
        index = sum(other is not None and self._ranks[other] <= rank for other in widgets)
        layout.insertWidget(index, widget, stretch)

    # -- what is shown

    @property
    def panel_enabled(self) -> bool:
        """Whether the side panel is shown in a window that is wide enough."""
        return self._panel_enabled

    @property
    def panel_shown(self) -> bool:
        """Whether the side panel is shown in the present window, outside of full screen."""
        return self._panel_enabled and self._is_wide

    def set_panel_enabled(self, on: bool) -> None:
        """Shows or hides the side panel; widens a window that is too narrow for it."""
        self._panel_enabled = on
        window = self.window
        full_screen = window.isFullScreen() or self._chrome_hidden
        has_room = window.screen().availableSize().width() >= PANEL_MIN_WIDTH
        narrow = window.isVisible() and window.width() < PANEL_MIN_WIDTH
        if on and narrow and has_room and not full_screen:
            window.resize(PANEL_MIN_WIDTH, window.height())
        self.place()
        self._tell_panel()

    def set_chrome_hidden(self, hidden: bool) -> None:
        """Hides everything but the picture, or shows it again."""
        self._chrome_hidden = hidden
        self.place()
        self.chrome_changed.emit(hidden)

    def follow_size(self) -> None:
        """Hides the side panel in a window that became too narrow; shows it in a wider one."""
        if self.panel.isVisibleTo(self.window) != self._panel_fits():
            self.place()
        if self.panel_shown != self._panel_shown:
            self._tell_panel()

    def _tell_panel(self) -> None:
        self._panel_shown = self.panel_shown
        self.panel_changed.emit()

    def place(self) -> None:
        """Shows or hides each place for the current size and settings of the window."""
        hidden = self._chrome_hidden
        for widget in self._chrome:
            widget.setVisible(not hidden)
        self.panel.setVisible(self._panel_fits())
        self._buttons.setSpacing(4 if self._is_wide else 0)
        gap = 0 if hidden else _GAP
        self._root_layout.setContentsMargins(gap, 0 if hidden else 8, gap, 0 if hidden else 6)
        self.panes.set_chrome_hidden(hidden)

    def _panel_fits(self) -> bool:
        return self.panel_shown and not self._chrome_hidden

    @property
    def _is_wide(self) -> bool:
        return self.window.width() >= PANEL_MIN_WIDTH


def action_button(action: QAction, size: int = 20) -> IconButton:
    """Makes a tool button for an action, named for screen readers."""
    button = IconButton(size)
    button.setDefaultAction(action)
    button.setAccessibleName(without_dots(action.text()))
    return button
