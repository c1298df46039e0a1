"""The wall clock may jump, and the machine may sleep: no duration is measured by it."""

from __future__ import annotations

import concurrent.futures
import time
from typing import TYPE_CHECKING

from test_no_bypass import calls, modules

from app.features.training.run_folders import new_run_folder

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

WALL_CLOCKS = {
    *("time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.ctime"),
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "QTime.currentTime"),
    *("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.date.today"),
    *("QDateTime.currentDateTime", "QDateTime.currentMSecsSinceEpoch", "QDate.currentDate"),
}
DATES = {
    "app/features/training/run_view.py": "when a line of a log was written",
    "uvanet/bench/__init__.py": "when a benchmark was run",
    "uvanet/training/progress.py": "when an event was written",
    "uvanet/system_info.py": "when a process started, where the system tells it in this clock",
}
"""What says when something was, by module."""


def test_no_duration_is_measured_by_a_clock_that_jumps() -> None:
    users = {
        path
        for path, tree in modules().items()
        if any(name in WALL_CLOCKS or name.endswith("clock_settime") for name, _ in calls(tree))
    }
    assert users == set(DATES)


def test_runs_of_one_second_get_folders_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of two programs at once, and after the clock was set back."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(time, "strftime", lambda _: "20300101-120000")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        folders = list(pool.map(lambda _: new_run_folder(), range(40)))
    assert len(set(folders)) == 40
    assert all(folder.is_dir() for folder in folders)
