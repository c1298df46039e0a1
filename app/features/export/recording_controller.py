"""Records the current live source; saves and exports the recordings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from app.features.export.job_builder import ExportJobBuilder
from app.features.export.live_recording import LiveRecording
from app.features.export.options import file_stem
from app.features.export.settings import ExportSettings
from app.shell.context import FeatureContext
from app.shell.removal import move_to_trash
from app.ui.i18n import tr
from app.ui.time_text import clock_text
from uvanet.analysis import Region
from uvanet.errors import UvanetError
from uvanet.sources.base import SourceInfo

_TICK_MS = 500
# Topics of the buttons of the message about a saved recording.
_SHOW, _OPEN, _EXPORT = "recording show", "recording open", "recording export"
_DELETE = "recording delete"
_KEEP = "recording keep"  # topic of the message that no replay is kept


class SourceView(NamedTuple):
    """Data of a live source that its export needs, even after another source was opened.

    Attributes:
        number: Number of the source in the session.
        title: Title of the source.
        regions: Regions of interest of the source.
    """

    number: int
    title: str
    regions: tuple[Region, ...]


class RecordingController(QObject):
    """Starts, ends and saves recordings. A recording ends when another source is opened.

    Args:
        context: The parts of the program.
        builder: Adds exports to the queue.
        parent: Parent object.

    Signals:
        changed: A recording started, progressed or ended.
    """

    changed = Signal()

    def __init__(self, context: FeatureContext, builder: ExportJobBuilder, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._builder = builder
        self._settings = context.settings.section(ExportSettings)
        self._recorded: SourceView | None = None
        self._saved: tuple[SourceView, Path] | None = None  # the newest recording
        context.messages.acted.connect(self._on_acted)
        session = context.session
        self.live = LiveRecording(session, context.jobs, lambda: builder.folder, self)
        self.live.failed.connect(self._on_failed)
        self.live.split.connect(self._on_split)
        self.live.recovered.connect(self._on_recovered)
        self._tick = QTimer(self)
        self._tick.setInterval(_TICK_MS)
        self._tick.timeout.connect(self.changed)
        session.opened.connect(self._on_opened)
        session.switched.connect(self._on_switched)
        session.regions_changed.connect(self._on_regions_changed)

    @property
    def unfinished(self) -> bool:
        """Whether a recording is active or being saved."""
        return self.live.recording or self.live.saving

    @property
    def time_text(self) -> str:
        """Duration of the active recording, such as 0:12; empty without one."""
        return clock_text(self.live.seconds) if self.live.recording else ""

    @property
    def losses(self) -> list[str]:
        """Sentences about frames that the active recording has lost; empty without losses."""
        losses = []
        missed, damaged = self.live.missed, self.live.damaged
        if self.live.slow_part == "disk":
            text = tr("{count} frames were dropped: the disk was too slow.")
            if missed == 1:
                text = tr("1 frame was dropped: the disk was too slow.")
            losses.append(text.format(count=missed))
        elif self.live.slow_part == "encoder":
            text = tr("{count} frames were dropped: encoding was too slow.")
            if missed == 1:
                text = tr("1 frame was dropped: encoding was too slow.")
            losses.append(text.format(count=missed))
        if damaged == 1:
            losses.append(tr("1 frame came damaged from the source."))
        elif damaged:
            text = tr("{count} frames came damaged from the source.")
            losses.append(text.format(count=damaged))
        return losses

    def current_view(self) -> SourceView | None:
        """Returns the current live source; None without one."""
        session = self._context.session
        if session.info is None or not session.info.live:
            return None
        return SourceView(session.source_number, session.info.title, session.regions)

    def start(self) -> None:
        """Starts to record the current live source."""
        view = self.current_view()
        if view is not None and not self.live.recording:
            self._recorded = view
            self.live.record(view.title)
            self._tick.start()
            self.changed.emit()

    def finish(self) -> None:
        """Ends the recording and saves it."""
        if not self.live.recording or self._recorded is None:
            return
        self._tick.stop()
        if losses := self.losses:
            hints = {
                "disk": tr("Choose a folder of exports on a faster disk."),
                "encoder": tr("A smaller camera format takes less time to encode."),
                None: tr("Check the cable or the connection of the source."),
            }
            self._context.messages.notify("warning", " ".join(losses), hints[self.live.slow_part])
        view, self._recorded = self._recorded, None
        self.live.finish(partial(self._on_saved, view), self._context.show_error)
        if not self._settings.keep:
            self.live.stop()
        self.changed.emit()

    def save_last(self, done: Callable[[SourceView, Path], None]) -> None:
        """Saves the last half minute; `done` receives the source and the file."""
        view = self.current_view()
        if view is not None and not (self._settings.keep or self.live.recording):
            self._context.messages.notify(
                "info",
                tr("The last 30 seconds were not kept."),
                tr("Keeping them writes to the disk while a camera, screen or stream plays."),
                button=tr("Keep from now on"),
                topic=_KEEP,
            )
        elif view is not None:
            self.live.save_last(view.title, partial(done, view), self._context.show_error)

    def export_last(self) -> None:
        """Exports the last half minute without a dialog."""
        self.save_last(partial(self._export, recording=True))

    def set_keep(self, keep: bool) -> None:
        """Keeps the last half minute of live sources from now on, or only recordings."""
        self._settings.keep = keep
        if keep and self.current_view() is not None:
            self.live.start()
        elif not keep and not self.live.recording:
            self.live.stop()

    def close(self, timeout: float) -> bool:
        """Ends everything when the program quits; see `LiveRecording.close`."""
        self._tick.stop()
        return self.live.close(timeout)

    def _export(self, view: SourceView, path: Path, *, recording: bool = False) -> None:
        """Exports a file with the heat map; `recording` deletes the file after the export."""
        self._builder.add(
            str(path),
            self._builder.recording_options(),
            self._builder.folder / file_stem(view.title, dated=True),
            regions=view.regions,
            recording=recording,
        )

    def _on_saved(self, view: SourceView, path: Path) -> None:
        self._saved = view, path
        self._context.messages.notify(
            "done",
            tr("Saved {name}.").format(name=path.name),
            str(path.parent),
            button=tr("Show"),
            topic=_SHOW,
            more=[
                (tr("Open here"), _OPEN),
                (tr("Export with heat"), _EXPORT),
                (tr("Delete"), _DELETE),
            ],
        )

    def _on_acted(self, topic: str) -> None:
        if topic == _KEEP:
            self._context.messages.dismiss_topic(_KEEP)
            self._context.actions.trigger("keep_last")
        if self._saved is None or topic not in (_SHOW, _OPEN, _EXPORT, _DELETE):
            return
        view, path = self._saved
        self._context.messages.dismiss_topic(_SHOW)
        if topic == _SHOW:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))
        elif topic == _OPEN:
            self._context.session.open(str(path))
        elif topic == _DELETE:
            change, question = tr("delete recording"), tr("Delete recording")
            move_to_trash(self._context, path, path.name, change, question)
        else:
            self._export(view, path)

    def _on_opened(self, info: SourceInfo) -> None:
        if info.live and self._settings.keep:
            self.live.start()

    def _on_switched(self) -> None:
        self.finish()
        self.live.stop()

    def _on_regions_changed(self) -> None:
        # Only while the recorded source is open: another source has other regions.
        session, view = self._context.session, self._recorded
        if view is not None and view.number == session.source_number:
            self._recorded = view._replace(regions=session.regions)

    def _on_split(self, path: Path) -> None:
        self._context.messages.notify(
            "info",
            tr("The frame size changed: the recording continues as a second clip."),
            tr("The first clip was saved as {name}.").format(name=path.name),
        )

    def _on_recovered(self, paths: list[Path]) -> None:
        self._context.messages.notify(
            "info",
            tr("A recording that had not been saved when the program ended was recovered.")
            if len(paths) == 1
            else tr("{count} recordings were recovered.").format(count=len(paths)),
            ", ".join(str(path) for path in paths),
        )

    def _on_failed(self, error: UvanetError, kept: Path | None) -> None:
        self._tick.stop()
        self._recorded = None
        where = "" if kept is None else tr("The recording is kept as {path}.").format(path=kept)
        self._context.messages.notify("error", error.message, f"{error.hint} {where}".strip())
        self.changed.emit()
