"""Makes, finds, reads and deletes the folders of training runs."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from app.ui.i18n import tr
from uvanet.atomic_io import numbered, write_bytes
from uvanet.bounded_io import read_bounded
from uvanet.errors import UvanetError
from uvanet.training.control import CONTROL
from uvanet.training.run_lock import LOCK, PID, holder
from uvanet.user_models import make_private, runs_folder

EVENTS, LOG, REQUEST = "events.jsonl", "log.txt", "run.json"
_MAX_REQUEST_BYTES = 1 << 20
_NO_WORK = {EVENTS, LOG, REQUEST, CONTROL, LOCK, PID}


class RunRequest(msgspec.Struct, frozen=True):
    """Request of a run. Stored as `run.json` in the folder of the run.

    Attributes:
        kind: The dialog that shows it: "adapt" for a scene, "distill" for a folder.
        title: Shown to the user.
        arguments: Command line arguments of 0.1.0; `--quick` marks a fine-tuning on a folder.
        background: Whether the run has a lower priority than the live view.
        source: The scene to learn, as an argument of `make_source`; empty for a folder.
    """

    kind: Literal["adapt", "distill"]
    title: str
    arguments: list[str] = []
    background: bool = True
    source: str = ""

    @property
    def fine_tuning(self) -> bool:
        """Whether the run is a fine-tuning; otherwise it is a distillation in both steps."""
        return self.kind == "adapt" or "--quick" in self.arguments

    def option(self, name: str) -> str:
        """Returns the value of an option such as "--start"; empty if it is not given."""
        arguments = self.arguments
        index = arguments.index(name) + 1 if name in arguments else len(arguments)
        return arguments[index] if index < len(arguments) else ""

    def command(self) -> list[str]:
        """Returns the command of `uvanet` with its arguments, without `--out` and `--events`."""
        name = "finetune" if self.fine_tuning else "distill"
        return [name, *(argument for argument in self.arguments if argument != "--quick")]


def new_run_folder() -> Path:
    """Makes the folder of a new run; only its owner may read it.

    Raises:
        OutputError: The folder cannot be made.
    """
    names = numbered(make_private(runs_folder()) / time.strftime("%Y%m%d-%H%M%S"))
    while True:
        folder = next(names)
        try:
            folder.mkdir()
        except FileExistsError:  # another run of the same second
            continue
        except OSError:  # `make_private` raises an OutputError with the reason
            pass
        return make_private(folder)


def write_request(folder: Path, request: RunRequest) -> None:
    """Writes the request of a run into its folder, atomically.

    Raises:
        OSError: The folder cannot be written to.
    """
    write_bytes(folder / REQUEST, msgspec.json.format(msgspec.json.encode(request), indent=1))


def read_request(folder: Path) -> RunRequest | None:
    """Reads the request of the run in a folder; None if there is no valid one."""
    try:
        data = read_bounded(folder / REQUEST, _MAX_REQUEST_BYTES)
        return msgspec.json.decode(data, type=RunRequest)
    except (OSError, ValueError, RecursionError):  # msgspec's errors are ValueErrors
        return None


def find_runs() -> Iterator[tuple[Path, RunRequest]]:
    """Yields folder and request of each run, oldest first."""
    for folder in sorted(runs_folder().glob("*")):
        request = read_request(folder)
        if request is not None:
            yield folder, request


def holds_work(folder: Path) -> bool:
    """Whether a run's folder holds labelled frames, weights or a checkpoint to go on from."""
    try:
        return any(path.name not in _NO_WORK for path in folder.iterdir())
    except OSError:
        return False


def delete_run(folder: Path) -> None:
    """Deletes a run's folder with everything in it.

    Raises:
        UvanetError: The run is still active.
    """
    if holder(folder) is not None:
        raise UvanetError(tr("This run is still active."), tr("Stop it first."))
    shutil.rmtree(folder, ignore_errors=True)
