"""Exports clips of files, pictures and reports on a queue; records live sources."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices

from app.features.export.cancelled import CancelledExports
from app.features.export.job_builder import ExportJobBuilder
from app.features.export.live_recording import CLEAN_UP_MS
from app.features.export.preferences import export_preferences
from app.features.export.questions import ExportQuestions
from app.features.export.queue import ExportQueue, ExportState, ExportTask
from app.features.export.queue_card import ExportQueueCard
from app.features.export.recording_controller import RecordingController
from app.features.export.report import ask_report
from app.features.export.row_text import queue_row
from app.features.export.settings import ExportSettings
from app.shell.actions import SOURCE, Menu, MenuActions
from app.shell.context import FeatureContext
from app.shell.feature import Feature, Preference
from app.shell.quit_guard import QuitPrompt
from app.ui.build import label
from app.ui.controls import SteadyLabel
from app.ui.file_dialogs import ask_folder
from app.ui.i18n import tr
from app.ui.icons import icon
from uvanet.sources.base import SourceInfo

action = MenuActions(Menu.FILE)

_CARD_RANK, _BUTTON_RANK, _STATUS_RANK = 40, 40, 70


class Export(Feature):
    """The actions, dialogs and messages of exports, recordings and reports."""

    def __init__(self, context: FeatureContext) -> None:
        super().__init__(context)
        actions, slots, session = context.actions, context.slots, context.session
        self.card = ExportQueueCard()
        self.queue = ExportQueue(self)
        self.queue.changed.connect(self._on_task_changed)
        self.queue.ended.connect(self._on_task_ended)
        self.queue.removed.connect(lambda task: self.card.remove_row(task.number))
        self._cancelled = CancelledExports(context, self.queue, CLEAN_UP_MS, self)
        self.builder = ExportJobBuilder(context, self.queue)
        self.ask = ExportQuestions(context, self.builder)
        self.recording = RecordingController(context, self.builder, self)
        self.recording.changed.connect(self._on_recording_changed)
        self.card.dismissed.connect(self._on_dismissed)
        self.card.folder_requested.connect(self._open_folder)
        # Queued, so that the panel has its new layout.
        self.card.resized.connect(
            lambda: slots.panel.ensureWidgetVisible(self.card), Qt.ConnectionType.QueuedConnection
        )
        self.card.hide()
        slots.add_card("exports", self.card, _CARD_RANK)
        self._record_button = slots.add_button(actions["record"], _BUTTON_RANK)
        self._record_button.hide()
        actions["record"].setIcon(icon("record", "error", on="error"))
        self._time = SteadyLabel()
        self._time.setObjectName("recording")
        self._time.setToolTip(tr("Length of the recording"))
        self._time.hide()
        slots.add_button(self._time, _BUTTON_RANK)
        slots.add_button(actions["export_clip"], _BUTTON_RANK)
        slots.add_button(actions["report"], _BUTTON_RANK)
        self._status = label("", "status")
        self._status.hide()
        slots.add_status(self._status, _STATUS_RANK)
        session.opened.connect(self._on_opened)
        actions.set_checked("keep_last", context.settings.section(ExportSettings).keep)

    def unfinished(self) -> QuitPrompt | None:
        """The question to ask during a recording, or while exports wait or run."""
        if self.recording.unfinished:
            return QuitPrompt(
                tr("A recording is running or being saved."),
                tr("Quitting ends it and keeps it as a video in the folder of the exports."),
                self.recording.finish,
                stopped=lambda: not self.recording.unfinished,
            )
        if self.queue.active:
            return QuitPrompt(
                tr("Clips are still being exported."),
                tr("Quitting cancels the exports. Recordings are kept as videos."),
                self._cancelled.accept,
            )
        return None

    def close(self, timeout: float) -> bool:
        """Cancels exports, which the next start reports, and saves an active recording."""
        deadline = time.monotonic() + timeout
        ended = self._cancelled.close(timeout / 8)
        ended = self.queue.close(timeout / 4) and ended
        return self.recording.close(max(0.1, deadline - time.monotonic())) and ended

    def preferences(self) -> list[Preference]:
        """The preferences of exports and recordings."""
        return export_preferences(self.context, self.builder)

    # -- actions

    @action(
        "Export clip…",
        "E",
        icon="export",
        needs=SOURCE,
        group=3,
        words="save video picture movie mp4 GIF PNG CSV table contours peaks",
    )
    def export_clip(self) -> None:
        """Asks for options, then exports the marked part, the pictures or the last 30 seconds."""
        info = self.context.session.info
        if info is None:
            return
        if info.live:
            self.recording.save_last(self.ask.for_recording)
        elif not info.plays:
            self.ask.for_pictures(info)
        else:
            self.ask.for_part(info)

    @action(
        "Export a folder of videos…",
        "Ctrl+Shift+E",
        icon="folder",
        group=3,
        words="batch several videos all",
    )
    def export_folder(self) -> None:
        """Asks for a folder and for options, then exports every video in the folder."""
        ask_folder(
            self.context.slots.window,
            self.context.folder,
            self.ask.for_folder,
            tr("Export a folder"),
        )

    @action(
        "Report…",
        "Ctrl+Shift+R",
        icon="report",
        needs=SOURCE,
        group=3,
        words="PDF HTML document summary send share print",
    )
    def report(self) -> None:
        """Asks for a file, then writes a report about the source."""
        ask_report(self.context, self.builder)

    @action(
        "Record",
        "Ctrl+R",
        icon="record",
        needs=SOURCE,
        group=4,
        checkable=True,
        words="recording capture save live",
    )
    def record(self, on: bool) -> None:
        """Starts to record the live source, or ends the recording and saves it."""
        if not on:
            self.recording.finish()
        elif self._is_live():
            self.recording.start()
        self._on_recording_changed()

    @action(
        "Export the last 30 seconds", "Ctrl+L", needs=SOURCE, group=4, words="replay save recording"
    )
    def export_last(self) -> None:
        """Exports the last half minute of the live source without a dialog."""
        if self._is_live():
            self.recording.export_last()

    @action("Keep the last 30 seconds", "Ctrl+E", group=4, checkable=True, words="replay buffer")
    def keep_last(self, on: bool) -> None:
        """Keeps the last half minute of live sources on disk, or only recordings."""
        self.recording.set_keep(on)

    @action("List of exports", "Shift+E", group=3, checkable=True, words="queue progress")
    def exports(self, on: bool) -> None:
        """Shows or hides the list of exports."""
        slots = self.context.slots
        if on or not slots.panel.isVisible():  # the list is shown, but nobody can see it
            slots.show_card(self.card)
        else:
            self.card.hide()
        self.context.actions.set_checked("exports", not self.card.isHidden())

    def _is_live(self) -> bool:
        """Returns whether the source is live; otherwise tells the user what to do instead."""
        info = self.context.session.info
        if info is not None and not info.live:
            self.context.messages.notify(
                "info",
                tr("Only cameras, screens and streams can be recorded."),
                self.context.actions.tip(tr("Export a part of the video"), "export_clip"),
            )
        return info is not None and info.live

    # -- events

    def _on_opened(self, info: SourceInfo) -> None:
        self._record_button.setVisible(info.live)

    def _on_recording_changed(self) -> None:
        self.context.actions.set_checked("record", self.recording.live.recording)
        time = self.recording.time_text
        self._time.setText(time)
        self._time.setVisible(bool(time))
        self._show_status()

    def _on_task_changed(self, task: ExportTask) -> None:
        first = not self.card.rows
        self.card.show_row(queue_row(task))
        if first and self.context.slots.panel_enabled:
            self.card.show()
            self.context.actions.set_checked("exports", True)
        self._show_status()

    def _on_task_ended(self, task: ExportTask) -> None:
        messages, kept = self.context.messages, ""
        if task.kept is not None:
            kept = tr("The recording is kept as {path}.").format(path=task.kept)
        match task.state:
            case ExportState.FAILED:
                messages.notify("error", task.message, f"{task.hint} {kept}".strip())
            case ExportState.DONE if task.message:
                messages.notify("warning", task.message, task.hint)
            case ExportState.DONE:
                done = tr("Exported {name}.").format(name=task.title)
                messages.notify_saved(done, task.outputs[0])
            case _:
                if kept:
                    messages.notify("info", kept)
                self.queue.remove(task)
        self._show_status()

    def _on_dismissed(self, number: int) -> None:
        task = self.queue.task(number)
        if task is not None and task.ended:
            self.queue.remove(task)
        elif task is not None:
            self.queue.cancel(task)

    def _open_folder(self, number: int) -> None:
        task = self.queue.task(number)
        if task is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(task.outputs[0].parent)))

    def _show_status(self) -> None:
        parts = self.recording.losses if self.recording.live.recording else []
        running = self.queue.running
        if running is not None:
            percent = 100 * running.done / running.total if running.total else 0
            parts.append(tr("Exporting {percent:.0f} %").format(percent=percent))
        self._status.setText("   ".join(parts))
        self._status.setVisible(bool(parts))
