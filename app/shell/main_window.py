"""The main window: places for widgets, menus, and closing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QMainWindow, QMenu

from app.session.presenter import FramePresenter
from app.session.session import LiveSession
from app.shell.actions import ActionRegistry, Menu, MenuActions, Needs, available_needs
from app.shell.command_palette import CommandPalette
from app.shell.feature import Feature
from app.shell.focus_order import focus_order
from app.shell.language import language_preference
from app.shell.menus import submenus
from app.shell.mime_sources import dropped_pair, dropped_spec
from app.shell.model_choice import ModelChoiceRecorder
from app.shell.quit_guard import QuitGuard
from app.shell.settings import WindowSettings
from app.shell.shortcuts import ShortcutSheet
from app.shell.slots import WindowSlots
from app.shell.status_bar import StatusBar
from app.shell.undo import UndoStack
from app.ui.banner import Banner
from app.ui.build import present
from app.ui.i18n import tr

edit_action = MenuActions(Menu.EDIT)
file_action = MenuActions(Menu.FILE)
help_action = MenuActions(Menu.HELP)
view_action = MenuActions(Menu.VIEW)

TITLE = "UVA-Net Live"
_PALETTE_RANK = 100


class MainWindow(QMainWindow):
    """The program's only window.

    Args:
        session: Its source and model are named in the title and the status bar.
        settings: Settings of the window; changed in place.

    Attributes:
        slots: The places for the widgets of features.
        actions_by_name: All actions.
        banner: Messages over the picture.
        undo_stack: Changes of the user.
        status: Labels of source and model.
        menu: All menus, as a right click on the picture opens them.
        quit_guard: Asks before the window closes on unfinished work.

    Signals:
        closed: The window was closed; it is hidden already.
    """

    closed = Signal()

    def __init__(self, session: LiveSession, settings: WindowSettings) -> None:
        super().__init__()
        self._session, self._settings = session, settings
        self._features: Sequence[Feature] = ()
        self._sheet: ShortcutSheet | None = None
        self._palette: CommandPalette | None = None
        self.setAcceptDrops(True)
        self.setMinimumSize(560, 420)
        self.resize(1100, 720)
        self.setWindowTitle(TITLE)
        self.slots = WindowSlots(self)
        self.actions_by_name = ActionRegistry(self, settings.keys)
        self.actions_by_name.register(self)
        self.banner = Banner(self.slots.panes)
        self.undo_stack = UndoStack(self.banner, self)
        ModelChoiceRecorder(session.student, self.undo_stack, self)
        self.status = StatusBar(session, self.slots)
        self.menu = QMenu(self)
        self.quit_guard = QuitGuard(
            self, lambda: [prompt for feature in self._features if (prompt := feature.unfinished())]
        )
        self.setCentralWidget(self.slots.root)
        self.slots.add_button(self.actions_by_name["find_command"], _PALETTE_RANK)
        self.slots.cards.set_collapsed(settings.folded)
        self.slots.cards.changed.connect(self._on_folded)
        self.slots.set_panel_enabled(settings.panel)
        self.slots.panel_changed.connect(self._on_panel)
        self.slots.canvas.menu_requested.connect(self.menu.popup)
        for signal in (session.switched, session.opened, session.failed):
            signal.connect(self._on_source)
        session.switched.connect(self.undo_stack.forget_source)
        self.undo_stack.changed.connect(self._show_undo)

    def complete(self, features: Sequence[Feature], presenter: FramePresenter) -> None:
        """Builds the menus once all features are made, and enables the available actions.

        Args:
            features: All features. Dropped files are offered to the last feature first.
            presenter: Tells whether a frame is on the canvas.
        """
        self._features = features
        for submenu in submenus(self.actions_by_name, self):
            self.menu.addMenu(submenu)
            self.menuBar().addMenu(submenu)
        if not self.menuBar().isNativeMenuBar():
            self.slots.add_chrome(self.menuBar())

        def update() -> None:
            needs = available_needs(self._session, presenter, self.undo_stack)
            self.actions_by_name.update(needs)

        session = self._session
        for signal in (session.opened, session.failed, session.state_changed, session.switched):
            signal.connect(update)
        presenter.shown.connect(update)
        self.undo_stack.changed.connect(update)
        update()
        # Both calls ignore invalid data.
        geometry = QByteArray.fromBase64(self._settings.geometry.encode("ascii", "ignore"))
        self.restoreGeometry(geometry)
        self.slots.canvas.setFocus()

    # -- actions

    @edit_action("Undo", "Ctrl+Z", icon="undo", needs=Needs.UNDO, repeat=True, words="back revert")
    def undo(self) -> None:
        """Undoes the last change."""
        self.undo_stack.undo()

    @edit_action(
        "Redo",
        "Ctrl+Shift+Z",
        "Ctrl+Y",
        icon="redo",
        needs=Needs.REDO,
        repeat=True,
        words="repeat again",
    )
    def redo(self) -> None:
        """Redoes the change that was undone last."""
        self.undo_stack.redo()

    @edit_action(
        "Preferences…",
        "Ctrl+,",
        icon="preferences",
        group=9,
        words="settings options configuration language English German Deutsch",
    )
    def preferences(self) -> None:
        """Changes the settings: theme, keys, folders, recording, language, presets."""
        from app.shell.preferences import PreferencesDialog

        lines = [line for feature in self._features for line in feature.preferences()]
        lines.append(language_preference(self._settings))
        dialog = PreferencesDialog(lines, self.actions_by_name, self.undo_stack, self)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @file_action("Quit", "Ctrl+Q", "Ctrl+W", group=9, words="exit close")
    def quit(self) -> None:
        """Closes the window."""
        self.close()

    @view_action("Menu bar", "F10", hidden=True)
    def main_menu(self) -> None:
        """Selects the first menu of the menu bar."""
        self.slots.chrome_requested.emit()
        bar = self.menuBar()
        bar.setFocus()
        bar.setActiveAction(bar.actions()[0])

    @help_action("Find command…", "Ctrl+K", "Ctrl+Shift+P", icon="search", words="search palette")
    def find_command(self) -> None:
        """Finds any command by typing what it does."""
        if self._palette is None:
            self._palette = CommandPalette(self.actions_by_name, self)
        self._palette.open_over()

    @help_action("Keyboard shortcuts", "?", "F1", icon="keyboard", words="keys hotkeys")
    def shortcuts(self) -> None:
        """Shows the sheet of shortcuts."""
        if self._sheet is not None:  # keys may have changed since
            self._sheet.close()
            self._sheet.deleteLater()
        self._sheet = ShortcutSheet(self.actions_by_name, self)
        present(self._sheet)

    # -- session and places

    def _show_undo(self) -> None:
        undo, redo = self.undo_stack.undo_text, self.undo_stack.redo_text
        self.actions_by_name["undo"].setText(
            tr("Undo {change}").format(change=undo) if undo else tr("Undo")
        )
        self.actions_by_name["redo"].setText(
            tr("Redo {change}").format(change=redo) if redo else tr("Redo")
        )

    def _on_source(self) -> None:
        info = self._session.info
        self.setWindowTitle(TITLE if info is None else f"{info.title} - {TITLE}")

    def _on_folded(self, names: list[str]) -> None:
        self._settings.folded = names

    def _on_panel(self) -> None:
        self._settings.panel = self.slots.panel_enabled

    # -- events

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Moves the focus to the next or previous control in reading order."""
        order = focus_order(self, self.slots.panel)
        if not order:
            return False
        focused = self.focusWidget()
        index = order.index(focused) if focused in order else -1 if forward else 0
        reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        order[(index + (1 if forward else -1)) % len(order)].setFocus(reason)
        return True

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Hides the side panel in a narrow window."""
        super().resizeEvent(event)
        self.slots.follow_size()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accepts data with a source that can be opened."""
        if dropped_spec(event.mimeData()) is not None:
            event.acceptProposedAction()
            self.slots.canvas.set_drop_hint(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Clears the mark that a drop is accepted."""
        del event
        self.slots.canvas.set_drop_hint(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Offers the dropped source to the features."""
        self.slots.canvas.set_drop_hint(False)
        spec, pair = dropped_spec(event.mimeData()), dropped_pair(event.mimeData())
        if spec is not None:
            event.acceptProposedAction()
            if pair is not None and self.open_pair(*pair):
                return
            for feature in reversed(self._features):
                if feature.open_drop(spec):
                    break

    def open_pair(self, first: str, second: str) -> bool:
        """Offers two files to the features; returns whether a feature opened them."""
        return any(feature.open_pair(first, second) for feature in reversed(self._features))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Hides the window at once; the program shuts down afterwards."""
        if not self.quit_guard.may_close():
            event.ignore()
            return
        self.slots.closing.emit()
        self._settings.geometry = bytes(self.saveGeometry().toBase64().data()).decode()
        self.hide()
        event.accept()
        self.closed.emit()
