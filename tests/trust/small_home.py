"""Runs the whole window in a home that takes no more data, and tries everything that writes.

    python tests/trust/small_home.py STATE FOLDER

STATE: "full" (the disk fills up while it plays) or "read-only" (it is mounted so).
Prints what the window said as JSON. `test_small_home.py` runs it on a disk of its own.
"""

from __future__ import annotations

import contextlib
import json
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from states import STUDENT, LiveWindow, feature

from app.features.analyse.feature import Analyse
from app.features.export.feature import Export
from app.features.export.options import ExportOptions
from app.features.training.feature import Training
from app.features.training.run_folders import RunRequest
from app.runtime.shutdown import leave_at_once
from app.shell.project import Project
from uvanet.analysis import Region, Shape

if TYPE_CHECKING:
    from typing import Any

_BLOCK = bytes(4096)


def fill(folder: Path) -> None:
    """Takes all space of a disk."""
    with (folder / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(_BLOCK)


class Writers:
    """Everything of the window that writes into the home, by the name of its method.

    Each waits until the window has said how it went.
    """

    def __init__(self, live: LiveWindow, folder: Path) -> None:
        self.said: list[str] = []
        self._live, self._folder = live, folder
        notify = live.window.banner.notify

        def note(level: str, text: str, hint: str = "", *rest: Any, **options: Any) -> None:
            self.said.append(f"{level}: {text} {hint}")
            notify(level, text, hint, *rest, **options)

        live.window.banner.notify = note  # type: ignore[method-assign]  # it notes, and shows it
        live.program.context.messages.notify = note  # type: ignore[method-assign]  # likewise

    def settings(self) -> None:
        self._live.actions["theme_light"].trigger()
        self._live.program._autosave.check()

    def regions(self) -> None:
        box = Region("box", Shape.RECTANGLE, ((0.1, 0.1), (0.5, 0.5)))
        feature(self._live, Analyse).regions.replace_all([box])

    def export(self) -> None:
        feature(self._live, Export).builder.add("demo", ExportOptions(), self._folder / "film")

    def project(self) -> None:
        path = self._folder / "a.uvanet"
        context = self._live.program.context
        context.jobs.run(
            lambda: Project(source="demo").write(path), None, context.show_error, name="project"
        )

    def training(self) -> None:
        feature(self._live, Training).controller.start(RunRequest("adapt", "demo", ["demo"]))

    def run(self, name: str) -> list[str]:
        """Runs one; gives what the window said."""
        before = len(self.said)
        getattr(self, name)()
        self._live.until(lambda: len(self.said) > before, f"what becomes of {name}")
        return self.said[before:]


NAMES = ("settings", "regions", "export", "project", "training")


def main() -> None:
    """Starts the program, takes the disk away, and lets everything write."""
    state, folder = sys.argv[1], Path(sys.argv[2])
    live = LiveWindow("demo", model=STUDENT)
    live.until(lambda: live.presenter.overlay_seen, "the first overlay")
    live.settle()
    if state == "full":
        fill(folder)
    writers = Writers(live, folder)
    said = {name: writers.run(name) for name in NAMES}
    live.open("demo")
    before = live.presenter.packet
    live.until(lambda: live.presenter.packet is not before, "a picture")
    report = {"said": said, "problems": live.problems}
    live.close()
    sys.stdout.write(json.dumps(report))
    sys.stdout.flush()
    leave_at_once(0)


if __name__ == "__main__":
    try:
        main()
    except Exception:  # noqa: BLE001 - the program's hook would write it to its log alone
        traceback.print_exc()
        leave_at_once(1)
