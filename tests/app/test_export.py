"""Exports from the window: marks, dialog, queue, recording; what is written is read back."""

import subprocess
import sys
import time
from pathlib import Path

import cv2
import psutil
import pytest
from PySide6.QtCore import Qt
from window_bench import PATIENCE, FakeCamera

from app.features.export.dialog import ExportDialog
from app.features.export.feature import Export
from app.features.export.options import ExportOptions, reserve_file
from app.features.export.process import ExportProcess
from app.features.export.queue import MAX_ENDED, ExportState, ExportTask
from app.features.export.time_range import read_time, time_text
from app.runtime.child_process import ChildProcess, own_environment
from uvanet import sources
from uvanet.analysis import Region, Shape
from uvanet.errors import OutputError
from uvanet.video.events import ExportDone, ExportFailed
from uvanet.video.replay_buffer import ReplayBuffer


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


def test_the_marked_part_is_exported(still, tmp_path):
    still.seek(0.5)
    still.trigger("mark_in")
    still.seek(1.0)
    still.trigger("mark_out")
    assert still.session.marks == (pytest.approx(0.5), pytest.approx(1 + 1 / 30))
    dialog = ask(still)
    assert not dialog.more_options.isVisible()
    dialog.line.setText(str(tmp_path / "cut"))
    dialog.more.click()
    dialog.extras["csv"].setChecked(True)
    still.qtbot.mouseClick(dialog.export_button, Qt.MouseButton.LeftButton)
    (task,) = wait_ended(still)
    assert task.state == ExportState.DONE, task.message
    assert frames_of(tmp_path / "cut.mp4") == 16
    assert len((tmp_path / "cut.csv").read_text().splitlines()) == 17
    assert still.banner.message == "Exported cut.mp4."
    assert still.settings.export_folder == str(tmp_path)
    assert "csv" in still.settings.export_extras
    still.trigger("clear_marks")
    assert still.session.marks == (None, None)


def test_a_mark_is_at_the_position_that_was_sought(still):
    still.session.seek(0.4)
    still.trigger("mark_in")  # before the frame is there
    assert still.session.marks == (0.4, None)
    still.session.seek(100)
    still.trigger("mark_out")
    assert still.session.marks == (0.4, pytest.approx(2 + 1 / 30))


def test_the_part_can_be_typed(still, tmp_path):
    still.seek(0.5)
    still.trigger("mark_in")
    dialog = ask(still)
    assert dialog.range.start.text() == "0:00.5"
    assert dialog.range.end.text() == "0:02"
    assert dialog.range.note.text() == "1.5 seconds"
    for start, end in (("0:00.5", "soon"), ("1.6", "0:01"), ("0:03", "0:04"), ("-1", "1")):
        dialog.range.start.setText(start)
        dialog.range.end.setText(end)
        assert not dialog.export_button.isEnabled()
        assert "1:02.5" in dialog.range.note.text()
    dialog.range.start.setText("0:01")
    dialog.range.end.setText("1,5")
    assert dialog.range.note.text() == "0.5 seconds"
    dialog.line.setText(str(tmp_path / "typed"))
    still.qtbot.mouseClick(dialog.export_button, Qt.MouseButton.LeftButton)
    (task,) = wait_ended(still)
    assert task.state == ExportState.DONE, task.message
    assert frames_of(tmp_path / "typed.mp4") == 15
    assert still.session.marks == (1.0, 1.5)
    # What nobody touched stays as it was marked, to the last digit.
    assert ask(still).span == (1.0, 1.5)


@pytest.mark.parametrize("seconds", [0.0, 3.4, 59.99, 62.5, 3723.25])
def test_times_are_read_as_they_are_written(seconds):
    assert read_time(time_text(seconds)) == pytest.approx(seconds)


def test_marks_that_would_cross_move_out_of_the_way(still):
    still.seek(1.2)
    still.trigger("mark_out")
    still.seek(1.5)
    still.trigger("mark_in")
    assert still.session.marks == (pytest.approx(1.5), None)
    still.open("demo")
    assert still.session.marks == (None, None)


