"""Snapshots: saves or copies the picture with its overlay."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QGuiApplication, QImage

from app.shell.actions import FRAME, Menu, MenuActions
from app.shell.context import FeatureContext
from app.shell.feature import Feature
from app.ui.file_dialogs import ask_save_snapshot
from app.ui.i18n import tr
from app.ui.images import snapshot_name, to_qimage, write_png

edit_action = MenuActions(Menu.EDIT)
file_action = MenuActions(Menu.FILE)


class Snapshots(Feature):
    """Snapshots as PNG files and on the clipboard."""

    def __init__(self, context: FeatureContext) -> None:
        super().__init__(context)
        for name in ("save_snapshot", "copy_snapshot"):
            context.slots.add_button(context.actions[name], 60)

    @file_action(
        "Save snapshot…",
        "Ctrl+S",
        icon="snapshot",
        needs=FRAME,
        group=2,
        words="screenshot picture image export",
    )
    def save_snapshot(self) -> None:
        """Asks for a path, then writes what the canvas shows as a PNG."""
        render, info = self.context.presenter.snapshot(), self.context.session.info
        if render is None:
            return

        def write(chosen: str) -> None:
            path = Path(chosen)
            self.context.save(lambda: write_png(path, render()), path)

        name = snapshot_name(info.title if info else "")
        ask_save_snapshot(self.context.slots.window, self.context.folder, name, write)

    @edit_action(
        "Copy snapshot",
        "Ctrl+C",
        icon="copy",
        needs=FRAME,
        group=1,
        words="screenshot picture image clipboard",
    )
    def copy_snapshot(self) -> None:
        """Copies what the canvas shows to the clipboard."""
        render = self.context.presenter.snapshot()
        if render is None:
            return

        def put(image: QImage) -> None:
            QGuiApplication.clipboard().setImage(image)
            self.context.messages.notify("done", tr("The picture was copied to the clipboard."))

        self.context.run(lambda: to_qimage(render()), put, name="snapshot")
