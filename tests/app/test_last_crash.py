"""After a crash of native code the next start offers a report to copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication

from uvanet.paths import log_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from window_bench import Bench


def test_the_report_of_the_last_crash_can_be_copied(
    launch: Callable[..., Bench], home: Path
) -> None:
    log_folder().mkdir(parents=True)
    (log_folder() / "crash.log").write_text("Fatal Python error: Segmentation fault\n")
    bench = launch("demo")
    banner = bench.window.banner
    bench.until(lambda: "The program ended unexpectedly last time." in banner.alerts)
    banner.acted.emit("crash")
    bench.until(lambda: "Segmentation fault" in QGuiApplication.clipboard().text())
    assert "The program ended unexpectedly last time." not in banner.alerts
    assert str(home) not in QGuiApplication.clipboard().text()
