"""Text of the rows in the list of exports."""

from __future__ import annotations

from app.features.export.queue import ExportState, ExportTask
from app.features.export.queue_card import QueueRow
from app.ui.i18n import tr
from app.ui.number_text import percent_text
from app.ui.time_text import clock_text

_SEPARATOR = "  \N{MIDDLE DOT}  "


def queue_row(task: ExportTask) -> QueueRow:
    """Returns the content of the row of an export."""
    match task.state:
        case ExportState.WAITING:
            return QueueRow(task.number, task.title, tr("Waiting"), 0.0)
        case ExportState.FAILED:
            tip = f"{task.message} {task.hint}".strip()
            return QueueRow(task.number, task.title, task.message, level="error", tip=tip)
        case ExportState.DONE:
            frames = tr("{count} frames") if task.done != 1 else tr("1 frame")
            text = task.message or frames.format(count=task.done)
            level = "warning" if task.message else "done"
            return QueueRow(task.number, task.title, text, level=level, tip=task.message)
    if not task.done:
        return QueueRow(task.number, task.title, tr("Starting …"), 0.0)
    parts = [tr("{fps:.0f} frames/s").format(fps=task.fps)]
    share = None
    if task.total:
        share = min(1.0, task.done / task.total)
        parts.insert(0, percent_text(share))
    if task.left is not None:
        parts.append(tr("{time} left").format(time=clock_text(task.left + 0.5)))
    return QueueRow(task.number, task.title, _SEPARATOR.join(parts), share)
