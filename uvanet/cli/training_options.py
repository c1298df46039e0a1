"""Options, events and error handling that the training commands share."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
from tqdm import tqdm

from uvanet.cli.options import integer
from uvanet.errors import MEMORY_HINT, UsageError, UvanetError, is_out_of_memory
from uvanet.extras import require
from uvanet.i18n import tr, tr_noop
from uvanet.model_card import Card
from uvanet.paths import expand_user
from uvanet.registry import list_models
from uvanet.system_info import usable_cores
from uvanet.training.control import Callback, ControlState, JsonlChannel, listening
from uvanet.training.progress import ErrorEvent, Event, LogEvent, StartEvent, StepEvent
from uvanet.training.run_lock import run_lock
from uvanet.user_models import make_private, models_folder

TRAINING = ("torch", "onnx", "lightning_fabric", "efficientnet_lite_pytorch")
"""Modules of the extra `train`."""


def need_torch() -> None:
    """Checks that the extra `train` is installed, before a run fails half-way.

    Raises:
        MissingExtraError: It is not.
    """
    for module in TRAINING:
        require(module, "train")


def preset_named(name: str) -> str:
    """Checks the name of a student and returns it; needs torch.

    Raises:
        UsageError: There is no such student.
    """
    from uvanet.models import PRESETS

    if name not in PRESETS:
        raise UsageError(
            tr("There is no student {name!r}.").format(name=name),
            tr("Choose {choices}.").format(choices=", ".join(PRESETS)),
        )
    return name


def add_student(parser: argparse.ArgumentParser, *, min_epochs: int = 1) -> None:
    """Adds the data, the student and the length of a run of many epochs."""
    parser.add_argument("--data", metavar="FOLDER", help="the gaze data (else UVANET_DATA)")
    parser.add_argument(
        "--preset", default="uvanet-64", metavar="NAME", help="the student (%(default)s)"
    )
    parser.add_argument(
        "--epochs",
        type=integer(min_epochs, 100_000),
        metavar="N",
        help="passes over the pictures" + (", 0 for step 2 alone" if not min_epochs else ""),
    )


def add_result(parser: argparse.ArgumentParser) -> None:
    """Adds the name of the new student, and whether it is installed."""
    parser.add_argument(
        "--name", type=_model_name, default="", metavar="NAME", help="name of the new student"
    )
    parser.add_argument(
        "--install", action="store_true", help="keep the student among your own models"
    )


def accuracy(card: Card) -> str:
    """A sentence with the NSS of a new student on val."""
    nss, prior = card.measured("val")["nss"], card.metrics["val"]["center-prior"]["nss"]
    return f"NSS {nss:.3f} on val (center prior {prior:.3f}), {card.parameters} parameters"


def _model_name(name: str) -> str:
    """Checks the name of a new model, which is also that of its folder and files; "" for none.

    Raises:
        UsageError: It is no file name, or a model that ships or one of the user's has it.
    """
    if not re.fullmatch(r"([\w-][\w .+-]{0,78}[\w+-]|\w)?", name):
        raise UsageError(
            tr("{name!r} is no name for a model.").format(name=name),
            tr("Use letters, digits, dots and hyphens."),
        )
    if name and (models_folder() / name).exists():
        raise UsageError(
            tr("One of your models is called {name}.").format(name=name),
            tr("Choose another --name."),
        )
    if name in {card.name for card in list_models()}:  # the new one would hide it
        raise UsageError(
            tr("A model that ships is called {name}.").format(name=name),
            tr("Choose another --name."),
        )
    return name


def add_training(parser: argparse.ArgumentParser) -> None:
    """Adds the options of every training command."""
    parser.add_argument(
        "--out", type=_folder, required=True, metavar="FOLDER", help="the run's folder"
    )
    parser.add_argument(
        "--events",
        choices=("jsonl",),
        help="write progress events to stdout, a JSON object a line; obey the lines `stop`, "
        "`pause` and `resume` on stdin",
    )
    parser.add_argument(
        "--threads", type=integer(1, 256), metavar="N", help="threads to use (all cores but one)"
    )
    parser.add_argument(
        "--background", action="store_true", help="run at a lower priority than other programs"
    )


def add_machine(parser: argparse.ArgumentParser) -> None:
    """Adds device and precision of a run of many epochs."""
    parser.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda", "mps"),
        default="auto",
        help="device to train on (%(default)s)",
    )
    parser.add_argument(
        "--precision",
        choices=("32-true", "bf16-mixed", "16-mixed"),
        default="32-true",
        help="numeric precision of training (%(default)s)",
    )


def _folder(text: str) -> Path:
    # Absolute, since a run is recognized by the path of its folder.
    return expand_user(text).resolve()


class ProgressBar(Callback):
    """Shows a run's progress on a terminal."""

    def __init__(self) -> None:
        self._bar: tqdm[None] | None = None
        self._phase = ""

    def emit(self, event: Event) -> None:
        """See `Callback.emit`."""
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


class _WarningEvents(logging.Handler):
    """Emits the warnings of the log as events."""

    def __init__(self, callback: Callback) -> None:
        super().__init__(logging.WARNING)
        self._callback = callback

    def emit(self, record: logging.LogRecord) -> None:
        self._callback.emit(LogEvent(text=record.getMessage()))


def is_other_process() -> bool:
    """Whether torchrun started several processes and this is not the first, which reports."""
    return bool(int(os.environ.get("RANK", "0")))


@contextlib.contextmanager
def running(arguments: argparse.Namespace, title: str) -> Iterator[tuple[Callback, int]]:
    """Locks a run's folder, and emits events of its start and of the error that ends it.

    Args:
        arguments: Parsed arguments, among them those of `add_training`.
        title: Title of the run, for people.

    Yields:
        The callback of the run and the number of threads to use.

    Raises:
        UvanetError: Another run uses the folder, or the folder cannot be made.
    """
    out: Path = arguments.out
    threads = arguments.threads or max(1, usable_cores() - 1)
    if is_other_process():
        yield Callback(), threads
        return
    if arguments.background:
        _lower_priority()
    state, bar = ControlState(), ProgressBar()
    callback: Callback = JsonlChannel(sys.stdout, out, state) if arguments.events else bar
    with contextlib.ExitStack() as stack:
        try:
            if arguments.events:
                # First: until then, SIGTERM ends the process without an event.
                stack.enter_context(listening(state))
            make_private(out)
            stack.enter_context(run_lock(out))
            if arguments.events:
                handler = _WarningEvents(callback)
                logging.getLogger().addHandler(handler)
                stack.callback(logging.getLogger().removeHandler, handler)
            stack.callback(bar.close)
            callback.emit(
                StartEvent(title=title, folder=str(out), threads=threads, pid=os.getpid())
            )
            yield callback, threads
        except UvanetError as error:
            callback.emit(ErrorEvent(message=error.message, hint=error.hint))
            raise
        except OSError as error:
            message = tr("The run cannot go on: {reason} ({path}).").format(
                reason=error.strerror or error, path=error.filename or out
            )
            hint = tr("Check that the folder exists and the disk has room; then start it again.")
            callback.emit(ErrorEvent(message=message, hint=hint))
            raise UvanetError(message, hint) from error
        except Exception as error:
            detail = f"{type(error).__name__}: {error}".rstrip(": ")
            message = tr("The run failed: {error}.").format(error=detail)
            hint = MEMORY_HINT if is_out_of_memory(error) else tr_noop("Look at its log.")
            callback.emit(ErrorEvent(message=message, hint=tr(hint)))
            raise


def _lower_priority() -> None:
    with contextlib.suppress(psutil.Error, OSError):
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else 10)
