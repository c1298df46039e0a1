"""Folders of recorded frames: temporary ones for one training run, and ones that are kept."""

from __future__ import annotations

import itertools
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from app.features.training.run_folders import find_runs
from app.ui.i18n import tr
from uvanet.errors import OutputError
from uvanet.user_models import data_folder, make_private

_TEMPORARY, _KEPT = "train-", "kept-"
_NUMBERS = itertools.count(1)  # makes names unique within a second


def recordings_folder() -> Path:
    """The folder of all recordings; it may not exist."""
    return data_folder() / "recordings"


def new_recording_folder() -> Path:
    """Makes a temporary folder for a recording; only its owner may read it.

    Raises:
        OutputError: The folder cannot be made.
    """
    # The process id marks recordings of a killed program, which a later start deletes.
    name = f"{_TEMPORARY}{time.strftime('%Y%m%d-%H%M%S')}-{next(_NUMBERS)}-p{os.getpid()}"
    return make_private(make_private(recordings_folder()) / name)


def keep_recording(folder: Path) -> Path:
    """Renames a temporary recording so that it is kept after its run.

    Returns:
        The new path; the same path if the folder is not a temporary recording.

    Raises:
        OutputError: The folder cannot be renamed.
    """
    if not _is_temporary(folder):
        return folder
    try:
        return folder.rename(folder.with_name(folder.name.replace(_TEMPORARY, _KEPT, 1)))
    except OSError as error:
        raise OutputError(
            tr("The recording cannot be kept: {0}.").format(error), tr("Record it again.")
        ) from error


def holds_recording(arguments: Sequence[str]) -> bool:
    """Whether a run learns from a temporary recording that exists; see `delete_recording`."""
    return any(_is_temporary(Path(argument)) and Path(argument).is_dir() for argument in arguments)


def delete_recording(arguments: Sequence[str]) -> None:
    """Deletes the temporary recording of a run; no other folder is deleted.

    Args:
        arguments: Arguments of the run; one of them may be the folder.
    """
    for argument in arguments:
        if _is_temporary(folder := Path(argument)):
            shutil.rmtree(folder, ignore_errors=True)


def delete_unused_recordings(*, closing: bool = False) -> None:
    """Deletes temporary recordings whose run never started.

    Args:
        closing: Delete those of this process too, not only those of ended processes.
    """
    used = {argument for _, request in find_runs() for argument in request.arguments}
    for folder in recordings_folder().glob(f"{_TEMPORARY}*"):
        pid = folder.name.rpartition("-p")[2]
        own = pid == str(os.getpid())
        needed = not closing if own else pid.isdecimal() and psutil.pid_exists(int(pid))
        if str(folder) not in used and not needed:
            shutil.rmtree(folder, ignore_errors=True)


def _is_temporary(folder: Path) -> bool:
    return folder.parent == recordings_folder() and folder.name.startswith(_TEMPORARY)
