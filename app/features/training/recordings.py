"""The folders of recorded frames: those made for one training run, and those that are kept."""

from __future__ import annotations

import itertools
import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from app.features.training.run_folders import find_runs
from app.ui.i18n import tr
from uvanet.errors import OutputError
from uvanet.user_models import data_folder, make_private

if TYPE_CHECKING:
    from collections.abc import Sequence

_TEMPORARY, _KEPT = "train-", "kept-"
_NUMBERS = itertools.count(1)  # two recordings may begin in the same second


def recordings_folder() -> Path:
    """The folder of all recordings; it may not exist."""
    return data_folder() / "recordings"


def new_recording_folder() -> Path:
    """Makes the folder of a recording for one run; only its owner may read it.

    Raises:
        OutputError: It cannot be made.
    """
    # By the process number, a later start finds the recordings of a program that was killed.
    name = f"{_TEMPORARY}{time.strftime('%Y%m%d-%H%M%S')}-{next(_NUMBERS)}-p{os.getpid()}"
    return make_private(make_private(recordings_folder()) / name)


def keep_recording(folder: Path) -> Path:
    """Renames a recording so that it outlives its run; gives the new path, or the same.

    Raises:
        OutputError: It cannot be renamed.
    """
    if not _is_temporary(folder):
        return folder
    try:
        return folder.rename(folder.with_name(folder.name.replace(_TEMPORARY, _KEPT, 1)))
    except OSError as error:
        raise OutputError(
            tr("The recording cannot be kept: {0}.").format(error), tr("Record it again.")
        ) from error


def delete_recording(arguments: Sequence[str]) -> None:
    """Deletes the recording that was made for a run alone; never another folder.

    Args:
        arguments: Arguments of the run.
    """
    for argument in arguments:
        if _is_temporary(folder := Path(argument)):
            shutil.rmtree(folder, ignore_errors=True)


def delete_unused_recordings(*, closing: bool = False) -> None:
    """Deletes recordings made for a run that never began.

    Args:
        closing: Include those of this process, and not only of processes that have ended.
    """
    used = {argument for _, request in find_runs() for argument in request.arguments}
    for folder in recordings_folder().glob(f"{_TEMPORARY}*"):
        owner = folder.name.rpartition("-p")[2]
        ours = owner == str(os.getpid())
        needed = not closing if ours else owner.isdecimal() and psutil.pid_exists(int(owner))
        if str(folder) not in used and not needed:
            shutil.rmtree(folder, ignore_errors=True)


def _is_temporary(folder: Path) -> bool:
    return folder.parent == recordings_folder() and folder.name.startswith(_TEMPORARY)
