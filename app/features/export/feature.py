"""What the export's actions do."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QLabel

from app.features.export.dialog import ExportDialog, ExportRequest
from app.features.export.job_builder import ExportJobBuilder
from app.features.export.live_recording import REPLAY_SECONDS, LiveRecording
from app.features.export.options import ExportOptions, file_stem
from app.features.export.queue import ExportQueue, ExportState, ExportTask
from app.features.export.queue_card import ExportQueueCard
from app.features.export.row_text import queue_row
from app.features.export.settings import ExportSettings
from app.shell.actions import SEEKABLE, SOURCE, Menu, action
from app.shell.feature import Feature
from app.shell.quit_guard import QuitPrompt
from app.shell.settings import WindowSettings
from app.shell.slots import action_button
from app.ui.file_dialogs import ask_folder
from app.ui.i18n import tr
from app.ui.time_text import clock_text
from uvanet.sources.base import SourceKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.features.export.time_range import Span
    from app.shell.context import FeatureContext
    from uvanet.errors import UvanetError
    from uvanet.sources.base import SourceInfo

_RECORDING_TICK_MS = 500
_CARD_RANK, _BUTTON_RANK, _STATUS_RANK = 40, 40, 70


class _Film(NamedTuple):
    """What part of which length may be chosen."""

    span: Span
    duration: float | None


class Export(Feature):
    """Exports clips, of files by marks on the timeline, of live sources by recording."""

    def __init__(self, context: FeatureContext) -> None:
        super().__init__(context)
        actions, slots, session = context.actions, context.slots, context.session
        self._settings = context.settings.section(ExportSettings)
        self.queue = ExportQueue(self)
        self.queue.changed.connect(self._on_changed)
        self.queue.ended.connect(self._on_ended)
        self._orders = ExportJobBuilder(context, self.queue)
        self.live = LiveRecording(session, context.jobs, lambda: self._orders.folder, self)
        self.live.failed.connect(self._on_recording_failed)
        self.live.split.connect(self._on_split)
        self.card = ExportQueueCard()
        self.queue.removed.connect(lambda task: self.card.remove_row(task.number))
        self.card.dismissed.connect(self._on_dismissed)
        self.card.wanted.connect(self._on_wanted)
        # Queued: the panel has made room by then.
        self.card.grew.connect(lambda: slots.reveal(self.card), Qt.ConnectionType.QueuedConnection)
        self.card.hide()
        slots.add_card(self.card, _CARD_RANK)
        self._record_button = slots.add_button(actions["record"], _BUTTON_RANK)
        self._record_button.hide()
        slots.add_button(actions["export_clip"], _BUTTON_RANK)
        buttons = slots.timeline_buttons.layout()
        assert buttons is not None
        for name in ("mark_in", "mark_out"):
            buttons.addWidget(action_button(actions[name]))
        self._status = QLabel()
        self._status.setObjectName("status")
        self._status.hide()
        slots.add_status(self._status, _STATUS_RANK)
        self._tick = QTimer(self)
        self._tick.setInterval(_RECORDING_TICK_MS)
        self._tick.timeout.connect(self._show_status)
        session.opened.connect(self._on_opened)
        session.switched.connect(self._on_switched)
        actions.set_checked("keep_last", self._settings.keep)

    def unfinished(self) -> QuitPrompt | None:
        """Exports that wait or run."""
        if not (self.queue.active or self.live.saving):
            return None
        return QuitPrompt(
            tr("Clips are still being exported."),
            tr("Quitting stops the exports without a clip. Recordings are kept as videos."),
            lambda: None,
        )

    def close(self, timeout: float) -> bool:
        """See `Feature.close`; a recording that still runs is kept as a plain video."""
        self._tick.stop()
        deadline = time.monotonic() + timeout
        ended = self.queue.close(timeout / 4)
        return self.live.close(max(0.1, deadline - time.monotonic())) and ended

    # -- actions

    @action("Export clip…", Menu.EXPORT, "E", icon="export", needs=SOURCE)
    def export_clip(self) -> None:
        """Asks how, then exports the marked part; of a live source the last half minute."""
        info = self.context.session.info
        if info is None:
            return
        if info.kind is SourceKind.PICTURE:
            self.context.messages.notify(
                "info",
                tr("A single picture is saved as a snapshot."),
                self.context.actions.tip(tr("Save snapshot"), "save_snapshot"),
            )
        elif info.live:
            self.live.save_last(
                info.title, partial(self._ask_for_take, info), self.context.show_error
            )
        else:
            part = tr("I and U mark a part on the timeline, too.")
            if info.kind is SourceKind.NETWORK:
                part = tr("Without sound: save the film first to keep it.")
            stem = file_stem(info.title, dated=False)
            film = _Film(self.context.session.marks, info.duration)
            self._ask(info.title, part, stem, partial(self._export_file, info), film=film)

    @action("Export a folder of videos…", Menu.EXPORT, "Ctrl+Shift+E", icon="folder")
    def export_folder(self) -> None:
        """Asks for a folder, then how, then exports every video in it."""
        ask_folder(
            self.context.slots.window,
            self.context.settings.section(WindowSettings).folder,
            self._ask_for_folder,
            tr("Export a folder"),
        )

    @action("Mark start", Menu.EXPORT, "I", icon="mark-in", needs=SEEKABLE, group=1)
    def mark_in(self) -> None:
        """Lets the clip start at the picture that is shown."""
        packet = self.context.presenter.packet
        if packet is not None:
            self._set_marks(packet.frame.pts, self.context.session.marks[1])

    @action("Mark end", Menu.EXPORT, "U", icon="mark-out", needs=SEEKABLE, group=1)
    def mark_out(self) -> None:
        """Lets the clip end with the picture that is shown."""
        packet, info = self.context.presenter.packet, self.context.session.info
        if packet is not None and info is not None:
            period = 1 / info.fps if info.fps > 0 else 0.04
            self._set_marks(
                self.context.session.marks[0], packet.frame.pts + period, newest_end=True
            )

    @action("Clear marks", Menu.EXPORT, "Shift+I", needs=SEEKABLE, group=1)
    def clear_marks(self) -> None:
        """Takes the whole film again."""
        self._set_marks(None, None)

    @action("Record", Menu.EXPORT, "Ctrl+R", icon="record", needs=SOURCE, group=2, checkable=True)
    def record(self, on: bool) -> None:
        """Records a live source, or ends that and exports it."""
        info = self.context.session.info
        if on and info is not None and self._is_live(info):
            self.live.record(info.title)
            self._tick.start()
        elif self.live.recording and info is not None:
            self._finish_recording(info.title)
        self.context.actions.set_checked("record", self.live.recording)
        self._show_status()

    @action("Export the last 30 seconds", Menu.EXPORT, "Ctrl+L", needs=SOURCE, group=2)
    def export_last(self) -> None:
        """Exports the last half minute of a live source, the way it was done last."""
        info = self.context.session.info
        if info is not None and self._is_live(info):
            self.live.save_last(
                info.title, partial(self._export_take, info.title), self.context.show_error
            )

    @action("Keep the last 30 seconds", Menu.EXPORT, "Ctrl+E", group=2, checkable=True)
    def keep_last(self, on: bool) -> None:
        """Keeps the last half minute of live sources, or nothing unless it is recorded."""
        self._settings.keep = on
        info = self.context.session.info
        if on and info is not None and info.live:
            self.live.start()
        elif not on and not self.live.recording:
            self.live.stop()

    @action("List of exports", Menu.EXPORT, "Shift+E", group=3, checkable=True)
    def exports(self, on: bool) -> None:
        """Shows or hides the list of exports."""
        self.context.actions.set_checked("exports", on)
        self.card.setVisible(on)
        if on and not self.context.slots.panel_wanted:
            self.context.slots.set_panel_wanted(True)

    # -- asking

    def _ask(
        self,
        title: str,
        part: str,
        stem: str,
        done: Callable[[ExportOptions, Path], None],
        refused: Callable[[], None] = lambda: None,
        film: _Film | None = None,
    ) -> None:
        orders = self._orders
        request = ExportRequest(
            title,
            part,
            orders.folder,
            stem,
            orders.teachers(),
            orders.last_choice(),
            *(film or (None, None)),
        )
        dialog = ExportDialog(request, self.context.slots.window)
        dialog.chosen.connect(lambda *_: self._take_span(dialog))
        dialog.chosen.connect(
            lambda choice, base: orders.remember(choice, base.parent if stem else base)
        )
        dialog.chosen.connect(done)
        dialog.rejected.connect(refused)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _take_span(self, dialog: ExportDialog) -> None:
        span = None if dialog.span is None else dialog.span.span
        if span is not None:
            self._set_marks(*span)

    def _ask_for_take(self, info: SourceInfo, take: Path) -> None:
        part = tr("The last {seconds:.0f} seconds, without sound").format(seconds=REPLAY_SECONDS)
        self._ask(
            info.title,
            part,
            file_stem(info.title, dated=True),
            lambda choice, base: self._add_take(take, choice, base),
            lambda: take.unlink(missing_ok=True),
        )

    def _ask_for_folder(self, chosen: str) -> None:
        from uvanet.video.batch import videos_in

        folder = Path(chosen)

        def ask(videos: list[Path]) -> None:
            part = tr("{count} videos, one after the other").format(count=len(videos))
            self._ask(str(folder), part, "", partial(self._export_videos, videos))

        self.context.jobs.run(
            lambda: videos_in(folder), ask, self.context.show_error, name="folder"
        )

    # -- exporting

    def _export_file(self, info: SourceInfo, choice: ExportOptions, base: Path) -> None:
        start, end = self.context.session.marks
        arguments = [] if start is None else ["--start", f"{start:.6f}"]
        if end is not None:
            arguments += ["--end", f"{end:.6f}"]
        if info.kind is SourceKind.FOLDER:
            arguments += ["--fps", str(info.fps)]
        self._orders.add(info.spec, choice, base, arguments)

    def _export_videos(self, videos: Iterable[Path], choice: ExportOptions, folder: Path) -> None:
        for video in videos:
            base = folder / file_stem(video.name, dated=False)
            self._orders.add(str(video), choice, base)

    def _export_take(self, title: str, take: Path) -> None:
        base = self._orders.folder / file_stem(title, dated=True)
        self._add_take(take, self._orders.last_choice(), base)

    def _add_take(self, take: Path, choice: ExportOptions, base: Path) -> None:
        self._orders.add(str(take), choice, base, take=take)

    def _finish_recording(self, title: str) -> None:
        self._tick.stop()
        if self.live.missed:
            self.context.messages.notify(
                "warning",
                tr("The disk was too slow for {count} frames of the recording.").format(
                    count=self.live.missed
                ),
                tr("A faster disk, or a smaller picture of the camera, helps."),
            )
        self.live.finish(partial(self._export_take, title), self.context.show_error)
        if not self._settings.keep:
            self.live.stop()

    def _is_live(self, info: SourceInfo | None) -> bool:
        """Whether there is something to record; says what to do where there is not."""
        if info is not None and not info.live:
            self.context.messages.notify(
                "info",
                tr("Cameras, screens and streams are recorded; a film is there already."),
                self.context.actions.tip(tr("Export a part of it"), "export_clip"),
            )
        return info is not None and info.live

    # -- what happens

    def _set_marks(
        self, start: float | None, end: float | None, *, newest_end: bool = False
    ) -> None:
        if start is not None and end is not None and end <= start:
            # The mark just set counts; the other one would make an empty clip.
            start, end = (None, end) if newest_end else (start, None)
        self.context.session.set_marks(start, end)

    def _on_opened(self, info: SourceInfo) -> None:
        self.clear_marks()
        self._record_button.setVisible(info.live)
        if info.live and self._settings.keep:
            self.live.start()

    def _on_switched(self) -> None:
        if self.live.recording:
            self._finish_recording(tr("recording"))
            self.context.actions.set_checked("record", False)
            self._show_status()
        self.live.stop()

    def _on_changed(self, task: ExportTask) -> None:
        first = not self.card.rows
        self.card.show_row(queue_row(task))
        if first and self.context.slots.panel_wanted:
            self.exports(True)
        self._show_status()

    def _on_ended(self, task: ExportTask) -> None:
        banner = self.context.messages
        kept = "" if task.kept is None else _kept_words(task.kept)
        if task.state == ExportState.FAILED:
            banner.notify("error", task.message, f"{task.hint} {kept}".strip())
        elif task.state == ExportState.DONE and task.message:
            banner.notify("warning", task.message, task.hint)
        elif task.state == ExportState.DONE:
            banner.notify(
                "done", tr("Exported {name}.").format(name=task.title), str(task.outputs[0].parent)
            )
        else:
            if kept:
                banner.notify("info", kept)
            self.queue.remove(task)
        self._show_status()

    def _on_dismissed(self, number: int) -> None:
        task = self.queue.task(number)
        if task is not None and task.ended:
            self.queue.remove(task)
        elif task is not None:
            self.queue.cancel(task)

    def _on_wanted(self, number: int) -> None:
        task = self.queue.task(number)
        if task is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(task.outputs[0].parent)))

    def _on_recording_failed(self, error: UvanetError, kept: Path | None) -> None:
        self._tick.stop()
        self.context.actions.set_checked("record", False)
        self._show_status()
        words = "" if kept is None else _kept_words(kept)
        self.context.messages.notify("error", error.message, f"{error.hint} {words}".strip())

    def _on_split(self, take: Path) -> None:
        info = self.context.session.info
        self._export_take(info.title if info is not None else tr("recording"), take)
        self.context.messages.notify(
            "info",
            tr("The picture's size changed: the recording goes on as a second clip."),
            tr("What was recorded before is being exported."),
        )

    def _show_status(self) -> None:
        words = []
        if self.live.recording:
            words.append(
                tr("\N{BLACK CIRCLE} Recording {time}").format(time=clock_text(self.live.seconds))
            )
            if self.live.missed:
                words.append(tr("{count} frames missed").format(count=self.live.missed))
        running = self.queue.running
        if running is not None:
            percent = 100 * running.done / running.total if running.total else 0
            words.append(tr("Exporting {percent:.0f} %").format(percent=percent))
        self._status.setText("   ".join(words))
        self._status.setVisible(bool(words))


def _kept_words(path: Path) -> str:
    return tr("The recording is kept as {path}.").format(path=path)