def test_a_queue_runs_one_export_at_a_time_and_shows_progress(player, tmp_path):
    ours = feature(player)
    for name in ("one", "two"):
        ours.builder.add("demo", ExportOptions(), tmp_path / name)
    assert [task.state for task in ours.queue.tasks] == [ExportState.RUNNING, ExportState.WAITING]
    first, second = ours.queue.tasks
    player.until(lambda: first.done > 10 and first.left is not None)
    assert ours.card.isVisible()
    words = ours.card.rows[first.number].text.full_text
    assert "%" in words
    assert "frames/s" in words
    assert "left" in words
    assert 0 < ours.card.rows[first.number].bar.value() <= 1000
    assert "Exporting" in ours._status.text()
    ours.card.rows[first.number].cross.click()
    player.until(lambda: first.state == ExportState.CANCELLED)
    player.until(lambda: second.done > 10)
    assert first.number not in ours.card.rows
    ours.card.rows[second.number].cross.click()
    player.until(lambda: second.state == ExportState.CANCELLED)
    assert list(tmp_path.glob("*.mp4")) == []
    assert list(tmp_path.glob(".*.part")) == []
    assert ours._status.isHidden()


def test_closing_the_window_leaves_no_broken_file(launch, clip, tmp_path):
    bench = launch(clip)
    bench.until(lambda: bench.presenter.overlay_seen)
    ours = feature(bench)
    ours.builder.add("demo", ExportOptions(), tmp_path / "one")
    task = ours.queue.tasks[0]
    bench.until(lambda: task.done > 10)
    child = psutil.Process(ours.queue.process.pid)
    bench.window.close()
    bench.window.quit_guard.box.reject()
    bench.until(lambda: bench.window.quit_guard.box is None)
    assert bench.window.isVisible()
    assert child.is_running()
    bench.window.close()
    (stop,) = [b for b in bench.window.quit_guard.box.buttons() if b.text() == "Stop and quit"]
    stop.click()
    bench.until(lambda: not bench.window.isVisible())
    assert not child.is_running()
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == []


def test_a_folder_that_cannot_be_written_is_reported_and_the_next_runs(player, tmp_path, clip):
    ours = feature(player)
    ours.builder.add(str(clip), ExportOptions(), Path("/proc/nowhere/x"))
    ours.builder.add(str(clip), ExportOptions(), tmp_path / "good")
    first, second = ours.queue.tasks
    player.until(lambda: first.state == ExportState.FAILED)
    assert player.banner.level == "error"
    assert "/proc/nowhere" in player.banner.message
    player.until(lambda: second.state == ExportState.DONE)
    assert frames_of(tmp_path / "good.mp4") == 60
    assert "/proc/nowhere" in ours.card.rows[first.number].text.full_text
    ours.card.rows[first.number].cross.click()
    assert first.number not in ours.card.rows


def test_a_killed_export_is_reported_and_cleaned_up(player, tmp_path):
    ours = feature(player)
    ours.builder.add("demo", ExportOptions(), tmp_path / "one")
    (task,) = ours.queue.tasks
    player.until(lambda: task.done > 10)
    psutil.Process(ours.queue.process.pid).kill()
    player.until(lambda: task.state == ExportState.FAILED)
    assert "ended without a result" in player.banner.message
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == []


@pytest.mark.skipif(not hasattr(psutil, "RLIMIT_FSIZE"), reason="limits of Linux")
def test_a_full_disk_is_reported_and_written_frames_are_kept(player, tmp_path):
    ours = feature(player)
    ours.builder.add("demo", ExportOptions(), tmp_path / "full")
    (task,) = ours.queue.tasks
    player.until(lambda: task.done > 10)
    writing = psutil.Process(ours.queue.process.pid)
    for process in (writing, *writing.children(recursive=True)):
        # Files may not grow beyond this any more, as on a disk that is full.
        process.rlimit(psutil.RLIMIT_FSIZE, (400_000, 400_000))
    player.until(lambda: task.ended)
    assert "full.mp4" in player.banner.message
    assert "disk" in f"{player.banner.message} {player.banner.hint}"
    frame = player.frame()
    player.until(lambda: player.frame() != frame)
    kept = [path for path in tmp_path.iterdir() if path.name != "home"]
    assert kept == [tmp_path / "full.mp4"]
    assert frames_of(kept[0]) > 5


