"""How the picture is seen: alone, mirrored, rotated; and the window's cards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QSize, Qt

from app.features.diagnostics.about import AboutDialog, report_text
from app.shell.actions import ActionContext, ActionSpec, Menu
from app.shell.feature import Feature
from app.ui.i18n import tr
from uvanet.sources.orientation import Orientation

if TYPE_CHECKING:
    from app.features.models.feature import Models
    from app.shell.main_window import MainWindow
    from uvanet.sources.base import SourceInfo

_WEIGHTS = (".onnx", ".safetensors")
_SCREEN_SHARE = 0.9
_ANY_SIZE = 16_777_215  # Qt's own bound
_MOST_TURNED = 100


def _source(now: ActionContext) -> bool:
    return now.source


def _frame(now: ActionContext) -> bool:
    return now.frame


class View(Feature):
    """The clean view, zoom, mirror and rotation, folded cards, dropped weights, the About box."""

    ACTIONS: ClassVar[tuple[ActionSpec, ...]] = (
        ActionSpec(
            "clean_view",
            "Clean view",
            Menu.VIEW,
            ("F9",),
            "clean-view",
            available=_frame,
            checkable=True,
        ),
        ActionSpec(
            "mirror",
            "Mirror",
            Menu.VIEW,
            ("Shift+H",),
            "mirror",
            available=_source,
            checkable=True,
        ),
        ActionSpec("rotate", "Rotate", Menu.VIEW, ("Shift+R",), "rotate", available=_source),
        ActionSpec("zoom_in", "Zoom in", Menu.VIEW, ("+", "Z"), group=3),
        ActionSpec("zoom_out", "Zoom out", Menu.VIEW, ("-", "Shift+Z"), group=3),
        ActionSpec("zoom_fit", "Whole picture", Menu.VIEW, ("0",), group=3),
        ActionSpec("pan_left", "See more of the left", Menu.VIEW, ("Alt+Left",), group=3),
        ActionSpec("pan_right", "See more of the right", Menu.VIEW, ("Alt+Right",), group=3),
        ActionSpec("pan_up", "See more of the top", Menu.VIEW, ("Alt+Up",), group=3),
        ActionSpec("pan_down", "See more of the bottom", Menu.VIEW, ("Alt+Down",), group=3),
        ActionSpec("about", "About UVA-Net Live", Menu.VIEW, ("Ctrl+I",), "info", group=2),
    )

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._before: QSize | None = None
        self._was_maximized = False
        for spec, (mirrored, quarters) in window.settings.turned.items():
            window.controller.orientations.set(spec, Orientation(bool(mirrored), quarters))
        window.parts.folds.set_folded(window.settings.folded)
        window.parts.folds.changed.connect(self._on_folded)
        window.controller.opened.connect(self._on_opened)
        window.controller.turned.connect(self._on_turned)

    def takes(self, path: str) -> bool:
        """Uses dropped weights in place of the network that runs; a stranger's are tried first."""
        if not path.lower().endswith(_WEIGHTS):
            return False
        model = Path(path).with_suffix(".onnx")
        if not model.is_file():
            self.window.banner.notify(
                "error",
                tr("There is no {wanted} beside {dropped}.").format(
                    wanted=model.name, dropped=Path(path).name
                ),
                tr("Drop an .onnx file: that is what runs; training starts from the other."),
            )
        elif model.with_suffix(".json").is_file():
            # What it is not, it says itself; the network before goes on then.
            self.window.controller.use_model(str(model))
        else:
            self._models.try_file(str(model))
        return True

    @property
    def _models(self) -> Models:
        from app.features.models.feature import Models

        return next(one for one in self.window.features if isinstance(one, Models))

    def clean_view(self, on: bool) -> None:
        """Shows the picture alone, in a window of its size that stays so."""
        window = self.window
        if on:
            window.leave_full_screen()
            self._was_maximized = window.isMaximized()
            if self._was_maximized:
                window.showNormal()
            self._before = window.size()
            window.set_clean(True)
            window.setFixedSize(self._clean_size())
        else:
            self._leave_clean_view()

    def mirror(self, on: bool) -> None:
        """Mirrors the picture, and with it the map."""
        self._turn(Orientation(on, self._orientation().quarters))

    def rotate(self) -> None:
        """Rotates the picture by a quarter turn clockwise, as it is seen."""
        now = self._orientation()
        self._turn(Orientation(now.mirrored, (now.quarters + (3 if now.mirrored else 1)) % 4))

    def zoom_in(self) -> None:
        """Shows a smaller part, larger."""
        self.window.canvas.viewport.step(1)

    def zoom_out(self) -> None:
        """Shows a larger part."""
        self.window.canvas.viewport.step(-1)

    def zoom_fit(self) -> None:
        """Shows the whole picture."""
        self.window.canvas.viewport.fit()

    def pan_left(self) -> None:
        """Moves what is seen of a zoomed picture to the left."""
        self.window.canvas.viewport.pan(-1, 0)

    def pan_right(self) -> None:
        """Moves it to the right."""
        self.window.canvas.viewport.pan(1, 0)

    def pan_up(self) -> None:
        """Moves it up."""
        self.window.canvas.viewport.pan(0, -1)

    def pan_down(self) -> None:
        """Moves it down."""
        self.window.canvas.viewport.pan(0, 1)

    def about(self) -> None:
        """Shows the About box."""
        window, info = self.window, self.window.controller.info
        report = report_text(
            window.status.model.text(),
            info.kind.value if info else "",
            (info.width, info.height) if info else (0, 0),
            window.controller.stats(),
            window.settings,
        )
        dialog = AboutDialog(report, window)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    # -- clean view

    def _clean_size(self) -> QSize:
        """The picture's own size, smaller where the screen is, larger where it is tiny."""
        info, window = self.window.controller.info, self.window
        width, height = (info.width, info.height) if info and info.width else (1280, 720)
        ratio = window.devicePixelRatioF()
        size = QSize(round(width / ratio), round(height / ratio))
        least = window.canvas.minimumSize()
        if size.width() < least.width() or size.height() < least.height():
            size.scale(least, Qt.AspectRatioMode.KeepAspectRatioByExpanding)
        room = window.screen().availableSize() * _SCREEN_SHARE
        if size.width() > room.width() or size.height() > room.height():
            size.scale(room, Qt.AspectRatioMode.KeepAspectRatio)
        return size

    def _leave_clean_view(self) -> None:
        window = self.window
        window.actions_by_name.set_checked("clean_view", False)
        if not window.clean:
            return
        window.setMinimumSize(560, 420)
        window.setMaximumSize(_ANY_SIZE, _ANY_SIZE)
        window.set_clean(False)
        if self._before is not None:
            window.resize(self._before)
        if self._was_maximized:
            window.showMaximized()

    # -- mirror and rotation

    def _orientation(self) -> Orientation:
        info = self.window.controller.info
        return self.window.controller.orientations.of(info.spec) if info else Orientation()

    def _turn(self, orientation: Orientation) -> None:
        window, info = self.window, self.window.controller.info
        if info is None:
            return
        turned = window.settings.turned
        turned.pop(info.spec, None)
        if orientation != Orientation():
            turned[info.spec] = [int(orientation.mirrored), orientation.quarters]
        while len(turned) > _MOST_TURNED:
            del turned[next(iter(turned))]
        window.controller.turn(orientation)

    def _on_opened(self, info: SourceInfo) -> None:
        mirrored = self.window.controller.orientations.of(info.spec).mirrored
        self.window.actions_by_name.set_checked("mirror", mirrored)

    def _on_turned(self) -> None:
        window = self.window
        window.actions_by_name.set_checked("mirror", self._orientation().mirrored)
        window.display.heat.clear()
        window.status.show_source(window.controller.info)
        if window.clean:
            window.setFixedSize(self._clean_size())

    # -- the rest

    def _on_folded(self, names: list[str]) -> None:
        self.window.settings.folded = names
