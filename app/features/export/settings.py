"""Settings of the export."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta

from app.runtime.settings import Section

MIN_HEIGHT = 16  # pixels; smaller values stand for the height of the source

Preset = Literal["overlay", "beside", "teacher", "numbers"]
Format = Literal["mp4", "webm"]
PictureFormat = Literal["png", "jpg"]
Quality = Literal["small", "good", "best"]
Extra = Literal[
    "contours",
    "peaks",
    "scanpath",
    "regions",
    "color_bar",
    "plot",
    "csv",
    "json",
    "npz",
    "png",
]


class ExportPreset(msgspec.Struct):
    """The options of an export that are remembered.

    Attributes:
        preset: Layout of the frames: "overlay", "beside", "teacher" or "numbers", which makes no
            video.
        format: Container of videos.
        picture_format: Format of pictures.
        quality: One of `uvanet.video.codecs.QUALITIES`.
        height: Height of the frames, pixels; below `MIN_HEIGHT` for the height of the source.
        extras: Layers to draw, and additional files: "csv", "json", "npz", "png".
    """

    preset: Preset = "overlay"
    format: Format = "mp4"
    picture_format: PictureFormat = "png"
    quality: Quality = "good"
    height: Annotated[int, Meta(ge=0, le=8192)] = 0
    extras: list[Extra] = msgspec.field(default_factory=list)

    def values(self) -> dict[str, Any]:
        """The values of these options, by name."""
        return {name: getattr(self, name) for name in ExportPreset.__struct_fields__}


class ExportSettings(ExportPreset, Section):
    """The options of the last export, and the settings of recordings.

    Attributes:
        folder: Folder of exports and recordings; empty where the user has chosen none.
        presets: Options that the user saved, by name.
        keep: Whether the last half minute of a live source is kept on disk, which writes to the
            disk continuously. On by default in 0.1.0.
    """

    SECTION: ClassVar[str] = "export"
    V1: ClassVar[dict[str, str]] = {
        name: f"export_{name}"
        for name in ("preset", "format", "quality", "height", "extras", "folder", "keep")
    }
    V1_DEFAULTS: ClassVar[dict[str, object]] = {"keep": True}

    folder: str = ""
    keep: bool = False
    presets: dict[str, ExportPreset] = msgspec.field(default_factory=dict)
