"""Where a user's own models and training runs live: the platform's folder for a program's data."""

from __future__ import annotations

import dataclasses
import logging
import re
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from uvanet.atomic_io import atomic_write, remove_all_stale_parts
from uvanet.errors import ModelError, OutputError, UvanetError

if TYPE_CHECKING:
    from uvanet.model_card import Card

_LOG = logging.getLogger(__name__)


def data_folder() -> Path:
    """The folder; it may not exist yet."""
    return Path(platformdirs.user_data_dir("uvanet", appauthor=False))


def models_folder() -> Path:
    """A folder a model: `<name>/<name>.onnx`, its card and its safetensors."""
    return data_folder() / "models"


def runs_folder() -> Path:
    """A folder a run."""
    return data_folder() / "runs"


def private(folder: Path) -> Path:
    """Makes a folder that its owner alone may look into.

    Raises:
        OutputError: It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise OutputError(
            f"The folder {folder} cannot be made: {error.strerror or error}.",
            "Choose another folder.",
        ) from error
    return folder


def free_name(stem: str) -> str:
    """A model's name that is not taken: words of `stem`, the day and the minute."""
    words = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:40] or "own"
    name = base = f"{words}-{time.strftime('%m%d-%H%M')}"
    count = 2
    while (models_folder() / name).exists():
        name, count = f"{base}-{count}", count + 1
    return name


def user_models() -> list[tuple[Path, Card]]:
    """The user's own models, by name; what is damaged is left out, and the log says so."""
    from uvanet.model_card import read_card

    found = []
    for path in sorted(models_folder().glob("*/*.onnx")):
        if path.stem != path.parent.name:
            continue
        try:
            found.append((path, read_card(path.with_suffix(".json"))))
        except ModelError as error:
            _LOG.warning("left out: %s", error)
    return found


def user_model(name: str) -> Path | None:
    """The ONNX file of one of the user's own models; None where there is no such."""
    path = models_folder() / name / f"{name}.onnx"
    return path if name and Path(name).name == name and path.is_file() else None


def save_user_model(folder: Path, stem: str, name: str) -> Path:
    """Copies a model among the user's own, whole or not at all.

    Args:
        folder: Holds `<stem>.onnx`, `.json` and `.safetensors`.
        stem: Its name until now.
        name: Its name from now on; not taken yet.

    Returns:
        Its ONNX file.

    Raises:
        OutputError: It cannot be written.
    """
    from uvanet.model_card import read_card

    target = models_folder() / name
    try:
        models_folder().mkdir(parents=True, exist_ok=True)
        remove_all_stale_parts(models_folder())
        with atomic_write(target) as part:
            part.mkdir()
            for suffix in (".onnx", ".safetensors"):
                shutil.copyfile(folder / f"{stem}{suffix}", part / f"{name}{suffix}")
            card = read_card(folder / f"{stem}.json")
            dataclasses.replace(card, name=name).write(part / f"{name}.json")
    except OSError as error:
        raise OutputError(
            f"The model cannot be kept in {models_folder()}: {error.strerror or error}.",
            "Make room on the disk.",
        ) from error
    return target / f"{name}.onnx"


def delete_user_model(name: str) -> None:
    """Deletes one of the user's own models.

    Raises:
        UvanetError: There is no such model of theirs.
    """
    path = user_model(name)
    if path is None:
        raise UvanetError(f"{name} is no model of your own.", "Only those can be deleted.")
    shutil.rmtree(path.parent)