def test_a_source_that_breaks_is_kept_with_a_warning(player, clip, tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(clip.read_bytes()[: clip.stat().st_size * 4 // 5])
    feature(player).builder.add(str(broken), ExportOptions(), tmp_path / "kept")
    (task,) = wait_ended(player)
    assert task.state == ExportState.DONE, task.message
    assert player.banner.level == "warning"
    assert "broken.mp4" in player.banner.message
    assert frames_of(tmp_path / "kept.mp4") == task.done > 5


def test_a_whole_folder(player, clip, tmp_path):
    films = tmp_path / "films"
    films.mkdir()
    for name in ("a.mp4", "b.mp4"):
        (films / name).write_bytes(clip.read_bytes())
    ours = feature(player)
    ours._ask_for_folder(str(films))
    player.until(lambda: player.window.findChildren(ExportDialog))
    (dialog,) = player.window.findChildren(ExportDialog)
    dialog.line.setText(str(tmp_path))
    dialog.export_button.click()
    tasks = wait_ended(player, 2)
    assert [task.state for task in tasks] == [ExportState.DONE, ExportState.DONE]
    assert frames_of(tmp_path / "a-attention.mp4") == frames_of(tmp_path / "b-attention.mp4") == 60
    assert player.settings.export_folder == str(tmp_path)


def test_an_empty_folder_is_reported(player, tmp_path):
    (tmp_path / "films").mkdir()
    feature(player)._ask_for_folder(str(tmp_path / "films"))
    player.until(lambda: "holds no video" in player.banner.message)


@pytest.fixture
def camera(launch, monkeypatch):
    fake, real = FakeCamera(), sources.make_source
    monkeypatch.setattr(
        sources, "make_source", lambda spec, **_: fake if spec == "camera:fake" else real(spec)
    )
    bench = launch("camera:fake")
    bench.until(lambda: bench.presenter.overlay_seen)
    yield bench
    fake.free.set()


def buffered_seconds(bench):
    """How much of the live source is kept."""
    recorder = feature(bench).recording.live._recorder
    span = recorder.buffer.span if recorder is not None and recorder.buffer is not None else None
    return span[1] - span[0] if span else 0.0


def test_frames_of_a_killed_program_are_deleted_at_the_next_start(launch, clip, home):
    live = home / ".cache" / "uvanet" / "live"
    live.mkdir(parents=True)
    script = (
        "import os, sys; from pathlib import Path; import numpy as np\n"
        "from uvanet.video.replay_buffer import ReplayBuffer\n"
        "buffer = ReplayBuffer(Path(sys.argv[1]), 30)\n"
        "buffer.put(np.zeros((48, 64, 3), np.uint8), 0.0)\n"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, str(live)], env=own_environment())
    assert list(live.rglob("*.jpegs"))
    bench = launch(clip)
    bench.until(lambda: not list(live.rglob("*.jpegs")))


def test_a_recording_of_a_killed_program_is_recovered_at_the_next_start(launch, clip, home):
    live = home / ".cache" / "uvanet" / "live"
    script = (
        "import os, sys; from pathlib import Path; import numpy as np\n"
        "from uvanet.video.replay_buffer import ReplayBuffer\n"
        "buffer = ReplayBuffer(Path(sys.argv[1]), 30)\n"
        "buffer.hold(0.0, 'My camera')\n"
        "for n in range(20): buffer.put(np.zeros((48, 64, 3), np.uint8), n / 30)\n"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, str(live)], env=own_environment())
    bench = launch(clip)
    bench.until(lambda: "recovered" in bench.banner.message)
    path = Path(bench.banner.hint)
    assert path.name.startswith("My-camera")
    assert frames_of(path) == 20
    bench.until(lambda: not list(live.rglob("*.jpegs")))


def test_the_last_seconds_of_a_camera(camera, tmp_path, home):
    feature(camera)
    camera.settings.export_folder = str(tmp_path)
    camera.until(lambda: buffered_seconds(camera) > 1)
    camera.trigger("export_last")
    (task,) = wait_ended(camera)
    assert task.state == ExportState.DONE, task.message
    assert frames_of(task.outputs[0]) == task.done >= 5
    assert task.outputs[0].parent == tmp_path
    camera.until(lambda: not list(tmp_path.glob("*.mkv")))
    live = home / ".cache" / "uvanet" / "live"
    camera.window.close()
    assert list(live.iterdir()) == []


def test_the_dialog_for_a_camera_is_about_the_last_seconds(camera, tmp_path, home):
    feature(camera)
    camera.until(lambda: buffered_seconds(camera) > 0.5)
    camera.settings.export_folder = str(tmp_path)
    dialog = ask(camera)
    assert len(list(tmp_path.glob("*.mkv"))) == 1
    dialog.reject()
    assert list(tmp_path.glob("*.mkv")) == []
    dialog = ask(camera)
    dialog.line.setText(str(tmp_path / "mine.mp4"))
    dialog.presets["beside"].click()
    dialog.export_button.click()
    (task,) = wait_ended(camera)
    assert task.state == ExportState.DONE, task.message
    capture = cv2.VideoCapture(str(tmp_path / "mine.mp4"), cv2.CAP_FFMPEG)
    assert capture.get(cv2.CAP_PROP_FRAME_WIDTH) == 2 * 160 + 4
    capture.release()
    camera.until(lambda: not list(tmp_path.glob("*.mkv")))


def regions(*names):
    return [Region(name, Shape.RECTANGLE, ((0.0, 0.0), (1.0, 0.5))) for name in names]


def columns(path):
    return set(path.read_text().splitlines()[0].split(","))


def test_regions_are_columns_of_the_table(still, tmp_path):
    still.session.set_regions(regions("file", "file"))
    dialog = ask(still)
    dialog.presets["numbers"].click()
    dialog.line.setText(str(tmp_path / "n"))
    dialog.range.end.setText("0.3")
    dialog.export_button.click()
    (task,) = wait_ended(still)
    assert task.state == ExportState.DONE, task.message
    assert {"share:file", "share:file (2)"} <= columns(tmp_path / "n.csv")
    assert not task.temporary[0].exists()


def test_a_folder_is_exported_without_the_regions_of_the_source(still, clip, tmp_path):
    still.session.set_regions(regions("mine"))
    films = tmp_path / "films"
    films.mkdir()
    (films / "a.mp4").write_bytes(clip.read_bytes())
    still.settings.export_preset = "numbers"
    feature(still)._ask_for_folder(str(films))
    still.until(lambda: still.window.findChildren(ExportDialog))
    (dialog,) = still.window.findChildren(ExportDialog)
    dialog.line.setText(str(tmp_path))
    dialog.export_button.click()
    (task,) = wait_ended(still)
    assert task.state == ExportState.DONE, task.message
    assert "share:mine" not in columns(tmp_path / "a-attention.csv")


def test_a_recording_is_exported_with_the_regions_of_its_own_source(camera, clip, tmp_path):
    ours = feature(camera)
    camera.settings.export_folder = str(tmp_path)
    camera.settings.export_extras = ["csv"]
    camera.trigger("record")
    camera.session.set_regions(regions("door"))  # drawn while it is recorded
    camera.until(lambda: ours.recording.live.seconds > 1)
    camera.session.open(str(clip))
    camera.until(lambda: not ours.recording.live.recording)
    camera.session.set_regions(regions("other"))
    (task,) = wait_ended(camera)
    assert task.state == ExportState.DONE, task.message
    (table,) = (path for path in task.outputs if path.suffix == ".csv")
    assert "share:door" in columns(table)
    assert "share:other" not in columns(table)


def test_a_recording_does_not_inherit_slow_options(camera, tmp_path):
    builder = feature(camera).builder
    builder.remember(ExportOptions("teacher", "webm", "best", 720, ("csv",)), tmp_path)
    options = builder.recording_options()
    assert (options.preset, options.format) == ("overlay", "mp4")
    assert (options.quality, options.height, options.extras) == ("best", 720, ("csv",))


def test_enter_exports_after_a_preset_was_clicked(still, tmp_path):
    dialog = ask(still)
    dialog.line.setText(str(tmp_path / "entered"))
    still.qtbot.mouseClick(dialog.presets["numbers"], Qt.MouseButton.LeftButton)
    still.qtbot.keyClick(dialog.presets["numbers"], Qt.Key.Key_Return)
    (task,) = wait_ended(still)
    assert task.state == ExportState.DONE, task.message
    assert (tmp_path / "entered.csv").is_file()


def test_recording_a_camera(camera, tmp_path):
    ours = feature(camera)
    camera.settings.export_folder = str(tmp_path)
    assert ours._record_button.isVisible()
    camera.trigger("record")
    assert camera.actions["record"].isChecked()
    assert "Recording 0:00" in ours._status.text()
    camera.until(lambda: ours.recording.live.seconds > 1)
    camera.trigger("record")
    assert not camera.actions["record"].isChecked()
    (task,) = wait_ended(camera)
    assert task.state == ExportState.DONE, task.message
    assert frames_of(task.outputs[0]) == task.done >= 5


def test_another_source_ends_the_recording_and_keeps_it(camera, tmp_path, clip):
    ours = feature(camera)
    camera.settings.export_folder = str(tmp_path)
    camera.trigger("record")
    camera.until(lambda: ours.recording.live.seconds > 1)
    camera.session.open(str(clip))
    camera.until(lambda: not ours.recording.live.recording)
    (task,) = wait_ended(camera)
    assert task.state == ExportState.DONE, task.message
    assert frames_of(task.outputs[0]) == task.done >= 5
    assert not camera.actions["record"].isChecked()


def test_recording_without_the_last_half_minute(camera, tmp_path):
    ours = feature(camera)
    camera.settings.export_folder = str(tmp_path)
    camera.trigger("keep_last")
    camera.trigger("record")
    camera.until(lambda: ours.recording.live.seconds > 1.5)
    camera.trigger("record")
    (task,) = wait_ended(camera)
    assert task.state == ExportState.DONE, task.message
    assert frames_of(task.outputs[0]) == task.done >= 5
    assert ours.recording.live._recorder is None


def test_quitting_asks_about_a_recording_and_keeps_it(camera, tmp_path):
    ours = feature(camera)
    camera.settings.export_folder = str(tmp_path)
    camera.trigger("record")
    camera.until(lambda: ours.recording.live.seconds > 1)
    camera.window.close()
    assert camera.window.isVisible()
    camera.leave()
    (kept,) = tmp_path.glob("*.mkv")
    assert frames_of(kept) >= 5


def test_a_signal_ends_the_program_and_keeps_a_running_recording(camera, tmp_path):
    ours = feature(camera)
    camera.settings.export_folder = str(tmp_path)
    camera.trigger("record")
    camera.until(lambda: ours.recording.live.seconds > 1)
    # As a signal does, which nobody answers a question for.
    camera.program.shut_down()
    (kept,) = tmp_path.glob("*.mkv")
    assert frames_of(kept) >= 5


def test_leaving_right_after_a_recording_keeps_it(camera, tmp_path):
    ours = feature(camera)
    camera.settings.export_folder = str(tmp_path)
    camera.trigger("record")
    camera.until(lambda: ours.recording.live.seconds > 1)
    camera.trigger("record")
    # As a signal does, which nobody answers a question for.
    camera.program.shut_down()
    (kept,) = tmp_path.glob("*.mkv")
    assert frames_of(kept) >= 5


def test_quitting_waits_for_a_recording_that_takes_long_to_save(camera, tmp_path, monkeypatch):
    ours, save = feature(camera), ReplayBuffer.save
    camera.settings.export_folder = str(tmp_path)
    camera.trigger("record")
    camera.until(lambda: ours.recording.live.seconds > 1)

    def slow(*arguments):
        time.sleep(2)  # longer than all closing steps together may take
        return save(*arguments)

    monkeypatch.setattr(ReplayBuffer, "save", slow)
    camera.window.close()
    camera.leave()
    (kept,) = tmp_path.glob("*.mkv")
    assert frames_of(kept) >= 5


def test_a_turned_picture_splits_the_recording(camera, tmp_path):
    ours = feature(camera)
    camera.settings.export_folder = str(tmp_path)
    camera.trigger("record")
    camera.until(lambda: ours.recording.live.seconds > 1)
    camera.trigger("rotate")
    camera.until(lambda: ours.queue.tasks)
    assert ours.recording.live.recording
    assert "second clip" in camera.banner.message
    camera.until(lambda: ours.recording.live._recorder.buffer.size == (120, 160))
    camera.until(lambda: ours.recording.live.seconds > 1)
    camera.trigger("record")
    first, second = wait_ended(camera, 2)
    assert {first.state, second.state} == {ExportState.DONE}, first.message or second.message
    assert frames_of(first.outputs[0]) >= 5
    assert frames_of(second.outputs[0]) >= 5


def test_a_full_disk_ends_the_recording_and_keeps_it(camera, tmp_path, monkeypatch):
    ours = feature(camera)
    camera.settings.export_folder = str(tmp_path)
    camera.trigger("record")
    camera.until(lambda: ours.recording.live.seconds > 3)

    def full(image, t):
        raise OutputError("The disk is full.", "Make room.")

    monkeypatch.setattr(ours.recording.live._recorder.buffer, "put", full)
    camera.until(lambda: camera.banner.level == "error")
    assert not ours.recording.live.recording
    assert not camera.actions["record"].isChecked()
    (kept,) = tmp_path.glob("*.mkv")
    assert str(kept) in camera.banner.hint
    assert frames_of(kept) >= 5


def test_a_recording_whose_export_is_cancelled_is_kept(camera, tmp_path):
    ours = feature(camera)
    camera.settings.export_folder = str(tmp_path)
    # Another export keeps it waiting.
    ours.builder.add("demo", ExportOptions(), tmp_path / "first")
    camera.trigger("record")
    camera.until(lambda: ours.recording.live.seconds > 1)
    camera.trigger("record")
    camera.until(lambda: len(ours.queue.tasks) == 2)
    first, second = ours.queue.tasks
    ours.queue.cancel(second)
    (kept,) = tmp_path.glob("*.mkv")
    assert frames_of(kept) >= 5
    assert str(kept) in camera.banner.message
    ours.queue.cancel(first)
    camera.until(lambda: first.state == ExportState.CANCELLED)


def test_nothing_is_kept_where_the_user_does_not_want_it(camera, home):
    live = home / ".cache" / "uvanet" / "live"
    camera.until(lambda: list(live.rglob("*.jpegs")))
    camera.trigger("keep_last")
    assert not camera.settings.export_keep
    camera.until(lambda: not list(live.iterdir()))
    camera.trigger("export_last")
    camera.until(lambda: "Nothing of this source was kept" in camera.banner.message)


def test_the_dialog_offers_what_there_is(still):
    dialog = ask(still)
    assert dialog.presets["teacher"].isEnabled()
    dialog.presets["numbers"].click()
    assert not dialog.format.isEnabled()
    assert dialog.options.preset == "numbers"
    for control in (dialog.line, dialog.format, dialog.quality, dialog.height_box):
        assert control.accessibleName()
        assert control.toolTip()
    for button in (*dialog.presets.values(), *dialog.extras.values(), dialog.more, dialog.browse):
        assert button.toolTip()
    dialog.reject()


def test_names_that_are_taken_get_a_number(tmp_path):
    (tmp_path / "a.csv").touch()
    options = ExportOptions(extras=("csv",))
    assert options.output_paths(tmp_path / "a") == (tmp_path / "a-2.mp4", tmp_path / "a-2.csv")
    taken = {tmp_path / "a-2.mp4"}
    third = (tmp_path / "a-3.mp4", tmp_path / "a-3.csv")
    assert options.output_paths(tmp_path / "a", taken) == third
    numbers = ExportOptions(preset="numbers")
    assert [path.suffix for path in numbers.output_paths(tmp_path / "b")] == [".csv", ".json"]


def run_export(qtbot, monkeypatch, command):
    """Runs a command in the place of an export; gives its progress events and its end."""
    monkeypatch.setattr("app.features.export.process.own_command", lambda: command)
    process = ExportProcess(["demo"], ())
    progress, ends = [], []
    process.progress.connect(progress.append)
    process.ended.connect(ends.append)
    process.start()
    qtbot.waitUntil(lambda: bool(ends), timeout=PATIENCE)
    process.close(0)
    assert len(ends) == 1
    return progress, ends[0]


def test_a_command_that_cannot_start_is_reported(qtbot, monkeypatch, tmp_path):
    _, end = run_export(qtbot, monkeypatch, [str(tmp_path / "nothing")])
    assert isinstance(end, ExportFailed)
    assert "cannot be started" in end.message


@pytest.mark.parametrize(
    "line",
    [
        b"null",
        b"[]",
        b"\xff\xfe",
        b'{"event": "error", "message": "\xff"}',
        b'{"event": "progress"}',
        b'{"event": "progress", "done": "all", "total": 1, "fps": 1, "left": 1}',
        b'{"event": ["done"]}',
        b"[" * 100_000,
        b"x" * 3_000_000,
    ],
    ids=lambda line: repr(line[:60]),
)
def test_an_invalid_line_of_an_export_is_skipped(qtbot, monkeypatch, tmp_path, line):
    script = tmp_path / "export.py"
    valid = b'{"event": "progress", "done": 3, "total": 6, "fps": 30, "left": 0.1}'
    done = b'{"event": "done", "frames": 6, "fps": 30, "stopped": "", "note": ""}'
    output = b"\n".join([line, valid, line, done, line])
    script.write_text(f"import sys; sys.stdout.buffer.write({output!r})")
    progress, end = run_export(qtbot, monkeypatch, [sys.executable, str(script)])
    assert [event.done for event in progress] == [3]
    assert end == ExportDone(6, 30.0)


def test_a_process_that_ignores_its_input_is_killed_in_time(qtbot, monkeypatch, tmp_path):
    script = tmp_path / "export.py"
    script.write_text("import time; print('ready', flush=True); time.sleep(600)")
    child = ChildProcess([sys.executable, str(script)])
    with qtbot.waitSignal(child.line, timeout=PATIENCE):
        child.start()
    pid = child.pid
    assert child.close(0.2)
    assert not psutil.pid_exists(pid)


def test_exports_that_have_ended_leave_the_list(player, tmp_path):
    ours = feature(player)
    waiting = [
        ExportTask(f"{number}.mp4", ["demo"], (tmp_path / f"{number}.mp4",))
        for number in range(MAX_ENDED + 6)
    ]
    for task in waiting:
        ours.queue.add(task)
    for task in reversed(waiting):
        ours.queue.cancel(task)
    player.until(lambda: not ours.queue.active)
    assert ours.queue.tasks == []  # cancelled ones leave at once
    ended = [
        ExportTask(f"bad-{number}", ["/no/such/film"], (tmp_path / "bad.mp4",))
        for number in range(2)
    ]
    done = [ExportTask("x", [], (tmp_path / "x",), state=ExportState.DONE) for _ in range(30)]
    ours.queue.tasks.extend(done)
    for task in ended:
        ours.queue.add(task)
    player.until(lambda: all(task.ended for task in ended))
    assert len(ours.queue.tasks) == MAX_ENDED
    assert ours.queue.tasks[-2:] == ended
    assert set(ours.card.rows) >= {task.number for task in ended}


def test_files_never_share_a_name(tmp_path):
    paths = [reserve_file(tmp_path / "new", "clip", ".mkv") for _ in range(3)]
    assert [path.name for path in paths] == ["clip.mkv", "clip-2.mkv", "clip-3.mkv"]
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file"):
        reserve_file(tmp_path / "file", "clip", ".mkv")
