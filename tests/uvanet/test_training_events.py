"""Events, orders and the lock of a training run."""

from __future__ import annotations

import errno
import io
import json
import math
import multiprocessing
import os
import pathlib
import threading
import time
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest

from uvanet.errors import UsageError
from uvanet.evaluation.compare import judge
from uvanet.training.control import (
    CONTROL,
    Callback,
    ControlState,
    JsonlChannel,
    Timer,
    send_order,
)
from uvanet.training.progress import (
    MAX_LINE,
    AnyEvent,
    CheckpointEvent,
    DoneEvent,
    ErrorEvent,
    EvalEvent,
    LineReader,
    LineWriter,
    LogEvent,
    PreviewEvent,
    StartEvent,
    StepEvent,
    decode_event,
    encode_event,
)
from uvanet.training.run_lock import LOCK, holder, run_lock

if TYPE_CHECKING:
    from pathlib import Path

EVENTS: list[AnyEvent] = [
    StartEvent(title="desk \u2014 \n two", folder="runs/desk", threads=2, pid=7),
    StepEvent(phase="train", done=3, total=9, left=1.5, loss=0.25),
    EvalEvent(metric="cc", value=0.7, step=3),
    PreviewEvent(frame=b"\xff\xd8", student=b"1", target=b"2", target_from="gaze"),
    CheckpointEvent(step=3),
    DoneEvent(model="a.onnx", name="a", stopped=True, report={"verdict": "better"}),
    ErrorEvent(message="No room.", hint="Make room."),
    LogEvent(text="Paused.", paused=True),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_is_read_as_it_was_written(event: AnyEvent) -> None:
    stream = io.StringIO()
    LineWriter(stream).write(event)
    line = stream.getvalue()
    assert line.count("\n") == 1
    found = decode_event(line)
    assert found is not None
    assert found.t > 1e9
    assert msgspec.structs.replace(found, t=0.0) == event


def test_lines_may_come_in_any_pieces() -> None:
    data = b"".join(encode_event(StepEvent(phase="train", done=i, total=9)) for i in range(9))
    for size in (1, 7, 100):
        reader = LineReader()
        found = [
            event for i in range(0, len(data), size) for event in reader.feed(data[i : i + size])
        ]
        assert [event.done for event in found if isinstance(event, StepEvent)] == list(range(9))
        assert reader.skipped == 0


STRANGE = [
    b"a library says hello\n",
    b"null\n",
    b'{"event": "step", "done": \n',
    b'{"event": "step", "phase": "train", "done": "many"}\n',
    b'{"event": "step", "phase": "train", "done": 1e300}\n',
    b'{"event": "step", "phase": "train", "done": -1}\n',
    b'{"event": "step", "phase": "dreaming", "done": 1}\n',
    b'{"event": "preview", "frame": "no base64!", "student": "", "target": ""}\n',
    b'{"event": "unknown"}\n',
    b"[1, 2]\n",
    b'"step"\n',
    b"\xff\xfe\x00\n",
    b'{"event": "log", "text": "\xff"}\n',
    b'{"event": 5}\n',
    b'{"event": [1]}\n',
    b"[" * 5000 + b"\n",
    b"x" * (MAX_LINE + 10) + b"\n",
]


def test_a_line_that_is_no_event_is_skipped_and_the_next_one_read() -> None:
    reader, good = LineReader(), encode_event(LogEvent(text="here"))
    for line in STRANGE:
        # In two pieces, since an overlong line is skipped before its end.
        found = reader.feed(line[:-1]) + reader.feed(line[-1:]) + reader.feed(good)
        assert found == [LogEvent(text="here")], line[:40]
    assert reader.skipped == len(STRANGE)


def test_nan_is_written_as_null() -> None:
    line = encode_event(StepEvent(phase="train", loss=math.nan, left=math.inf))
    assert json.loads(line)["loss"] is None
    assert decode_event(line) == StepEvent(phase="train")


class FullDisk(io.StringIO):
    def write(self, _: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_or_a_closed_stream_does_not_end_the_run() -> None:
    closed = io.StringIO()
    closed.close()
    for stream in (FullDisk(), closed):
        LineWriter(stream).write(LogEvent(text="nobody reads this"))


def test_orders_come_by_line_and_by_file(tmp_path: Path) -> None:
    state, out = ControlState(), io.StringIO()
    channel = JsonlChannel(out, tmp_path, state)
    assert channel.proceed()
    state.apply("pause nonsense")
    result: list[bool] = []
    waiting = threading.Thread(target=lambda: result.append(channel.proceed()))
    waiting.start()
    send_order(tmp_path, "resume", os.getpid())
    waiting.join(60)
    assert result == [True]
    events = LineReader().feed(out.getvalue().encode())
    assert [event.paused for event in events if isinstance(event, LogEvent)] == [True, False]
    state.apply("pause")
    state.apply("stop")
    assert not channel.proceed()
    assert list(tmp_path.iterdir()) == []
    assert Callback().proceed()


def test_an_order_written_while_another_is_read_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file was deleted after it was read, together with an order that had replaced it."""
    state = ControlState()
    channel = JsonlChannel(io.StringIO(), tmp_path, state)
    read_text = pathlib.Path.read_text

    def read_slowly(path: pathlib.Path, encoding: str) -> str:
        text = read_text(path, encoding)
        send_order(tmp_path, "stop", os.getpid())
        return text

    send_order(tmp_path, "resume", os.getpid())
    with monkeypatch.context() as slow:
        slow.setattr(pathlib.Path, "read_text", read_slowly)
        assert channel.proceed()
    assert (tmp_path / CONTROL).read_text(encoding="utf-8") == f"stop {os.getpid()}\n"
    assert not JsonlChannel(io.StringIO(), tmp_path, state).proceed()
    assert list(tmp_path.iterdir()) == []


def hold(folder: Path, ready: object, leave: object) -> None:
    """Holds the lock of a folder in another process until that is told to end, or killed."""
    with run_lock(folder):
        ready.set()  # type: ignore[attr-defined]
        leave.wait()  # type: ignore[attr-defined]


def test_one_run_a_folder_until_its_process_ends(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready, leave = context.Event(), context.Event()
    other = context.Process(target=hold, args=(tmp_path, ready, leave))
    other.start()
    assert ready.wait(120)
    assert holder(tmp_path) == other.pid
    with pytest.raises(UsageError, match=f"process {other.pid}"), run_lock(tmp_path):
        pass
    other.kill()
    other.join()
    # The lock file is still there; the lock ended with its process.
    assert (tmp_path / LOCK).exists()
    assert holder(tmp_path) is None
    with run_lock(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_two_runs_never_hold_the_folder_of_a_dead_one(tmp_path: Path) -> None:
    """0.1.0 judged a lock by its text, so two processes could take the folder of a dead run."""
    (tmp_path / LOCK).write_text('{"pid": 4194300, "born": 1.0}')
    holding, most, failures = 0, 0, []
    guard = threading.Lock()

    def run() -> None:
        nonlocal holding, most
        for _ in range(20):
            try:
                with run_lock(tmp_path):
                    with guard:
                        holding += 1
                        most = max(most, holding)
                    with guard:
                        holding -= 1
            except UsageError as error:  # the lock was not free in time, which is allowed
                failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_a_gain_that_nobody_sees_is_no_gain() -> None:
    """On some processors rounding alone gave a gain of 0.0001 in every frame, judged "better"."""
    rng = np.random.default_rng(0)
    before, groups = rng.uniform(0.4, 0.8, 40), [str(i // 2) for i in range(40)]
    for gain, verdict in (
        (0.0001, "no clear difference"),
        (-0.004, "no clear difference"),
        (0.006, "better"),
        (-0.006, "worse"),
    ):
        assert judge(before, before + gain, groups, "later frames").verdict == verdict


def test_the_first_steps_promise_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one loads a teacher: 26 minutes were promised for a phase of one."""
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    timer = Timer(1000)
    now = 103.0
    assert timer.left(1) is None
    now = 110.0
    assert timer.left(100) == 90.0
    slow = Timer(1000)
    now = 150.0
    assert slow.left(4) == pytest.approx(40 * 996 / 4)
