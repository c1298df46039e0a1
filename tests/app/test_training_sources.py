"""What a student is trained on: folders, recordings and live scenes."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from studio_kit import finish, plays, press
from training_kit import write_cut, write_gaze
from window_bench import FakeCamera

from app.features.training.feature import Training
from app.features.training.frame_pair_writer import MAX_GAP, FramePairWriter
from app.features.training.recordings import delete_unused_recordings, recordings_folder
from app.pipeline.packets import FramePacket
from uvanet.training.data.inspect import survey


def test_a_folder_is_inspected_when_it_is_chosen(studio, squares, tmp_path):
    studio.trigger("train")
    form = studio.feature.dialog("distill").form
    form.learn.folder.set_path(str(squares.parent))
    studio.until(lambda: "Videos: 1" in form.learn.facts.text())
    assert "MB" in form.learn.facts.text()
    # One clip is enough: parts of it are held out.
    assert form.problem.text() == ""
    assert form.start_button.isEnabled()
    # What is missing is said before the start.
    form.replay.set_path("/no/such/pictures")
    assert "/no/such/pictures" in form.problem.text()
    assert not form.start_button.isEnabled()
    form.replay.set_path("")
    form.learn.show_survey(dataclasses.replace(form.learn.survey, room=1_000_000))
    assert "1 MB are free" in form.problem.text()
    few = tmp_path / "few"
    few.mkdir()
    for number in range(4):
        cv2.imwrite(str(few / f"{number}.png"), np.zeros((48, 64, 3), np.uint8))
    form.learn.folder.set_path(str(few))
    studio.until(lambda: "16 images" in form.problem.text())
    assert not form.start_button.isEnabled()
    form.learn.folder.set_path("/no/such/folder")
    studio.until(lambda: "/no/such/folder" in form.learn.facts.text())
    (tmp_path / "empty").mkdir()
    form.learn.folder.set_path(str(tmp_path / "empty"))
    studio.until(lambda: "nothing to learn" in form.problem.text())
    assert not form.start_button.isEnabled()
    # A published set says which part of it is missing.
    form.learn.kind.setCurrentIndex(form.learn.kind.findData("avs1k"))
    studio.until(lambda: "trainSet" in form.learn.facts.text())
    assert not form.start_button.isEnabled()
    assert not form.learn.record.isVisibleTo(form)
    form.recipe.setCurrentIndex(1)
    assert "Choose fine-tuning" in form.problem.text()
    form.learn.kind.setCurrentIndex(0)
    # Coupled distillation asks for gaze.
    form.recipe.setCurrentIndex(1)
    form.learn.folder.set_path(str(squares.parent))
    form.gaze.folder.set_path("")
    assert "gaze data" in form.problem.text()
    form.gaze.folder.set_path(str(tmp_path))
    studio.until(lambda: "fixations" in form.problem.text())
    form.gaze.folder.set_path(str(write_gaze(tmp_path / "gaze")))
    studio.until(lambda: "Images with gaze" in form.gaze.facts.text())
    assert "MB of disk" in form.gaze.facts.text()
    assert form.start_button.isEnabled(), form.problem.text()
    shortly = form.gaze.facts.text()
    form.epochs.setValue(100 * form.epochs.value())
    assert form.gaze.facts.text() != shortly
    assert form.epochs.isVisibleTo(form.advanced.inner)
    assert not form.steps.isVisibleTo(form.advanced.inner)
    # Those that ship label, or a file of one's own, or teachers made from the gaze.
    words = form.request().arguments
    assert words[words.index("--spatial") + 1] == "teacher-spatial"
    assert words[words.index("--temporal") + 1] == "teacher-temporal"
    own = str(tmp_path / "mine.onnx")
    form.spatial.choose(own)
    words = form.request().arguments
    assert words[words.index("--spatial") + 1] == own
    form.train_teachers.setChecked(True)
    assert not {"--spatial", "--temporal"} & set(form.request().arguments)
    assert not form.spatial.isVisibleTo(form.advanced.inner)
    assert "Both teachers are trained on them first" in form.gaze.facts.text()


def test_enter_does_not_start_a_training_on_an_unchecked_folder(studio, squares, monkeypatch):
    """Enter also pressed the default button Train while the folder was being checked."""
    started, surveys = [], []
    monkeypatch.setattr(studio.feature.controller, "start", started.append)
    studio.trigger("train")
    dialog = studio.feature.dialog("distill")
    form, line = dialog.form, dialog.form.learn.folder.line
    form.learn.inspection_requested.disconnect()
    form.learn.inspection_requested.connect(lambda *what: surveys.append(what))
    QTest.keyClicks(line, "/nonexistent/y")
    assert not form.start_button.isEnabled()
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert surveys == [("/nonexistent/y", "")]
    assert form.problem.text() == "Checking …"
    assert not form.start_button.isEnabled()
    form.recipe.setCurrentIndex(1)
    assert not form.start_button.isEnabled()
    form.recipe.setCurrentIndex(0)
    assert not started
    # What is typed after the check is unchecked again, until it is the checked path.
    form.learn.folder.set_path(str(squares.parent))
    form.learn.show_survey(survey(squares.parent, squares.parent))
    assert form.start_button.isEnabled(), form.problem.text()
    QTest.keyClicks(line, "x")
    assert not form.start_button.isEnabled()
    QTest.keyClick(line, Qt.Key.Key_Backspace)
    assert form.start_button.isEnabled()


def train(studio, form):
    """Runs a short training from a form to its end."""
    form.steps.setValue(20)
    assert form.start_button.isEnabled(), form.problem.text()
    form.start_button.click()
    studio.until(lambda: studio.feature.controller.busy)
    result = finish(studio)
    assert result.state == "done", result


def test_one_video_is_dropped_and_trained_on(studio, squares, tmp_path):
    studio.trigger("train")
    dialog = studio.feature.dialog("distill")
    form = dialog.form
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(squares))])
    what = QPointF(5, 5), Qt.DropAction.CopyAction, data
    keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entered = QDragEnterEvent(QPoint(5, 5), what[1], data, *keys)
    QApplication.sendEvent(form.learn.folder, entered)
    assert entered.isAccepted()
    QApplication.sendEvent(form.learn.folder, QDropEvent(*what, *keys))
    assert form.learn.path == str(squares)
    studio.until(lambda: "Videos: 1" in form.learn.facts.text())
    train(studio, form)
    words = tmp_path / "words.txt"
    words.write_text("no video")
    form.learn.folder.set_path(str(words))
    studio.until(lambda: "words.txt is not a video." in form.learn.facts.text())
    assert not form.start_button.isEnabled()


@pytest.mark.parametrize("kind", ["adapt", "distill"])
def test_a_training_dialog_has_a_button_that_closes_it(studio, kind):
    studio.trigger("train" if kind == "distill" else "adapt_scene")
    dialog = studio.feature.dialog(kind)
    assert dialog.isVisible()
    press(dialog, "Close")
    assert not dialog.isVisible()


def test_damaged_videos_are_reported_before_the_training(studio, squares, tmp_path):
    studio.trigger("train")
    form = studio.feature.dialog("distill").form
    folder = tmp_path / "mine"
    folder.mkdir()
    write_cut(folder / "half.mp4", squares)
    (folder / "words.mp4").write_text("no video")
    form.learn.folder.set_path(str(folder))
    studio.until(lambda: "half.mp4" in form.learn.facts.text())
    assert "Incomplete, used up to the damage (1)" in form.learn.facts.text()
    assert "not used (1): words.mp4" in form.learn.facts.text()


def test_the_current_source_is_recorded_and_trained_on(studio, home):
    plays(studio)
    studio.trigger("train")
    form = studio.feature.dialog("distill").form
    form.learn.seconds.setRange(1, 3600)
    form.learn.seconds.setValue(2)
    # A cancelled recording is deleted.
    form.learn.record.click()
    studio.until(lambda: form.learn.bar.isVisible())
    (begun,) = recordings_folder().iterdir()
    assert begun.stat().st_mode & 0o077 == 0
    form.learn.record.click()
    studio.until(lambda: not begun.exists())
    form.learn.record.click()
    studio.until(lambda: bool(form.learn.survey))
    delete_unused_recordings()
    assert form.learn.path == form.learn.recorded
    assert form.learn.keep.isVisible()
    assert form.learn.survey.enough
    studio.pause()
    train(studio, form)
    # The frames are deleted with the run.
    studio.until(lambda: not list(recordings_folder().iterdir()))


def test_an_unused_recording_is_deleted_when_the_window_closes(studio, home):
    plays(studio)
    studio.trigger("train")
    learn = studio.feature.dialog("distill").form.learn
    learn.seconds.setRange(1, 3600)
    learn.seconds.setValue(1)
    learn.record.click()
    studio.until(lambda: bool(learn.survey))
    assert list(recordings_folder().iterdir())
    studio.window.close()
    studio.until(lambda: not studio.window.isVisible())
    assert not list(recordings_folder().iterdir())


def test_a_live_scene_is_recorded_in_a_private_folder(launch, teacher, home, monkeypatch):
    camera = FakeCamera()
    monkeypatch.setattr("uvanet.sources.make_source", lambda *_, **__: camera)
    bench = launch("camera:fake")
    bench.until(lambda: bench.presenter.overlay_seen)
    bench.settings.training_teacher = str(teacher)
    feature = bench.find(Training)
    bench.trigger("adapt_scene")
    dialog = feature.dialog("adapt")
    monkeypatch.setattr(type(dialog.form), "seconds", 2.0)
    started = []
    monkeypatch.setattr(feature.controller, "start", lambda *what: started.append(what))
    dialog.form.start_button.click()
    assert feature.controller.capturing
    bench.until(lambda: "Recording" in feature.status.text())
    # A cancelled recording is deleted.
    (folder,) = recordings_folder().iterdir()
    assert folder.stat().st_mode & 0o077 == 0
    dialog.view.stop.click()
    assert not feature.controller.capturing
    bench.until(lambda: not folder.exists())
    dialog.form.start_button.click()
    bench.until(lambda: started)
    ((request,),) = started
    assert "--recording" in request.arguments
    frames = list(Path(request.arguments[0]).iterdir())
    assert len(frames) >= 4
    assert all(path.stat().st_mode & 0o077 == 0 for path in frames)
    assert {path.name[9:] for path in frames} == {"-now.jpg", "-before.jpg"}
    # Another source ends the recording.
    dialog.show_form()
    dialog.form.start_button.click()
    bench.until(lambda: "Recording" in feature.status.text())
    bench.session.switched.emit()
    assert not feature.controller.capturing
    assert "cancelled" in bench.banner.message
    camera.free.set()


def test_an_adaptation_begins_at_the_frame_on_the_canvas(studio, monkeypatch, tmp_path):
    started = []
    monkeypatch.setattr(studio.feature.controller, "start", started.append)
    studio.pause()
    studio.seek(1.5)
    studio.trigger("adapt_scene")
    form = studio.feature.dialog("adapt").form
    form.data.set_path(str(tmp_path))
    form.start_button.click()
    (request,) = started
    assert request.arguments[request.arguments.index("--data") + 1] == str(tmp_path)
    assert studio.settings.training_data == str(tmp_path)
    begin_at = float(request.arguments[request.arguments.index("--begin") + 1])
    assert begin_at == pytest.approx(1.5, abs=0.05)


def frame(t: float, epoch: int = 0) -> FramePacket:
    image = np.full((48, 64, 3), round(t * 100) % 256, np.uint8)
    return FramePacket(round(t * 30), t, t, t, round(t * 30), image, epoch)


def test_pauses_do_not_count_as_recorded(tmp_path):
    ended = threading.Event()
    writer = FramePairWriter(tmp_path, 0.1, ended.set)
    for number in range(91):  # three seconds
        writer.add(frame(number / 30))
    assert writer.seconds == pytest.approx(3)
    # Minimized for a minute, and for a moment after another seek.
    writer.add(frame(63))
    assert writer.seconds == pytest.approx(3)
    writer.add(frame(63 + MAX_GAP / 2, epoch=1))
    assert writer.seconds == pytest.approx(3)
    writer.add(frame(63.5 + MAX_GAP / 2, epoch=1))
    assert writer.seconds == pytest.approx(3.5)
    writer.close()
    assert writer.wait(60)
    assert ended.is_set()
    assert writer.written == len(list(tmp_path.glob("*-now.jpg"))) > 0


def test_any_error_of_the_writer_is_kept(tmp_path, monkeypatch):
    writer = FramePairWriter(tmp_path, 0.0, lambda: None)
    monkeypatch.setattr(writer, "_write_image", lambda *_: (_ for _ in ()).throw(MemoryError()))
    for number in range(30):
        writer.add(frame(number / 30))
    writer.close()
    assert writer.wait(60)
    assert isinstance(writer.error, MemoryError)


def test_too_few_frame_pairs_start_no_training(launch, teacher, monkeypatch):
    camera = FakeCamera()
    monkeypatch.setattr("uvanet.sources.make_source", lambda *_, **__: camera)
    bench = launch("camera:fake")
    bench.until(lambda: bench.presenter.overlay_seen)
    bench.settings.training_teacher = str(teacher)
    feature = bench.find(Training)
    bench.trigger("adapt_scene")
    dialog = feature.dialog("adapt")
    # Fewer than the least number of pairs, each of which takes some time of the scene.
    monkeypatch.setattr(type(dialog.form), "seconds", 0.3)
    monkeypatch.setattr("app.features.training.scene_recorder.MAX_PAIRS", 2)
    dialog.form.start_button.click()
    bench.until(lambda: "frame pairs were recorded" in bench.banner.message)
    assert not feature.controller.busy
    bench.until(lambda: not list(recordings_folder().iterdir()))
    camera.free.set()


def test_what_an_adaptation_lacks_is_said_before_the_start(studio, monkeypatch, tmp_path):
    studio.trigger("adapt_scene")
    form = studio.feature.dialog("adapt").form
    assert form.start_button.isEnabled(), form.problem.text()
    assert "lasts 2 s; all of it is used" in form.length.text()
    form.data.set_path("/no/gaze")
    assert "/no/gaze" in form.problem.text()
    form.data.set_path("")
    assert form.start_button.isEnabled()
    info = studio.session.info
    form.show_source(info, 5_000_000)
    assert "5 MB are free" in form.problem.text()
    form.show_source(dataclasses.replace(info, duration=0.5), 0)
    assert "too short" in form.problem.text()
    form.show_source(None, 0)
    assert "choose a source first" in form.problem.text()
    assert not form.start_button.isEnabled()
