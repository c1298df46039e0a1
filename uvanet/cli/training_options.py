"""What the training commands share: their options, their events, their end."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from typing import TYPE_CHECKING

from uvanet.cli.options import number
from uvanet.errors import UvanetError
from uvanet.system_info import usable_cores
from uvanet.training.control import Callback, ControlState, JsonlChannel, listening
from uvanet.training.progress import ErrorEvent, LogEvent, StartEvent, StepEvent
from uvanet.training.run_lock import run_lock
from uvanet.user_models import private

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path

    from tqdm import tqdm

    from uvanet.training.progress import Event


def add_training(parser: argparse.ArgumentParser) -> None:
    """Adds what every training command takes."""
    parser.add_argument(
        "--events",
        choices=("jsonl",),
        help="tell of the run on stdout, a JSON object a line; `stop`, `pause` and `resume` on "
        "stdin are obeyed",
    )
    parser.add_argument(
        "--threads", type=number(1, 256), metavar="N", help="of the processor (all but one)"
    )
    parser.add_argument(
        "--background", action="store_true", help="run at a lower priority than other programs"
    )


def add_machine(parser: argparse.ArgumentParser) -> None:
    """Adds what a run of many epochs runs on."""
    parser.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda", "mps"),
        default="auto",
        help="what it runs on (%(default)s)",
    )
    parser.add_argument(
        "--precision",
        choices=("32-true", "bf16-mixed", "16-mixed"),
        default="32-true",
        help="numbers that it is made of (%(default)s)",
    )


class Bar(Callback):
    """Shows a run on a terminal."""

    def __init__(self) -> None:
        self._bar: tqdm[None] | None = None
        self._phase = ""

    def emit(self, event: Event) -> None:
        """See `Callback.emit`."""
        from tqdm import tqdm

        if not isinstance(event, StepEvent):
            return
        again = self._bar is not None and event.done < self._bar.n
        if event.phase != self._phase or again:
            self.close()
            self._phase = event.phase
            self._bar = tqdm(
                total=event.total,
                desc=self._phase,
                bar_format="{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}{postfix}",
            )
        if self._bar is not None:
            self._bar.n = event.done
            if event.loss is not None:
                self._bar.set_postfix_str(f"loss {event.loss:.3f}", refresh=False)
            self._bar.refresh()

    def close(self) -> None:
        """Ends the line."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


class _Told(logging.Handler):
    """Passes warnings on as events."""

    def __init__(self, watch: Callback) -> None:
        super().__init__(logging.WARNING)
        self._watch = watch

    def emit(self, record: logging.LogRecord) -> None:
        self._watch.emit(LogEvent(text=record.getMessage()))


@contextlib.contextmanager
def running(arguments: argparse.Namespace, title: str, out: Path) -> Iterator[tuple[Callback, int]]:
    """Holds a run's folder, and tells of its start and of what breaks it.

    Args:
        arguments: With what `add_training` added.
        title: Of the run.
        out: Its folder; made where missing, for its owner alone.

    Yields:
        Whom to tell, and how many threads to use.

    Raises:
        UvanetError: Another run works in the folder, or it cannot be made.
    """
    threads = int(arguments.threads or max(1, usable_cores() - 1))
    if int(os.environ.get("RANK", "0")):
        # Of the processes that torchrun starts, the first holds the folder and tells.
        yield Callback(), threads
        return
    if arguments.background:
        _step_back()
    orders = ControlState()
    bar = Bar()
    watch: Callback = JsonlChannel(sys.stdout, out, orders) if arguments.events else bar
    with contextlib.ExitStack() as stack:
        try:
            private(out)
            stack.enter_context(run_lock(out))
            if arguments.events:
                handler = _Told(watch)
                logging.getLogger().addHandler(handler)
                stack.callback(logging.getLogger().removeHandler, handler)
                stack.enter_context(listening(orders))
            stack.callback(bar.close)
            watch.emit(StartEvent(title=title, folder=str(out), threads=threads, pid=os.getpid()))
            yield watch, threads
        except UvanetError as error:
            watch.emit(ErrorEvent(message=error.message, hint=error.hint))
            raise
        except OSError as error:
            reason = f"The run cannot go on: {error.strerror or error} ({error.filename or out})."
            hint = "See that the folder is there and the disk has room; then start it again."
            watch.emit(ErrorEvent(message=reason, hint=hint))
            raise UvanetError(reason, hint) from error
        except Exception as error:
            words = f"{type(error).__name__}: {error}"
            watch.emit(ErrorEvent(message=f"The run broke: {words}", hint="Look at its log."))
            raise


def _step_back() -> None:
    import psutil

    with contextlib.suppress(psutil.Error, OSError):
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else 10)
