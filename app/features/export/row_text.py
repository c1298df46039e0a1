"""How exports are put into words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.features.export.queue import DONE, FAILED, WAITING
from app.features.export.queue_card import QueueRow
from app.features.playback.transport import clock_text
from app.ui.i18n import tr

if TYPE_CHECKING:
    from app.features.export.queue import ExportTask


def line_of(task: ExportTask) -> QueueRow:
    """What the list shows of an export."""
    if task.state == WAITING:
        return QueueRow(task.number, task.title, tr("waits"), 0.0)
    if task.state == FAILED:
        tip = f"{task.message} {task.hint}".strip()
        return QueueRow(task.number, task.title, task.message, level="error", tip=tip)
    if task.state == DONE:
        words = tr("{count} frames").format(count=task.done)
        level = "warning" if task.message else "done"
        return QueueRow(
            task.number, task.title, task.message or words, level=level, tip=task.message
        )
    if not task.done:
        return QueueRow(task.number, task.title, tr("starts …"), 0.0)
    words = tr("{fps:.0f} frames/s").format(fps=task.fps)
    part = None
    if task.total:
        part = task.done / task.total
        words = f"{part * 100:.0f}\N{NO-BREAK SPACE}%  \N{MIDDLE DOT}  {words}"
    if task.left is not None:
        left = tr("{time} left").format(time=clock_text(task.left + 0.5))
        words = f"{words}  \N{MIDDLE DOT}  {left}"
    return QueueRow(task.number, task.title, words, part)
