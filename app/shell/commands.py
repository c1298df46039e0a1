"""What each of the window's own actions does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication

from app.features.sources.url_dialog import UrlDialog
from app.shell.actions import all_actions
from app.shell.shortcuts import ShortcutSheet
from app.ui.file_dialogs import ask_file, ask_folder, ask_save
from app.ui.i18n import tr
from app.ui.images import pictures_folder, snapshot_name, to_qimage, write_png
from uvanet.errors import UvanetError

if TYPE_CHECKING:
    from PySide6.QtGui import QImage
    from PySide6.QtWidgets import QDialog

    from app.shell.main_window import MainWindow

_JUMP_SECONDS = 5.0


class Commands:
    """One method for each action, by its name; none of them blocks.

    Args:
        window: The window the actions belong to.
    """

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._sheet: QDialog | None = None

    # -- source

    def choose_source(self) -> None:
        """Opens the list of sources."""
        self._window.leave_full_screen()
        picker = self._window.picker
        picker.list.popup(picker.mapToGlobal(QPoint(0, picker.height() + 4)))

    def open_file(self) -> None:
        """Asks for a file."""
        ask_file(self._window, self._window.settings.folder, self._open_path)

    def open_folder(self) -> None:
        """Asks for a folder."""
        ask_folder(self._window, self._window.settings.folder, self._open_path)

    def open_url(self) -> None:
        """Asks for an address."""
        dialog = UrlDialog(self._window)
        dialog.chosen.connect(self._window.open_source)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def open_demo(self) -> None:
        """Plays the demo."""
        self._window.open_source("demo")

    def rescan(self) -> None:
        """Looks for devices and says what was found."""
        self._window.find_devices(say=True)

    def save_snapshot(self) -> None:
        """Asks where to, then writes what is on the canvas as a PNG."""
        window = self._window
        take = window.snapshot()
        if take is None:
            return
        name = snapshot_name(window.source_title)

        def write(chosen: str) -> None:
            path = Path(chosen)
            window.jobs.run(
                lambda: write_png(path, take()),
                lambda _: window.banner.notify(
                    "done", tr("Saved {name}.").format(name=path.name), str(path.parent)
                ),
                self._failed,
                name="snapshot",
            )

        ask_save(window, pictures_folder(), name, write)

    def copy_snapshot(self) -> None:
        """Puts what is on the canvas on the clipboard."""
        window = self._window
        take = window.snapshot()
        if take is None:
            return

        def put(image: QImage) -> None:
            QGuiApplication.clipboard().setImage(image)
            window.banner.notify("done", tr("The picture is on the clipboard."))

        window.jobs.run(lambda: to_qimage(take()), put, self._failed, name="snapshot")

    def quit(self) -> None:
        """Closes the window."""
        self._window.close()

    # -- playback

    def play_pause(self) -> None:
        """Plays or pauses."""
        self._window.controller.toggle()

    def step_back(self) -> None:
        """Goes one frame back."""
        self._window.controller.step(-1)

    def step_forward(self) -> None:
        """Goes one frame on."""
        self._window.controller.step(1)

    def jump_back(self) -> None:
        """Goes some seconds back."""
        self._window.jump(-_JUMP_SECONDS)

    def jump_forward(self) -> None:
        """Goes some seconds on."""
        self._window.jump(_JUMP_SECONDS)

    def jump_start(self) -> None:
        """Goes to the start."""
        self._window.controller.seek(0.0)

    def slower(self) -> None:
        """Plays slower."""
        self._window.change_speed(-1)

    def faster(self) -> None:
        """Plays faster."""
        self._window.change_speed(1)

    def normal_speed(self) -> None:
        """Plays in real time."""
        self._window.set_speed(1.0)

    def loop(self, on: bool) -> None:
        """Starts files again at their end, or not."""
        self._window.set_loop(on)

    # -- overlay

    def overlay(self, on: bool) -> None:
        """Shows or hides the heat."""
        self._window.set_overlay_visible(on)

    def more_opacity(self) -> None:
        """Makes the heat stronger."""
        self._window.overlay_panel.opacity.nudge(1)

    def less_opacity(self) -> None:
        """Makes the heat weaker."""
        self._window.overlay_panel.opacity.nudge(-1)

    def more_threshold(self) -> None:
        """Clears more of the heat."""
        self._window.overlay_panel.threshold.nudge(1)

    def less_threshold(self) -> None:
        """Clears less of the heat."""
        self._window.overlay_panel.threshold.nudge(-1)

    def more_smoothing(self) -> None:
        """Calms the heat."""
        self._window.overlay_panel.smoothing.nudge(1)

    def less_smoothing(self) -> None:
        """Lets the heat follow faster."""
        self._window.overlay_panel.smoothing.nudge(-1)

    def colormap_turbo(self, _: bool) -> None:
        """Uses turbo."""
        self._window.set_colormap("turbo")

    def colormap_inferno(self, _: bool) -> None:
        """Uses inferno."""
        self._window.set_colormap("inferno")

    def colormap_cividis(self, _: bool) -> None:
        """Uses cividis."""
        self._window.set_colormap("cividis")

    def colormap_viridis(self, _: bool) -> None:
        """Uses viridis."""
        self._window.set_colormap("viridis")

    def next_colormap(self) -> None:
        """Uses the next colour map."""
        self._window.next_colormap()

    def reset_overlay(self) -> None:
        """Goes back to the overlay the program came with."""
        self._window.reset_overlay()

    # -- view

    def full_screen(self, on: bool) -> None:
        """Shows the picture alone on the whole screen, or the window again."""
        if on:
            self._window.enter_full_screen()
        else:
            self._window.leave_full_screen()

    def panel(self, on: bool) -> None:
        """Shows or hides the side panel."""
        self._window.set_panel_visible(on)

    def theme_system(self, _: bool) -> None:
        """Follows the system's colours."""
        self._window.set_theme("system")

    def theme_dark(self, _: bool) -> None:
        """Stays dark."""
        self._window.set_theme("dark")

    def theme_light(self, _: bool) -> None:
        """Stays light."""
        self._window.set_theme("light")

    def main_menu(self) -> None:
        """Opens the menu."""
        self._window.leave_full_screen()
        button = self._window.menu_button
        place = QPoint(button.width() - self._window.main_menu.sizeHint().width(), button.height())
        self._window.main_menu.popup(button.mapToGlobal(place))

    def shortcuts(self) -> None:
        """Shows the sheet of shortcuts."""
        if self._sheet is None:
            self._sheet = ShortcutSheet(all_actions(), self._window)
        self._sheet.show()
        self._sheet.raise_()
        self._sheet.activateWindow()

    def leave(self) -> None:
        """Closes a message; without one, leaves the clean view or the full screen."""
        if self._window.banner.message:
            self._window.banner.dismiss()
        elif self._window.clean:
            self._window.actions_by_name["clean_view"].trigger()
        else:
            self._window.leave_full_screen()

    # -- helpers

    def _open_path(self, path: str) -> None:
        self._window.settings.folder = str(Path(path).parent)
        self._window.open_source(path)

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, UvanetError):
            raise error
        self._window.banner.notify("error", error.message, error.hint)
