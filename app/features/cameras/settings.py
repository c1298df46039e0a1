"""Settings of the cameras."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from app.runtime.settings import Section

Side = Annotated[int, Meta(ge=0, le=16_384)]


class CameraSettings(Section):
    """The format to request from cameras.

    Attributes:
        size: Width and height in pixels; 0 and 0 for the camera's default.
        fps: Frames per second; 0 for the camera's default.
    """

    SECTION: ClassVar[str] = "cameras"
    V1: ClassVar[dict[str, str]] = {"size": "camera_size", "fps": "camera_fps"}

    size: tuple[Side, Side] = (0, 0)
    fps: Annotated[int, Meta(ge=0, le=1000)] = 0
