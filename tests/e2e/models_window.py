"""Walks through models, a training on one clip and a recording; see walk_window.py.

With a fourth argument, no-training, it only looks at the training's form.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from walk_window import Walk, run

# isort: split
from training_kit import write_scene, write_teacher

from app.features.export.feature import Export
from app.features.models.feature import Models
from app.features.models.model_table import SPEED, USE
from app.features.training.feature import Training
from app.features.training.settings import TrainingSettings


def models(walk: Walk) -> None:
    """Sorts the list, measures one model, tries a file and uses another model."""
    walk.trigger("choose_models")
    dialog = walk.find(Models).dialog
    assert dialog is not None
    walk.until(lambda: "uvanet-64" in dialog.table.names)
    dialog.measure_wanted.emit(["uvanet-32"])
    walk.until(lambda: dialog.table.cell("uvanet-32", SPEED).endswith(" ms"))
    dialog.table.sort_by("talk nss")
    walk.keep("models")
    teacher = str(write_teacher(walk.folder / "green.onnx"))
    walk.find(Models).try_file(teacher)
    page = dialog.onnx
    walk.until(lambda: page.teacher_button.isEnabled() or page.status.text())
    page.std_line.setText("0")
    walk.keep("onnx")
    page.left.emit()
    dialog.table.select("uvanet-32")
    dialog.use_button.click()
    walk.until(lambda: dialog.table.cell("uvanet-32", USE) == "live")
    dialog.close()
    walk.trigger("undo")
    walk.until(lambda: walk.session.student.choice != "uvanet-32")


def training(walk: Walk) -> None:
    """Adapts to a scene on which a student learns much at once, and looks at the result."""
    write_scene(walk.folder / "squares.mp4")
    walk.open_file("squares.mp4")
    walk.pause()
    settings = walk.program.settings.section(TrainingSettings)
    settings.teacher, settings.background = str(walk.folder / "green.onnx"), False
    settings.steps = 10
    walk.trigger("adapt_scene")
    feature = walk.find(Training)
    dialog = feature.dialog("adapt")
    walk.keep("training-form")
    if "no-training" in sys.argv:
        dialog.close()
        return
    dialog.form.start_button.click()
    walk.until(lambda: feature.controller.running)
    walk.until(lambda: dialog.view.loss.points)
    walk.keep("training")
    walk.until(lambda: feature.controller.result is not None)
    card = dialog.result_card
    walk.until(lambda: card.isVisible())
    assert feature.controller.result is not None
    assert feature.controller.result.model  # better: the pictures of both are shown
    walk.until(lambda: card.pictures.canvas.has_picture)
    walk.keep("result")
    dialog.close()


def recording(walk: Walk) -> None:
    """Records the screen."""
    walk.session.open("screen:1")
    walk.until(lambda: walk.session.info is not None and walk.session.info.live)
    walk.until(lambda: walk.find(Export).recording.current_view() is not None)
    walk.trigger("record")
    walk.until(lambda: walk.find(Export).recording.time_text not in ("", "0:00"))
    walk.keep("recording")
    walk.trigger("record")
    walk.until(lambda: walk.window.banner.buttons[3].text())  # of the saved recording
    walk.keep("recorded")


if __name__ == "__main__":
    run(models, training, recording)
