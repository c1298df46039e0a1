"""What a run tells and is told."""

from __future__ import annotations

import errno
import io
import json
import math
import os
import sys
import threading
from typing import TYPE_CHECKING

import psutil
import pytest

from uvanet.errors import TrainingError, UsageError
from uvanet.training.control import Callback, ControlState, JsonlChannel, check_loss, give_order
from uvanet.training.lock import LOCK, holder, locked
from uvanet.training.progress import FIELDS, LONGEST_LINE, LineReader, LineWriter, event, to_line

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES = {str: "words \u2014 \n more", dict: {"verdict": "better"}, bool: True}


@pytest.mark.parametrize("kind", FIELDS)
def test_every_kind_of_event_survives_the_way_there(kind: str) -> None:
    values = {name: EXAMPLES.get(type_, 1.5) for name, type_ in FIELDS[kind].items()}  # type: ignore[call-overload]
    told = event(kind, **values)
    line = to_line(told)
    assert line.count("\n") == 1
    (found,) = LineReader().feed(line.encode())
    assert found.kind == kind
    assert found.data == values


def test_lines_may_come_in_any_pieces() -> None:
    lines = [event("step", phase="train", done=i, total=9) for i in range(9)]
    data = "".join(map(to_line, lines)).encode()
    for size in (1, 7, 100):
        reader = LineReader()
        found = [
            told for i in range(0, len(data), size) for told in reader.feed(data[i : i + size])
        ]
        assert [told["done"] for told in found] == list(range(9))
        assert reader.strange == 0


def test_what_is_no_event_is_let_go_and_the_next_is_read() -> None:
    reader = LineReader()
    good = to_line(event("log", words="here")).encode()
    strange = [
        b"a library says hello\n",
        b'{"event": "step", "done": \n',
        b'{"event": "unknown"}\n',
        b"[1, 2]\n",
        b'"step"\n',
        b"\xff\xfe\x00\n",
        b'{"event": 5}\n',
        b'{"event": [1]}\n',
        b"[" * 5000 + b"\n",
        b"x" * (LONGEST_LINE + 10) + b"\n",
    ]
    for line in strange:
        # In two pieces: an overlong line is noticed before its end.
        found = reader.feed(line[:-1]) + reader.feed(line[-1:]) + reader.feed(good)
        assert [told["words"] for told in found] == ["here"], line[:40]
    assert reader.strange == len(strange)


def test_fields_of_a_wrong_type_are_unknown() -> None:
    line = (
        '{"event": "step", "phase": 7, "done": "many", "total": true, "loss": 1e300, "more": 1}\n'
    )
    (told,) = LineReader().feed(line.encode())
    assert set(told.data.values()) == {None}
    assert told.number("done", 3.0) == 3.0
    assert told.text("phase") == ""


def test_no_number_becomes_none_and_the_line_stays_json() -> None:
    line = to_line(event("step", loss=math.nan, left=math.inf))
    assert json.loads(line)["loss"] is None
    assert "NaN" not in line


class Full(io.StringIO):
    def write(self, _: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_and_a_reader_that_left_do_not_end_the_run() -> None:
    closed = io.StringIO()
    closed.close()
    for stream in (Full(), closed):
        LineWriter(stream).write(event("log", words="nobody hears this"))


def test_orders_come_by_word_and_by_file(tmp_path: Path) -> None:
    orders, out = ControlState(), io.StringIO()
    channel = JsonlChannel(out, tmp_path, orders)
    assert channel.proceed()
    orders.give("pause nonsense")
    result: list[bool] = []
    waiting = threading.Thread(target=lambda: result.append(channel.proceed()))
    waiting.start()
    give_order(tmp_path, "resume")
    waiting.join(30)
    assert result == [True]
    assert [told["words"] for told in LineReader().feed(out.getvalue().encode())] == [
        "Paused.",
        "Going on.",
    ]
    orders.give("pause")
    orders.give("stop")
    assert not channel.proceed()
    assert list(tmp_path.iterdir()) == []
    assert Callback().proceed()


def test_one_run_a_folder(tmp_path: Path) -> None:
    with locked(tmp_path):
        assert holder(tmp_path) == os.getpid()
        with pytest.raises(UsageError, match="Another run"), locked(tmp_path):
            pass
    assert holder(tmp_path) is None
    assert list(tmp_path.iterdir()) == []
    # A run that was killed leaves its lock; its number may be another process's by now.
    for left in (f'{{"pid": {os.getpid()}, "born": 1.0}}', '{"pid": 4194300}', "", "[]"):
        (tmp_path / LOCK).write_text(left)
        with locked(tmp_path):
            assert holder(tmp_path) == os.getpid()


@pytest.mark.skipif(sys.platform != "linux", reason="Elsewhere births are told by the clock.")
def test_a_clock_that_is_set_frees_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = psutil.Process().create_time()
    with locked(tmp_path):
        # After a machine slept, its clock is often set: then births move with it.
        monkeypatch.setattr(psutil.Process, "create_time", lambda _: told + 5)
        assert holder(tmp_path) == os.getpid()


def test_a_loss_must_be_a_number() -> None:
    import torch

    check_loss(torch.tensor(1.0), 3)
    for value in (math.nan, math.inf):
        with pytest.raises(TrainingError, match="step 3"):
            check_loss(torch.tensor(value), 3)
