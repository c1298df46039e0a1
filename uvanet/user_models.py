"""The user's own models and training runs, in the user's data folder of the platform."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path

import platformdirs
from msgspec.structs import replace

from uvanet.atomic_io import atomic_write, numbered, remove_all_stale_parts
from uvanet.errors import output_errors
from uvanet.i18n import tr
from uvanet.model_card import read_card


def data_folder() -> Path:
    """Data folder of the program; it may not exist yet."""
    return Path(platformdirs.user_data_dir("uvanet", appauthor=False))


def models_folder() -> Path:
    """Folder of the user's models; `<name>/` holds `<name>.onnx`, `.json` and `.safetensors`."""
    return data_folder() / "models"


def runs_folder() -> Path:
    """Folder of the training runs, one subfolder each."""
    return data_folder() / "runs"


def make_private(folder: Path) -> Path:
    """Makes a folder that only its owner can read (mode 0700), and returns it.

    Raises:
        OutputError: The folder cannot be made.
    """
    with output_errors(
        tr("The folder {folder} cannot be made: {reason}."),
        tr("Choose another folder."),
        folder=folder,
    ):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    return folder


def free_name(stem: str) -> str:
    """An unused model name: `stem` in lower case, then month, day, hour and minute."""
    words = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:40] or "own"
    wanted = models_folder() / f"{words}-{time.strftime('%m%d-%H%M')}"
    return next(folder.name for folder in numbered(wanted) if not folder.exists())


def user_model_files() -> list[Path]:
    """ONNX files of the user's models, by name."""
    return sorted(
        path for path in models_folder().glob("*/*.onnx") if path.stem == path.parent.name
    )


def user_model(name: str) -> Path | None:
    """ONNX file of one of the user's models; None if no model has that name."""
    path = models_folder() / name / f"{name}.onnx"
    return path if name and Path(name).name == name and path.is_file() else None


def save_user_model(folder: Path, stem: str, name: str) -> Path:
    """Copies a model to the user's models, complete or not at all.

    Args:
        folder: Folder with `<stem>.onnx`, `.json` and `.safetensors`.
        stem: Current name.
        name: New name, not in use.

    Returns:
        Path of the new ONNX file.

    Raises:
        ModelError: The card is damaged.
        OutputError: The model cannot be written.
    """
    target = models_folder() / name
    with output_errors(
        tr("The model cannot be saved in {folder}: {reason}."),
        tr("Free some disk space."),
        folder=models_folder(),
    ):
        models_folder().mkdir(parents=True, exist_ok=True)
        remove_all_stale_parts(models_folder())
        with atomic_write(target) as part:
            part.mkdir()
            for suffix in (".onnx", ".safetensors"):
                shutil.copyfile(folder / f"{stem}{suffix}", part / f"{name}{suffix}")
            card = read_card(folder / f"{stem}.json")
            replace(card, name=name).write(part / f"{name}.json")
    return target / f"{name}.onnx"
