"""Recordings of a live source and its last seconds: exported, kept at the end, in a failure."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import cv2
import pytest
from export_kit import ask, columns, exported, feature, frames_of, regions
from PySide6.QtCore import QCoreApplication
from window_bench import FakeCamera

from app.features.export.options import ExportOptions
from app.features.export.queue import ExportState
from app.runtime.child_process import own_environment
from uvanet import sources
from uvanet.errors import OutputError
from uvanet.video.replay_buffer import ReplayBuffer

FEW = 5
"""Frames that a recording must have at least."""


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


@pytest.fixture
def keeping(camera):
    """The same, with the last half minute kept."""
    camera.trigger("keep_last")
    return camera


def record(camera, folder):
    """Records some frames, with exports going into a folder; gives the feature."""
    ours = feature(camera)
    camera.settings.export_folder = str(folder)
    camera.trigger("record")
    camera.until(lambda: buffered(camera) > FEW)
    return ours


def saved(camera):
    """Waits for the message about a saved recording, which `assert_kept` finds."""
    camera.until(lambda: camera.banner.message.startswith("Saved"))
    texts = [button.text() for button in camera.banner.buttons]
    assert texts == ["Show", "Open here", "Export with heat", "Delete"]


def press(camera, text):
    """Presses a button of the newest message."""
    (button,) = [one for one in camera.banner.buttons if one.text() == text]
    button.click()


def assert_kept(folder):
    """A folder holds one recording, which is no export."""
    (kept,) = folder.glob("*.mkv")
    assert frames_of(kept) >= FEW
    return kept


def buffered(bench):
    """How many frames of the live source are kept; of a recording, since its start."""
    live = feature(bench).recording.live
    buffer = None if live._recorder is None else live._recorder.buffer
    if buffer is None:
        return 0
    with buffer._lock:
        return len(buffer._kept(live._since or 0.0, None))


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


def test_the_last_seconds_of_a_camera(keeping, tmp_path, home):
    feature(keeping)
    keeping.settings.export_folder = str(tmp_path)
    keeping.until(lambda: buffered(keeping) > FEW)
    keeping.trigger("export_last")
    task = exported(keeping)
    assert frames_of(task.outputs[0]) == task.done >= FEW
    assert task.outputs[0].parent == tmp_path
    keeping.until(lambda: not list(tmp_path.glob("*.mkv")))
    live = home / ".cache" / "uvanet" / "live"
    keeping.window.close()
    assert list(live.iterdir()) == []


def test_the_dialog_for_a_camera_is_about_the_last_seconds(keeping, tmp_path, home):
    feature(keeping)
    keeping.until(lambda: buffered(keeping) > FEW)
    keeping.settings.export_folder = str(tmp_path)
    dialog = ask(keeping)
    assert len(list(tmp_path.glob("*.mkv"))) == 1
    dialog.reject()
    assert list(tmp_path.glob("*.mkv")) == []
    dialog = ask(keeping)
    dialog.line.setText(str(tmp_path / "mine.mp4"))
    dialog.presets["beside"].click()
    dialog.export_button.click()
    exported(keeping)
    capture = cv2.VideoCapture(str(tmp_path / "mine.mp4"), cv2.CAP_FFMPEG)
    assert capture.get(cv2.CAP_PROP_FRAME_WIDTH) == 2 * 160 + 4
    capture.release()
    keeping.until(lambda: not list(tmp_path.glob("*.mkv")))


def test_a_recording_is_exported_with_the_regions_of_its_own_source(camera, clip, tmp_path):
    ours = feature(camera)
    camera.settings.export_folder = str(tmp_path)
    camera.settings.export_extras = ["csv"]
    camera.trigger("record")
    camera.session.set_regions(regions("door"))  # drawn while it is recorded
    camera.until(lambda: buffered(camera) > FEW)
    camera.session.open(str(clip))
    camera.until(lambda: not ours.recording.live.recording)
    camera.session.set_regions(regions("other"))
    saved(camera)
    press(camera, "Export with heat")
    task = exported(camera)
    (table,) = (path for path in task.outputs if path.suffix == ".csv")
    assert "share:door" in columns(table)
    assert "share:other" not in columns(table)


def test_a_recording_does_not_inherit_slow_options(camera, tmp_path):
    builder = feature(camera).builder
    builder.remember(ExportOptions("teacher", "webm", "png", "best", 720, ["csv"]))
    options = builder.recording_options()
    assert (options.preset, options.format) == ("overlay", "mp4")
    assert (options.quality, options.height, options.extras) == ("best", 720, ["csv"])


def test_recording_a_camera(camera, tmp_path):
    ours = feature(camera)
    camera.settings.export_folder = str(tmp_path)
    assert ours._record_button.isVisible()
    camera.trigger("record")
    assert camera.actions["record"].isChecked()
    assert ours._time.isVisible()
    assert ours._time.text() == "0:00"
    camera.until(lambda: buffered(camera) > FEW)
    camera.trigger("record")
    assert not camera.actions["record"].isChecked()
    assert not ours._time.isVisible()
    saved(camera)
    kept = assert_kept(tmp_path)
    assert not ours.queue.tasks
    press(camera, "Export with heat")
    task = exported(camera)
    assert frames_of(task.outputs[0]) == task.done == frames_of(kept)


def test_a_saved_recording_is_opened_by_its_button(camera, tmp_path):
    record(camera, tmp_path)
    camera.trigger("record")
    saved(camera)
    with camera.qtbot.waitSignal(camera.session.opened, timeout=60_000):
        press(camera, "Open here")
    assert camera.session.info.spec == str(assert_kept(tmp_path))


def test_a_saved_recording_is_deleted_by_its_button_and_comes_back(camera, tmp_path):
    record(camera, tmp_path)
    camera.trigger("record")
    saved(camera)
    kept = assert_kept(tmp_path)
    press(camera, "Delete")
    assert camera.banner.message == f"{kept.name} was moved to the trash."
    assert not kept.exists()
    camera.trigger("undo")
    assert_kept(tmp_path)


@pytest.mark.parametrize(
    ("encode", "write", "cause"), [(0.1, 2.0, "the disk"), (2.0, 0.1, "encoding")]
)
def test_lost_frames_are_blamed_on_what_was_slow(camera, tmp_path, encode, write, cause):
    ours = record(camera, tmp_path)
    recorder = ours.recording.live._recorder
    recorder.buffer.encode_seconds, recorder.buffer.write_seconds = encode, write
    recorder.missed += 1
    assert ours.recording.losses == [f"1 frame was dropped: {cause} was too slow."]
    recorder.missed += 2
    camera.trigger("record")
    assert f"3 frames were dropped: {cause} was too slow." in camera.banner.alerts


def test_another_source_ends_the_recording_and_keeps_it(camera, tmp_path, clip):
    ours = record(camera, tmp_path)
    camera.session.open(str(clip))
    camera.until(lambda: not ours.recording.live.recording)
    saved(camera)
    assert_kept(tmp_path)
    assert not camera.actions["record"].isChecked()


def test_recording_without_the_last_half_minute(camera, tmp_path):
    ours = feature(camera)
    camera.settings.export_folder = str(tmp_path)
    camera.trigger("record")
    camera.until(lambda: buffered(camera) > FEW)
    camera.trigger("record")
    saved(camera)
    assert_kept(tmp_path)
    assert ours.recording.live._recorder is None


def test_quitting_asks_about_a_recording_and_keeps_it(camera, tmp_path):
    record(camera, tmp_path)
    camera.window.close()
    assert camera.window.isVisible()
    camera.leave()
    assert_kept(tmp_path)


def test_a_signal_ends_the_program_and_keeps_a_running_recording(camera, tmp_path):
    record(camera, tmp_path)
    # As a signal does, which nobody answers a question for.
    camera.program.shut_down()
    assert_kept(tmp_path)


def test_leaving_right_after_a_recording_keeps_it(camera, tmp_path):
    record(camera, tmp_path)
    camera.trigger("record")
    # As a signal does, which nobody answers a question for.
    camera.program.shut_down()
    assert_kept(tmp_path)


def test_quitting_waits_for_a_recording_that_takes_long_to_save(camera, tmp_path, monkeypatch):
    record(camera, tmp_path)
    save = ReplayBuffer.save

    def slow(*arguments):
        time.sleep(2)  # longer than all closing steps together may take
        return save(*arguments)

    monkeypatch.setattr(ReplayBuffer, "save", slow)
    camera.window.close()
    camera.leave()
    assert_kept(tmp_path)


def test_a_turned_picture_splits_the_recording(camera, tmp_path):
    ours = record(camera, tmp_path)
    camera.trigger("rotate")
    camera.until(lambda: "second clip" in camera.banner.message)
    assert ours.recording.live.recording
    camera.until(lambda: ours.recording.live._recorder.buffer.size == (120, 160))
    camera.until(lambda: buffered(camera) > FEW)
    camera.trigger("record")
    saved(camera)
    clips = list(tmp_path.glob("*.mkv"))
    assert len(clips) == 2
    assert all(frames_of(clip) >= FEW for clip in clips)


def test_the_error_of_an_earlier_recorder_does_not_end_the_recording(camera, tmp_path, monkeypatch):
    live = feature(camera).recording.live
    may_fail = threading.Event()

    def fail():
        may_fail.wait(60)
        raise OutputError("The disk is full.", "Make room.")

    with monkeypatch.context() as patch:
        patch.setattr(live, "_make_buffer", fail)
        camera.trigger("keep_last")
    earlier = live._recorder
    camera.trigger("keep_last")
    record(camera, tmp_path)
    may_fail.set()
    earlier._thread.join(60)
    QCoreApplication.processEvents()
    assert live.recording
    assert camera.banner.message == ""
    camera.trigger("record")
    saved(camera)


def test_a_full_disk_ends_the_recording_and_keeps_it(camera, tmp_path, monkeypatch):
    ours = feature(camera)
    camera.settings.export_folder = str(tmp_path)
    camera.trigger("record")
    camera.until(lambda: buffered(camera) > FEW)

    def full(image, t):
        raise OutputError("The disk is full.", "Make room.")

    monkeypatch.setattr(ours.recording.live._recorder.buffer, "put", full)
    camera.until(lambda: camera.banner.level == "error")
    assert not ours.recording.live.recording
    assert not camera.actions["record"].isChecked()
    assert str(assert_kept(tmp_path)) in camera.banner.hint


def test_a_recording_whose_export_is_cancelled_is_kept(camera, tmp_path):
    ours = feature(camera)
    camera.settings.export_folder = str(tmp_path)
    # Another export keeps it waiting.
    ours.builder.add("demo", ExportOptions(), tmp_path / "first")
    camera.trigger("record")
    camera.until(lambda: buffered(camera) > FEW)
    camera.trigger("record")
    saved(camera)
    press(camera, "Export with heat")
    camera.until(lambda: len(ours.queue.tasks) == 2)
    first, second = ours.queue.tasks
    ours.queue.cancel(second)
    assert_kept(tmp_path)
    ours.queue.cancel(first)
    camera.until(lambda: first.state == ExportState.CANCELLED)


def test_the_last_half_minute_is_kept_only_where_the_user_wants_it(camera, home):
    live = home / ".cache" / "uvanet" / "live"
    assert not camera.actions["keep_last"].isChecked()
    assert not list(live.glob("*"))
    camera.trigger("export_last")
    assert "were not kept" in camera.banner.message
    press(camera, "Keep from now on")
    assert camera.actions["keep_last"].isChecked()
    assert camera.settings.export_keep
    camera.until(lambda: list(live.rglob("*.jpegs")))
    camera.trigger("keep_last")
    assert not camera.settings.export_keep
    camera.until(lambda: not list(live.iterdir()))
