"""A Dask scheduler and workers as real processes on loopback."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 180.0  # seconds; a bound for conditions, not a measure of anything


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.01)


class Dask:
    """A scheduler and its workers, as processes.

    Args:
        folder: For their logs and scratch files.
        workers: How many.

    Attributes:
        stopped: Workers that were stopped.
    """

    def __init__(self, folder: Path, workers: int) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._folder = folder
        self.address = f"tcp://127.0.0.1:{port}"
        options = ("--host", "127.0.0.1", "--port", str(port), "--no-dashboard", "--no-show")
        self.scheduler = self._start("dask_scheduler", *options)
        self.workers = [self.add_worker() for _ in range(workers)]
        self.stopped: list[subprocess.Popen[bytes]] = []

    def add_worker(self) -> subprocess.Popen[bytes]:
        """Starts a worker without a nanny, so that nobody starts it again."""
        options = ("--no-nanny", "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1")
        scratch = ("--local-directory", str(self._folder))
        return self._start("dask_worker", self.address, *options, *scratch)

    def stop(self, worker: subprocess.Popen[bytes]) -> None:
        """Stops a worker (SIGSTOP) when the scheduler knows all workers."""
        log = self._folder / "dask_worker.log"
        until(lambda: log.read_text().count("Registered to") == len(self.workers))
        worker.send_signal(signal.SIGSTOP)
        self.stopped.append(worker)

    def stop_one_that_writes(self, out: Path, name: str = "") -> bool:
        """Stops a worker (SIGSTOP) in the middle of an output; tells whether one was caught.

        Args:
            out: Folder of the outputs.
            name: Part of the output's name.
        """
        for worker in self.workers:
            if not _writes(worker, out, name):
                continue
            worker.send_signal(signal.SIGSTOP)
            if _writes(worker, out, name):
                self.stopped.append(worker)
                return True
            worker.send_signal(signal.SIGCONT)
        return False

    def end(self) -> None:
        for process in (self.scheduler, *self.workers):
            process.kill()
            process.wait()

    def _start(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self._folder / f"{module}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{module}", *arguments],
                stdout=log,
                stderr=log,
            )


def _writes(worker: subprocess.Popen[bytes], out: Path, name: str) -> bool:
    """Whether a worker has a temporary file of an output open."""
    try:
        files = [Path(file.path) for file in psutil.Process(worker.pid).open_files()]
    except psutil.Error:
        return False
    return any(path.is_relative_to(out) and name in path.name for path in files)
