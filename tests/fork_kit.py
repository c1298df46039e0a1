"""Starts processes by fork from one that has imported the program: with torch that takes 3 s.

Such a process is real in all that matters to tests: it has a number, files and locks of its own.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerContext

_IMPORTED = [
    "uvanet.cli.finetune",
    "uvanet.cli.distill",
    "uvanet.training.adapt",
    "uvanet.training.pipeline",
    "uvanet.training.publish",
    "torch.distributed.run",
    "uvanet.cli.predict",
    "uvanet.video.exporter",
    "app.features.analyse.region_store",
    "app.features.training.run_folders",
]


def fork_server() -> ForkServerContext:
    """The server of the processes of these tests. It runs nothing but imports and forks."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_IMPORTED)
    return context


class ForkedProcess:
    """A function in a process of its own, with the interface of `subprocess.Popen`.

    Args:
        run: The function, of a module that can be imported. What it returns is the exit code; None
            is 0.
        arguments: Its arguments.
    """

    def __init__(self, run: Callable[..., int | None], *arguments: object) -> None:
        server = fork_server()
        orders, self._orders = server.Pipe(duplex=False)
        self._output, output = server.Pipe(duplex=False)
        handle, errors = tempfile.mkstemp()
        os.close(handle)
        self._errors = Path(errors)
        self._process = server.Process(
            target=_redirected, args=(orders, output, errors, run, arguments)
        )
        self._process.start()
        self.pid = self._process.pid or 0
        orders.close()
        output.close()
        self.stdin = os.fdopen(self._orders.fileno(), "wb", closefd=False)
        self.stdout = os.fdopen(self._output.fileno(), "rb", closefd=False)

    @property
    def returncode(self) -> int | None:
        """Its exit code; None until it has ended."""
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Sends it a signal."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """Ends it without warning."""
        self._process.kill()

    def communicate(self, timeout: float | None = None) -> tuple[bytes, bytes]:
        """Waits for its end; gives the rest of its output, and its errors."""
        self._orders.close()
        out = self.stdout.read()
        self._process.join(timeout)
        self._output.close()
        err = self._errors.read_bytes()
        self._errors.unlink()
        return out, err


def limit_files() -> None:
    """Files are limited to 3 MB, as on a full disk."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))


def save_often() -> None:
    """A fine-tuning writes a checkpoint ten times a second, in place of each five seconds."""
    from uvanet.training import adapt

    adapt.finetune = partial(adapt.finetune, save_every=0.1)


def run_uvanet(words: list[str], prepare: Callable[[], None] | None = None) -> int:
    """`uvanet` with arguments, for `ForkedProcess`.

    Args:
        words: The arguments.
        prepare: Is called first; a function of this module.
    """
    if prepare:
        prepare()
    from uvanet.cli import main

    return main(words)


def run_torchrun(folder: str, words: list[str]) -> None:
    """`torchrun` with arguments in a folder, for `ForkedProcess`; its own children import torch."""
    from torch.distributed.run import main

    os.chdir(folder)
    main(words)


def run_detached(words: list[str], output: str, errors: str, environment: dict[str, str]) -> None:
    """`uvanet` with arguments in a session of its own; its output is appended to files."""
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    append = os.O_WRONLY | os.O_APPEND
    _use_streams(os.open(os.devnull, os.O_RDONLY), os.open(output, append), os.open(errors, append))
    sys.exit(run_uvanet(words))


def _redirected(
    orders: Connection,
    output: Connection,
    errors: str,
    run: Callable[..., int | None],
    arguments: tuple[object, ...],
) -> None:
    _use_streams(orders.fileno(), output.fileno(), os.open(errors, os.O_WRONLY | os.O_APPEND))
    orders.close()
    output.close()
    sys.exit(run(*arguments))


def _use_streams(*handles: int) -> None:
    for number, handle in enumerate(handles):
        os.dup2(handle, number)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
