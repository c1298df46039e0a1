"""The export queue and its child processes: order, progress, failures, what is left behind."""

import sys
from pathlib import Path

import psutil
import pytest
from export_kit import exported, feature, frames_of
from filelock import FileLock
from window_bench import PATIENCE

from app.features.export.options import ExportOptions
from app.features.export.process import ExportProcess
from app.features.export.queue import MAX_ENDED, ExportState, ExportTask
from app.runtime.child_process import ChildProcess
from uvanet.paths import cache_folder
from uvanet.video.events import ExportDone, ExportFailed


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
    assert list((cache_folder() / "exports").iterdir()) == []  # the user has answered


def test_exports_that_a_signal_cancels_are_told_at_the_next_start(launch, clip, tmp_path):
    bench = launch(clip)
    ours = feature(bench)
    for name in ("one", "two"):
        ours.builder.add("demo", ExportOptions(), tmp_path / name)
    # As a signal does, which nobody answers a question for.
    bench.program.shut_down()
    again = launch(clip)
    again.until(lambda: again.banner.message)
    assert again.banner.message == "2 exports were cancelled when the program ended."
    assert again.banner.hint == "Export again: one.mp4, two.mp4."
    assert list((cache_folder() / "exports").iterdir()) == []  # told once


def test_exports_of_a_killed_program_are_told_and_those_of_a_living_one_are_not(launch, clip):
    root = cache_folder() / "exports"
    for name in ("dead-1", "living-1"):
        (root / name).mkdir(parents=True)
        (root / name / "titles.json").write_text(f'["{name}.mp4"]')
    with FileLock(root / "living-1" / "lock"):
        bench = launch(clip)
        bench.until(lambda: bench.banner.message)
        assert bench.banner.message == "An export was cancelled when the program ended."
        assert bench.banner.hint == "Export again: dead-1.mp4."
        assert [path.name for path in root.iterdir()] == ["living-1"]


def test_exports_are_noted_while_they_wait_or_run(player, tmp_path):
    ours, root = feature(player), cache_folder() / "exports"
    for name in ("one", "two"):
        ours.builder.add("demo", ExportOptions(), tmp_path / name)
    player.until(
        lambda: [path.read_text() for path in root.glob("*/*.json")] == ['["one.mp4","two.mp4"]']
    )
    for task in ours.queue.tasks[::-1]:
        ours.queue.cancel(task)
    player.until(lambda: not list(root.iterdir()))


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
    task = exported(player)
    assert player.banner.level == "warning"
    assert "broken.mp4" in player.banner.message
    assert frames_of(tmp_path / "kept.mp4") == task.done > 5


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
