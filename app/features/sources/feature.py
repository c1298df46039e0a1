"""Sources: lists and opens them, and reports failures."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint

from app.features.sources.devices import Devices, find_devices
from app.features.sources.retry_notice import RetryNotice
from app.features.sources.settings import MAX_RECENT, SourcesSettings
from app.features.sources.source_picker import SourcePicker
from app.shell.actions import Menu, MenuActions
from app.shell.context import Fact, FactKind, FeatureContext
from app.shell.feature import Feature
from app.ui.file_dialogs import ask_file, ask_folder
from app.ui.i18n import tr
from uvanet.errors import UvanetError
from uvanet.redaction import redact, redact_source
from uvanet.sources.base import SourceCondition, SourceInfo, SourceKind, SourceStatus

action = MenuActions(Menu.FILE)

_TOPIC, _STALL, _QUALITY = "source", "stall", "quality"
_REMEMBERED = {
    SourceKind.VIDEO,
    SourceKind.PICTURE,
    SourceKind.FOLDER,
    SourceKind.NETWORK,
    SourceKind.OTHER,
}


class Sources(Feature):
    """The list of sources, the dialogs that open a source, and the messages about sources."""

    def __init__(self, context: FeatureContext) -> None:
        super().__init__(context)
        self._settings = context.settings.section(SourcesSettings)
        self._settings.recent = self._settings.recent[:MAX_RECENT]
        self.picker = SourcePicker(context.actions)
        self.picker.set_recent(self._settings.recent)
        self._retry = RetryNotice(context.messages, self)
        self._opening = ""  # name of the source that is being opened
        self._told_stall = False  # whether the source itself reports that it has stalled
        self._searches = 0  # that run; a driver may hang
        context.slots.add_source_control(self.picker)
        self.picker.chosen.connect(context.session.open)
        self.picker.list_opening.connect(self._find_devices)
        self.picker.clear_requested.connect(self._forget_recent)
        context.session.opening.connect(self._on_opening)
        context.session.opened.connect(self._on_opened)
        context.session.failed.connect(self._on_failed)
        context.session.stalled.connect(self._on_stalled)
        context.session.status_changed.connect(self._on_status)
        context.messages.acted.connect(self._on_acted)

    def open_drop(self, path: str) -> bool:
        """Opens any path or URL as a source; called after all other features have declined it."""
        if "://" in path:
            self.context.session.open(path)
        else:
            self._open_path(path)
        return True

    def facts(self) -> list[Fact]:
        """Kind and size of the source, without its name and path, which are private."""
        info = self.context.session.info
        value = "none" if info is None else f"{info.kind.value} {info.width}x{info.height}"
        return [Fact("source", value, FactKind.TECHNICAL)]

    # -- actions

    @action(
        "Choose source…",
        "S",
        icon="source",
        hidden=True,
        words="webcam camera screen input device open recent files last",
    )
    def choose_source(self) -> None:
        """Opens the list of sources."""
        self.context.slots.chrome_requested.emit()
        picker = self.picker
        picker.list.popup(picker.mapToGlobal(QPoint(0, picker.height() + 4)))

    @action("Open file…", "Ctrl+O", icon="file", words="video picture movie image load import")
    def open_file(self) -> None:
        """Asks for a file."""
        ask_file(self.context.slots.window, self.context.folder, self._open_path)

    @action(
        "Open folder of pictures…",
        "Ctrl+Shift+O",
        icon="folder",
        words="photos holiday slides images load",
    )
    def open_folder(self) -> None:
        """Asks for a folder."""
        ask_folder(self.context.slots.window, self.context.folder, self._open_path)

    @action("Open URL…", "Ctrl+U", icon="link", words="stream network address RTSP internet link")
    def open_url(self) -> None:
        """Asks for a URL."""
        from app.features.sources.url_dialog import UrlDialog

        dialog = UrlDialog(self.context.slots.window)
        dialog.chosen.connect(self.context.session.open)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @action("Demo", "Ctrl+D", icon="demo", words="example sample")
    def open_demo(self) -> None:
        """Plays the demo."""
        self.context.session.open("demo")

    @action("Refresh devices", "F5", icon="rescan", group=1, words="webcam camera search")
    def rescan(self) -> None:
        """Searches for cameras and screens and reports their numbers."""
        self._find_devices(announce=True)

    # -- opening

    def _open_path(self, path: str) -> None:
        self.context.session.open(path)

    def _find_devices(self, *, announce: bool = False) -> None:
        if self._searches and not announce:
            return
        self._searches += 1

        def done(devices: Devices) -> None:
            self._searches -= 1
            self.picker.set_devices(devices)
            if announce:
                self.context.messages.notify(
                    "info",
                    tr("Found {cameras} camera(s) and {screens} screen(s).").format(
                        cameras=len(devices.cameras), screens=len(devices.screens)
                    ),
                )

        def failed(error: Exception) -> None:
            self._searches -= 1
            self.context.show_error(error)

        self.context.jobs.run(find_devices, done, failed, name="devices")

    def _forget_recent(self) -> None:
        self._settings.recent = []
        self.picker.set_recent([])

    # -- messages about the source

    def _on_opening(self, name: str) -> None:
        self._opening = name
        self._dismiss_messages()
        self.context.slots.canvas.show_message(
            tr("Opening {name} …").format(name=name) if name else tr("Opening …")
        )

    def _on_opened(self, info: SourceInfo) -> None:
        self._dismiss_messages()
        if info.path is not None:
            self.context.remember_folder(str(info.path))
        if info.kind in _REMEMBERED:
            spec = info.spec if "://" in info.spec else str(Path(info.spec).absolute())
            self._settings.add_recent(spec)
            self.picker.set_recent(self._settings.recent)
        self.picker.show_source(info.kind.value, info.title, info.spec)

    def _on_failed(self, error: UvanetError) -> None:
        canvas = self.context.slots.canvas
        if self.context.session.info is None:
            hint = tr("Choose a source, or drop a video here.")
            canvas.show_message(tr("Nothing to show"), hint)
            self.picker.show_source("camera", tr("Choose a source"), "")
        elif canvas.has_picture:
            canvas.show_message("")
        self._dismiss_messages()
        other = tr("Choose another source")
        self.context.messages.notify("error", error.message, error.hint, other, _TOPIC)

    def _on_stalled(self, seconds: float) -> None:
        messages, info = self.context.messages, self.context.session.info
        if self._told_stall:
            return
        if not seconds:
            messages.dismiss_topic(_STALL)
            return
        if info is None or info.live:
            hint = tr("Check the cable or the network; playback resumes with the next picture.")
        else:
            hint = tr("Check the disk or the share; playback resumes with the next picture.")
        messages.notify(
            "warning",
            tr("{title} has sent no picture for {seconds:.0f} seconds.").format(
                title=redact(info.title if info else ""), seconds=seconds
            ),
            hint,
            tr("Choose another source"),
            _STALL,
        )

    def _on_status(self, status: SourceStatus) -> None:
        messages, info = self.context.messages, self.context.session.info
        name = redact_source(info.title if info else self._opening)
        self._told_stall = status.condition is SourceCondition.STALLED
        if status.condition is SourceCondition.RECONNECTING:
            # An error of earlier attempts, which the user stopped, would hide the new message.
            for topic in (_TOPIC, _STALL, _QUALITY):
                messages.dismiss_topic(topic)
            if info is None:
                # It is a camera: streams are reconnected only after they have opened once.
                self.picker.show_source(SourceKind.CAMERA.value, name or tr("Camera"), "")
            self._retry.show_status(status)
            return
        if self._retry.active:
            self._retry.clear()
            messages.notify("info", tr("{name} is connected again.").format(name=name))
        if status.condition is SourceCondition.OK:
            messages.dismiss_topic(_STALL)
            messages.dismiss_topic(_QUALITY)
            return
        topic = _STALL if status.condition is SourceCondition.STALLED else _QUALITY
        other = tr("Choose another source")
        messages.notify("warning", status.problem, status.hint, other, topic)

    def _dismiss_messages(self) -> None:
        self._told_stall = False
        self._retry.clear()
        for topic in (_TOPIC, _STALL, _QUALITY):
            self.context.messages.dismiss_topic(topic)

    def _on_acted(self, topic: str) -> None:
        if topic == RetryNotice.TOPIC:
            self.context.session.give_up_reconnecting()
        elif topic in (_TOPIC, _STALL, _QUALITY):
            self.choose_source()
