"""The folders of training runs: made, found, read and deleted."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, Literal

import msgspec

from app.ui.i18n import tr
from uvanet.atomic_io import numbered, write_bytes
from uvanet.bounded_io import read_bounded
from uvanet.errors import UvanetError
from uvanet.training.run_lock import holder
from uvanet.user_models import make_private, runs_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVENTS, LOG, REQUEST = "events.jsonl", "log.txt", "run.json"
_MAX_REQUEST_BYTES = 1 << 20


class RunRequest(msgspec.Struct, frozen=True):
    """What a run is to do. Its JSON is the file `run.json` of the run's folder.

    Attributes:
        kind: The dialog that shows it: "adapt" for a scene, "distill" for a folder.
        title: Shown to the user.
        arguments: As the commands of 0.1.0 took them; `--quick` marks a fine-tuning on a folder.
        background: Whether it runs at a lower priority than the live view.
        source: The scene that is learned, as `make_source` takes it; empty for a folder.
    """

    kind: Literal["adapt", "distill"]
    title: str
    arguments: list[str] = []
    background: bool = True
    source: str = ""

    @property
    def fine_tuning(self) -> bool:
        """Whether it takes minutes; otherwise it is a distillation in both steps."""
        return self.kind == "adapt" or "--quick" in self.arguments

    def option(self, name: str) -> str:
        """The value of an option, such as "--start"; empty where it is not given."""
        given = self.arguments
        place = given.index(name) + 1 if name in given else len(given)
        return given[place] if place < len(given) else ""

    def command(self) -> list[str]:
        """The command of `uvanet` and its arguments, without `--out` and `--events`."""
        name = "finetune" if self.fine_tuning else "distill"
        return [name, *(entry for entry in self.arguments if entry != "--quick")]


def new_run_folder() -> Path:
    """Makes the folder of a new run; only its owner may read it.

    Raises:
        OutputError: It cannot be made.
    """
    names = numbered(make_private(runs_folder()) / time.strftime("%Y%m%d-%H%M%S"))
    while True:
        folder = next(names)
        try:
            folder.mkdir()
        except FileExistsError:  # of the same second, perhaps of another program
            continue
        except OSError:  # `make_private` says why it cannot be made
            pass
        return make_private(folder)


def write_request(folder: Path, request: RunRequest) -> None:
    """Writes what a run does into its folder, atomically.

    Raises:
        OSError: The folder cannot be written to.
    """
    write_bytes(folder / REQUEST, msgspec.json.format(msgspec.json.encode(request), indent=1))


def read_request(folder: Path) -> RunRequest | None:
    """What the run in a folder does; None where there is no valid request."""
    try:
        data = read_bounded(folder / REQUEST, _MAX_REQUEST_BYTES)
        return msgspec.json.decode(data, type=RunRequest)
    except (OSError, ValueError, RecursionError):  # msgspec's errors are ValueErrors
        return None


def find_runs() -> Iterator[tuple[Path, RunRequest]]:
    """The runs that have a folder, oldest first."""
    for folder in sorted(runs_folder().glob("*")):
        request = read_request(folder)
        if request is not None:
            yield folder, request


def delete_run(folder: Path) -> None:
    """Deletes a run's folder with everything in it.

    Raises:
        UvanetError: The run is still active.
    """
    if holder(folder) is not None:
        raise UvanetError(tr("This run is still active."), tr("Stop it first."))
    shutil.rmtree(folder, ignore_errors=True)
