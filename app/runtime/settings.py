"""What the program remembers between two starts."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import tempfile
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from uvanet.video.codecs import QUALITIES
from uvanet.video.colormaps import COLORMAPS

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)

VERSION = 1
RECENT_MOST = 10
THEMES = ("system", "dark", "light")
MODEL_ENGINES = ("auto", "onnx", "torch")
COMPARE_VIEWS = ("student", "side", "wipe", "original")
EXPORT_PRESETS = ("overlay", "beside", "teacher", "numbers")
EXPORT_EXTRAS = ("contours", "peaks", "plot", "csv", "json", "npz", "png")


@dataclass(slots=True)
class Settings:
    """The values; each field has a default and a check of its own.

    Attributes:
        colormap: One of `uvanet.video.colormaps.COLORMAPS`.
        opacity: 0..1.
        threshold: 0..1.
        smoothing: Time constant in seconds, 0..1.
        overlay: Whether the heat is shown.
        theme: One of `THEMES`.
        panel: Whether the side panel is shown.
        loop: Whether files start again at their end.
        geometry: The window's place as Qt saved it, in base64; empty before the first start.
        folder: Where the file dialogs opened last.
        export_preset: One of `EXPORT_PRESETS`.
        export_format: "mp4" or "webm".
        export_quality: One of `uvanet.video.codecs.QUALITIES`.
        export_height: Pixels of an exported picture; 0 for the source's.
        export_extras: Of `EXPORT_EXTRAS`, what goes along.
        export_folder: Where exports go; empty for the user's folder for videos.
        export_keep: Whether the last half minute of a live source is kept on disk.
        recent: Strings that open recent sources again, newest first.
        compare_view: One of `COMPARE_VIEWS`.
        compare_paired: Whether only frames that student and teacher have both seen are shown.
        compare_wipe: Where the wipe stands, as a share of the picture's width.
        compare_teacher: The teacher, as `uvanet.load` takes it; empty for the first there is.
        model: The student, likewise; empty for the one that comes with the program.
        model_engine: What runs it, as `uvanet.load` takes it.
        model_files: Users' own models, likewise, newest first.
        folded: Names of the side panel's cards that are folded.
        analyse_strip: Whether attention over time is shown over the timeline.
        analyse_looks: Whether the predicted order of looks is shown.
        camera_size: Width and height that cameras are asked for; 0 and 0 for what they like.
        camera_fps: Frames a second that cameras are asked for; 0 for what they like.
        turned: By the string that opens a source: whether it is mirrored (0 or 1), and its
            quarter turns clockwise (0..3).
        training_teacher: The teacher chosen last, a name or the path of an ONNX file.
        training_replay: The folder of general pictures chosen last.
        training_data: The folder of gaze data chosen last.
        training_steps: Batches of an adaptation.
        training_background: Whether training runs at a lower priority than the live view.
        unknown: Keys of a newer version of the program; written back unchanged.
    """

    colormap: str = "turbo"
    opacity: float = 0.6
    threshold: float = 0.15
    smoothing: float = 0.12
    overlay: bool = True
    theme: str = "system"
    panel: bool = True
    loop: bool = True
    geometry: str = ""
    folder: str = ""
    export_preset: str = "overlay"
    export_format: str = "mp4"
    export_quality: str = "good"
    export_height: int = 0
    export_extras: list[str] = field(default_factory=list)
    export_folder: str = ""
    export_keep: bool = True
    recent: list[str] = field(default_factory=list)
    compare_view: str = "student"
    compare_paired: bool = True
    compare_wipe: float = 0.5
    compare_teacher: str = ""
    model: str = ""
    model_engine: str = "auto"
    model_files: list[str] = field(default_factory=list)
    folded: list[str] = field(default_factory=list)
    analyse_strip: bool = True
    analyse_looks: bool = False
    camera_size: list[int] = field(default_factory=lambda: [0, 0])
    camera_fps: int = 0
    turned: dict[str, list[int]] = field(default_factory=dict)
    training_teacher: str = ""
    training_replay: str = ""
    training_data: str = ""
    training_steps: int = 600
    training_background: bool = True
    unknown: dict[str, Any] = field(default_factory=dict)

    def add_recent(self, spec: str) -> None:
        """Puts a source at the head of the recent ones."""
        self.recent = [spec, *(other for other in self.recent if other != spec)][:RECENT_MOST]


def settings_path() -> Path:
    """The file the settings live in."""
    return Path(platformdirs.user_config_dir("uvanet", appauthor=False), "settings.json")


def load(path: Path) -> Settings:
    """Reads the settings, salvaging every field that makes sense; never fails.

    A damaged file is kept beside the new one, with `.damaged` added to its name.
    """
    settings = Settings()
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(stored, dict):
            raise TypeError("the settings are not an object")
    except FileNotFoundError:
        return settings
    except (OSError, ValueError, TypeError, RecursionError) as error:
        _log.warning("settings at %s cannot be read: %s", path, error)
        with contextlib.suppress(OSError):
            os.replace(path, path.with_name(path.name + ".damaged"))
        return settings
    known = {entry.name for entry in fields(Settings)} - {"unknown"}
    for name, value in stored.items():
        if name == "version":
            continue
        if name == "model_engine" and value == "openvino":  # an engine of 0.1.0
            value = "onnx"
        if name not in known:
            settings.unknown[name] = value
        elif _CHECKS[name](value):
            setattr(settings, name, float(value) if name in _NUMBERS else value)
        else:
            _log.warning("setting %s has no use for %r; its default stays", name, value)
    settings.recent = settings.recent[:RECENT_MOST]
    return settings


def save(settings: Settings, path: Path) -> bool:
    """Writes the settings so that a crash at any moment leaves the old or the new file whole.

    Returns:
        Whether it worked; a full disk or a read-only home is logged and no reason to fail.
    """
    values = asdict(settings)
    stored = {"version": VERSION, **values.pop("unknown"), **values}
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # mkstemp makes the file readable by its owner alone: a stream's address may hold a
        # password.
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".tmp")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(stored, file, indent=2, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        _log.warning("settings cannot be written to %s: %s", path, error)
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        return False
    return True


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)


def _are_numbers(value: object, count: int, most: int) -> bool:
    return (
        isinstance(value, list)
        and len(value) == count
        and all(type(entry) is int and 0 <= entry <= most for entry in value)
    )


_NUMBERS = {"opacity", "threshold", "smoothing", "compare_wipe"}
_CHECKS: dict[str, Callable[[Any], bool]] = {
    "colormap": lambda value: isinstance(value, str) and value in COLORMAPS,
    "opacity": _is_share,
    "threshold": _is_share,
    "smoothing": _is_share,
    "overlay": _is_bool,
    "theme": lambda value: isinstance(value, str) and value in THEMES,
    "panel": _is_bool,
    "loop": _is_bool,
    "geometry": _is_text,
    "folder": _is_text,
    "export_preset": lambda value: value in EXPORT_PRESETS,
    "export_format": lambda value: value in ("mp4", "webm"),
    "export_quality": lambda value: value in QUALITIES,
    "export_height": lambda value: type(value) is int and (value == 0 or 16 <= value <= 8192),
    "export_extras": lambda value: _is_texts(value) and set(value) <= set(EXPORT_EXTRAS),
    "export_folder": _is_text,
    "export_keep": _is_bool,
    "recent": _is_texts,
    "compare_view": lambda value: isinstance(value, str) and value in COMPARE_VIEWS,
    "compare_paired": _is_bool,
    "compare_wipe": _is_share,
    "compare_teacher": _is_text,
    "model": _is_text,
    "model_engine": lambda value: isinstance(value, str) and value in MODEL_ENGINES,
    "model_files": _is_texts,
    "folded": _is_texts,
    "analyse_strip": _is_bool,
    "analyse_looks": _is_bool,
    "camera_size": lambda value: _are_numbers(value, 2, 16_384),
    "camera_fps": lambda value: _are_numbers([value], 1, 1000),
    "turned": lambda value: (
        isinstance(value, dict) and all(_are_numbers(entry, 2, 3) for entry in value.values())
    ),
    "training_teacher": _is_text,
    "training_replay": _is_text,
    "training_data": _is_text,
    "training_background": _is_bool,
    "training_steps": lambda value: type(value) is int and 20 <= value <= 100_000,
}
