"""The report of `uvanet info --report`: what a bug report needs, without secrets."""

from __future__ import annotations

from pathlib import Path

import uvanet
from uvanet.paths import log_folder
from uvanet.redaction import safe
from uvanet.system_info import describe

LOG, CRASH_LOG, LAST_CRASH = "uvanet.log", "crash.log", "crash-last.log"
"""Files in the log folder: the log, and tracebacks of native crashes in this run and the last."""

_TAIL_BYTES = 20_000


def problem_report() -> str:
    """Gives versions, this machine, and the end of the log and of the newest crash reports.

    User names, passwords and queries are removed from URLs, the home folder is written as "~", and
    control characters as escapes. Names of files may be in the log.
    """
    lines = [
        f"uvanet {uvanet.__version__}",
        *(f"{key}: {fact}" for key, fact in describe().items()),
    ]
    folder = log_folder()
    crashes = sorted(folder.glob("crash-[0-9]*.txt"))[-1:]
    for path in (folder / LAST_CRASH, folder / CRASH_LOG, *crashes, folder / LOG):
        if text := _tail(path):
            lines += ["", f"== {path.name}", text]
    text = safe("\n".join(lines))
    home = str(Path.home())
    return text.replace(home, "~") if len(home) > 1 else text


def _tail(path: Path) -> str:
    """The end of a file; empty where it cannot be read."""
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            return file.read(_TAIL_BYTES).decode(errors="replace").strip()
    except OSError:
        return ""
