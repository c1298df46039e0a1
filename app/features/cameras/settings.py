"""Settings of the cameras."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from app.runtime.settings import Section

Side = Annotated[int, Meta(ge=0, le=16_384)]


class CameraSettings(Section):
    """The format that cameras are asked for.

    Attributes:
        size: Width and height in pixels; 0 and 0 for the camera's own choice.
        fps: Frames a second; 0 for the camera's own choice.
    """

    SECTION: ClassVar[str] = "cameras"
    V1: ClassVar[dict[str, str]] = {"size": "camera_size", "fps": "camera_fps"}

    size: tuple[Side, Side] = (0, 0)
    fps: Annotated[int, Meta(ge=0, le=1000)] = 0
