"""What tests of exports and recordings share: dialogs, the queue, written files."""

import cv2

from app.features.export.dialog import ExportDialog
from app.features.export.feature import Export
from app.features.export.queue import ExportState
from uvanet.analysis import Region, Shape


def feature(bench):
    return bench.find(Export)


def ask(bench, name="export_clip"):
    """Triggers an action and gives its dialog."""
    bench.trigger(name)
    bench.until(lambda: any(d.isVisible() for d in bench.window.findChildren(ExportDialog)))
    return next(d for d in bench.window.findChildren(ExportDialog) if d.isVisible())


def frames_of(path):
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    count = 0
    while capture.grab():
        count += 1
    capture.release()
    return count


def wait_ended(bench, count=1):
    tasks = feature(bench).queue.tasks
    bench.until(lambda: len(tasks) >= count and all(task.ended for task in tasks))
    return tasks


def exported(bench):
    """Waits for the only export, which must be done; gives its task."""
    (task,) = wait_ended(bench)
    assert task.state == ExportState.DONE, task.message
    return task


def regions(*names):
    return [Region(name, Shape.RECTANGLE, ((0.0, 0.0), (1.0, 0.5))) for name in names]


def columns(path):
    return set(path.read_text().splitlines()[0].split(","))
