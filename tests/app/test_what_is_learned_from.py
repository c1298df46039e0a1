"""What a student learns from: folders, recordings and live scenes."""

from __future__ import annotations

import pytest
from training_kit import write_cut, write_gaze
from window_bench import FakeCamera

from app.features.training.feature import Training
from app.features.training.training_data import recordings_folder, sweep_recordings
from uvanet.user_models import runs_folder


def test_the_folder_is_surveyed_at_once(studio, squares, tmp_path):
    studio.trigger("train")
    setup = studio.feature.dialog("distill").setup
    setup.learn.folder.set_path(str(squares.parent))
    studio.until(lambda: "Videos: 1" in setup.learn.facts.text())
    assert "MB" in setup.learn.facts.text()
    assert setup.go.isEnabled()
    setup.learn.folder.set_path("/no/such/folder")
    studio.until(lambda: "/no/such/folder" in setup.learn.facts.text())
    (tmp_path / "empty").mkdir()
    setup.learn.folder.set_path(str(tmp_path / "empty"))
    studio.until(lambda: "nothing to learn" in setup.problem.text())
    assert not setup.go.isEnabled()
    # A published set says which part of it is missing.
    setup.learn.kind.setCurrentIndex(setup.learn.kind.findData("avs1k"))
    studio.until(lambda: "trainSet" in setup.learn.facts.text())
    assert not setup.go.isEnabled()
    assert not setup.learn.record.isVisibleTo(setup)
    setup.how.setCurrentIndex(1)
    assert "quick fine-tune" in setup.problem.text()
    setup.learn.kind.setCurrentIndex(0)
    # Coupled distillation asks for gaze.
    setup.how.setCurrentIndex(1)
    setup.learn.folder.set_path(str(squares.parent))
    setup.gaze.folder.set_path("")
    assert "gaze data" in setup.problem.text()
    setup.gaze.folder.set_path(str(tmp_path))
    studio.until(lambda: "fixations" in setup.problem.text())
    setup.gaze.folder.set_path(str(write_gaze(tmp_path / "gaze")))
    studio.until(lambda: "Pictures with gaze" in setup.gaze.facts.text())
    assert "MB of disk" in setup.gaze.facts.text()
    assert setup.go.isEnabled(), setup.problem.text()
    shortly = setup.gaze.facts.text()
    setup.epochs.setValue(10 * setup.epochs.value())
    assert setup.gaze.facts.text() != shortly
    assert setup.epochs.isVisibleTo(setup.advanced.inner)
    assert not setup.steps.isVisibleTo(setup.advanced.inner)
    # Those that ship label, or a file of one's own, or teachers made from the gaze.
    words = setup.request().arguments
    assert words[words.index("--spatial") + 1] == "teacher-spatial"
    assert words[words.index("--temporal") + 1] == "teacher-temporal"
    own = str(tmp_path / "mine.onnx")
    setup.spatial.choose(own)
    words = setup.request().arguments
    assert words[words.index("--spatial") + 1] == own
    setup.make.setChecked(True)
    assert not {"--spatial", "--temporal"} & set(setup.request().arguments)
    assert not setup.spatial.isVisibleTo(setup.advanced.inner)
    assert "First both teachers are made" in setup.gaze.facts.text()


def test_a_broken_video_is_told_before(studio, squares, tmp_path):
    studio.trigger("train")
    setup = studio.feature.dialog("distill").setup
    folder = tmp_path / "mine"
    folder.mkdir()
    write_cut(folder / "half.mp4", squares)
    (folder / "words.mp4").write_text("no video")
    setup.learn.folder.set_path(str(folder))
    studio.until(lambda: "half.mp4" in setup.learn.facts.text())
    assert "learned up to there (1)" in setup.learn.facts.text()
    assert "left out (1): words.mp4" in setup.learn.facts.text()


