"""The widgets of the training dialogs, without a program around them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog

from app.features.training.before_after import BeforeAfter
from app.features.training.distill_form import COUPLED, DistillForm
from app.features.training.form_parts import ModelChoice
from app.features.training.run import RunResult
from app.features.training.run_curves import RunCurve
from app.features.training.run_dialog import RunDialog
from app.features.training.run_result import RunResultCard
from app.features.training.run_view import RunView
from app.ui.number_text import number_text
from uvanet.registry import list_models
from uvanet.training.data.inspect import GazeSurvey
from uvanet.training.progress import PreviewEvent


def test_a_new_run_shows_no_preview_of_the_run_before(qtbot):
    view = RunView()
    qtbot.addWidget(view)
    jpeg = cv2.imencode(".jpg", np.full((12, 16, 3), 90, np.uint8))[1].tobytes()
    view.show_event(PreviewEvent(frame=jpeg, student=jpeg, target=jpeg, target_from="gaze"))
    frame, _, target = view.preview._pictures.values()
    assert not frame.pixmap().isNull()
    assert target.accessibleName() == "Where people looked"
    view.begin()
    assert frame.pixmap().isNull()
    assert target.pixmap().isNull()


def test_a_choice_returns_to_a_listed_model_after_the_chosen_one_was_removed(qtbot):
    cards = [card for card in list_models() if card.role == "teacher"]
    choice = ModelChoice("Teacher", "", files=True)
    qtbot.addWidget(choice)
    choice.fill(cards, "teacher")
    choice.choose(cards[1].name)
    choice.fill(cards[:1], "teacher")
    file_entry = choice.count() - 1
    choice.setCurrentIndex(file_entry)
    choice.activated.emit(file_entry)
    choice.findChild(QFileDialog).reject()
    assert choice.value == cards[0].name


def test_the_window_of_a_run_gives_back_the_room_of_the_advanced_options(qtbot):
    """Progress and result stood in a window of the form's height, most of it empty."""
    dialog = RunDialog(DistillForm(), "Train a student")
    qtbot.addWidget(dialog)
    dialog.show_form()
    dialog.show()
    qtbot.waitExposed(dialog)
    height = dialog.height()
    dialog.form.advanced.button.click()
    assert dialog.height() > height
    dialog.show_progress()
    assert dialog.height() == height
    # A size that the user chose stays.
    dialog.show_form()
    dialog.form.advanced.button.click()
    dialog.resize(dialog.width(), dialog.height() + 30)
    chosen = dialog.height()
    dialog.form.advanced.button.click()
    assert dialog.height() == chosen


def test_the_axis_of_one_value_has_short_numbers(qtbot):
    curve = RunCurve("Loss", "inferred")
    qtbot.addWidget(curve)
    curve.add(1.0, 0.33969217)
    assert all(len(number_text(tick)) <= 5 for tick in curve._values.ticks)


def test_a_distillation_with_installed_teachers_needs_both(qtbot, tmp_path):
    form = DistillForm()
    qtbot.addWidget(form)
    students = [card for card in list_models() if card.role == "student"]
    form.show_models(students, "uvanet-64", "")
    form.recipe.setCurrentIndex(form.recipe.findData(COUPLED))
    form.gaze.folder.set_path(str(tmp_path))
    form.gaze.show_survey(GazeSurvey(pictures=100, room=0))
    assert "No teacher is installed" in form.problem.text()
    assert not form.start_button.isEnabled()
    form.train_teachers.setChecked(True)
    assert form.start_button.isEnabled(), form.problem.text()
    form.train_teachers.setChecked(False)
    form.spatial.choose("/models/spatial.onnx")
    assert not form.start_button.isEnabled()
    form.temporal.choose("/models/temporal.onnx")
    assert form.start_button.isEnabled(), form.problem.text()


@pytest.mark.parametrize(("after", "told"), [(2.131, True), (2.205, False), (2.3, False)])
def test_a_better_student_that_forgot_says_so(qtbot, after, told):
    """The title said "Better", and only a row of numbers said that general accuracy had fallen."""
    card = RunResultCard()
    qtbot.addWidget(card)
    report = {"verdict": "better", "forgotten": {"nss": [2.213, after]}}
    card.show_result(RunResult("done", "new.onnx", report), in_use=False)
    assert ("On other images" in card.text.text()) is told


def test_the_result_says_that_its_pictures_are_on_the_way(qtbot):
    card = RunResultCard()
    qtbot.addWidget(card)
    card.show()
    card.pictures.show_waiting()
    assert card.pictures.canvas.message
    grey = np.full((90, 160, 3), 90, np.uint8)
    card.pictures.show_comparison(BeforeAfter(grey, grey))
    assert card.pictures.canvas.has_picture
    assert card.pictures.canvas.message == ""
    card.pictures.show_comparison(None)
    assert not card.pictures.isVisible()
