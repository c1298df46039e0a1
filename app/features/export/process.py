"""An export as a child process of the same command line, told in lines of JSON.

A process of its own leaves the window's interpreter alone, runs at a lower priority, and gives its
memory back when it ends.
"""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import msgspec

from uvanet.atomic_io import remove_stale_parts
from uvanet.video.events import decode_export_event

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_log = logging.getLogger(__name__)

_ENDS = ("done", "cancelled", "error")
_NICE = 5


def own_command() -> list[str]:
    """What starts this program's command line again, installed or frozen."""
    return [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "uvanet"]


class ExportProcess:
    """One running export.

    Args:
        arguments: Of `uvanet predict`.
        outs: The files it writes, to clear up after it where it dies.
        tell: Gets each event as a dict, on a thread of this object; the last one is "done",
            "cancelled" or "error", whatever happens to the process.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        outs: Sequence[Path],
        tell: Callable[[dict[str, Any]], None],
    ) -> None:
        self._arguments = arguments
        self._outs = outs
        self._tell = tell
        self._cancelled = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="uvanet-export", daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """Ends it without a file; returns at once."""
        with self._lock:
            self._cancelled.set()
            # The end of its input tells the same as the word, and cannot block.
            if self._process is not None and self._process.stdin is not None:
                with contextlib.suppress(OSError):
                    self._process.stdin.close()

    def close(self, timeout: float) -> bool:
        """Ends it without a file, and kills it where it does not end in time.

        Returns:
            Whether it ended by itself.
        """
        self.cancel()
        self._thread.join(timeout)
        ended = not self._thread.is_alive()
        if not ended and self._process is not None:
            self._process.kill()
            self._thread.join(1.0)
        return ended or not self._thread.is_alive()

    def _work(self) -> None:
        last: dict[str, Any] = {}
        try:
            last = self._follow()
        except OSError as error:
            last = {"event": "error", "message": f"The export cannot be started: {error}."}
        if self._cancelled.is_set() and last.get("event") != "done":
            last = {"event": "cancelled"}
        elif last.get("event") not in _ENDS:
            code = self._process.returncode if self._process else None
            last = {
                "event": "error",
                "message": f"The export ended without a word (code {code}).",
                "hint": "Try it again; the program's log may say more.",
            }
        if last["event"] != "done":
            for out in self._outs:
                remove_stale_parts(out)
        self._tell(last)

    def _follow(self) -> dict[str, Any]:
        """Runs the process to its end and gives its last event."""
        with self._lock:
            if self._cancelled.is_set():
                return {}
            self._process = process = subprocess.Popen(
                [*own_command(), "predict", *self._arguments, "--events"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, "PYTHONIOENCODING": "utf-8"},
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0)
                | getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),
                process_group=0 if os.name == "posix" else None,
            )
        if hasattr(os, "setpriority"):
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, process.pid, _NICE)
        assert process.stdout is not None
        assert process.stderr is not None
        words: list[bytes] = []
        listener = threading.Thread(target=lambda: words.extend(process.stderr or ()), daemon=True)
        listener.start()
        last: dict[str, Any] = {}
        for line in process.stdout:
            event = decode_export_event(line)
            if event is None:
                words.append(line)
                continue
            last = msgspec.to_builtins(event)
            if last["event"] not in _ENDS:
                self._tell(last)
        process.wait()
        listener.join()
        with self._lock:
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
        if words:
            said = b"".join(words).decode("utf-8", "replace")
            _log.info("output of an export besides its events: %s", said[-2000:])
            if last.get("event") not in _ENDS:
                message = said.strip().rpartition("\n")[2].removeprefix("uvanet: ")
                last = {"event": "error", "message": message}
        return last