def test_what_is_seen_now_is_recorded_and_learned(studio, home):
    studio.trigger("train")
    setup = studio.feature.dialog("distill").setup
    setup.learn.seconds.setRange(1, 3600)
    setup.learn.seconds.setValue(2)
    # Begun, and thought better of: nothing is left.
    setup.learn.record.click()
    studio.until(lambda: setup.learn.bar.isVisible())
    (begun,) = recordings_folder().iterdir()
    assert begun.stat().st_mode & 0o077 == 0
    setup.learn.record.click()
    assert not begun.exists()
    setup.learn.record.click()
    studio.until(lambda: bool(setup.learn.survey))
    # Another look for what windows left takes nothing of this one.
    sweep_recordings()
    assert setup.learn.path == setup.learn.recorded
    assert setup.learn.keep.isVisible()
    assert setup.learn.survey.pictures > 16
    setup.steps.setValue(20)
    assert setup.go.isEnabled(), setup.problem.text()
    setup.go.click()
    studio.until(lambda: studio.feature.busy)
    run = studio.feature.run
    studio.until(lambda: studio.feature.run is None)
    assert run.outcome.state == "done", run.outcome
    # The frames went with the run.
    assert not list(recordings_folder().iterdir())


def test_what_was_recorded_and_never_learned_goes_with_the_window(studio, home):
    studio.trigger("train")
    learn = studio.feature.dialog("distill").setup.learn
    learn.seconds.setRange(1, 3600)
    learn.seconds.setValue(1)
    learn.record.click()
    studio.until(lambda: bool(learn.survey))
    assert list(recordings_folder().iterdir())
    studio.window.close()
    studio.until(lambda: not studio.window.isVisible())
    assert not list(recordings_folder().iterdir())


def test_a_live_scene_is_recorded_in_private_and_deleted(launch, teacher, home, monkeypatch):
    camera = FakeCamera()
    monkeypatch.setattr("uvanet.sources.make_source", lambda _: camera)
    bench = launch("camera:fake")
    bench.until(lambda: bench.presenter.overlay_seen)
    bench.settings.training_teacher = str(teacher)
    feature = bench.find(Training)
    bench.trigger("adapt_scene")
    dialog = feature.dialog("adapt")
    monkeypatch.setattr(type(dialog.setup), "seconds", 2.0)
    started = []
    monkeypatch.setattr(type(feature), "start", lambda _, *what: started.append(what))
    dialog.setup.go.click()
    assert feature.scene.active
    bench.until(lambda: "Watching" in feature.status.text())
    # A change of mind leaves nothing.
    (folder,) = runs_folder().glob("*")
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "frames").stat().st_mode & 0o077 == 0
    dialog.view.stop.click()
    assert not feature.scene.active
    assert not folder.exists()
    dialog.setup.go.click()
    bench.until(lambda: started)
    ((request, folder),) = started
    assert "--recording" in request.arguments
    frames = list((folder / "frames").iterdir())
    assert len(frames) >= 4
    assert all(path.stat().st_mode & 0o077 == 0 for path in frames)
    assert {path.name[9:] for path in frames} == {"-now.jpg", "-before.jpg"}
    # The source goes while it watches: nothing is left.
    dialog.show_setup()
    dialog.setup.go.click()
    bench.until(lambda: "Watching" in feature.status.text())
    bench.session.switched.emit()
    assert not feature.scene.active
    assert "nothing was learned" in bench.banner.message
    camera.free.set()


def test_adapt_learns_what_is_seen_not_the_beginning(studio, monkeypatch):
    started = []
    monkeypatch.setattr(type(studio.feature), "start", lambda _, request: started.append(request))
    studio.pause()
    studio.seek(1.5)
    studio.trigger("adapt_scene")
    setup = studio.feature.dialog("adapt").setup
    setup.data.set_path("/some/gaze")
    setup.go.click()
    (request,) = started
    assert request.arguments[request.arguments.index("--data") + 1] == "/some/gaze"
    assert studio.settings.training_data == "/some/gaze"
    begin_at = float(request.arguments[request.arguments.index("--begin") + 1])
    assert begin_at == pytest.approx(1.5, abs=0.05)
