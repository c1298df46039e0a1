"""Settings of the training."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from app.runtime.settings import Section


class TrainingSettings(Section):
    """The options of the last training.

    Attributes:
        teacher: Name of a teacher, or path of an ONNX file.
        replay: Folder of general images.
        data: Folder of gaze data.
        steps: Batches of an adaptation.
        background: Whether training runs at a lower priority than the live view.
    """

    SECTION: ClassVar[str] = "training"
    V1: ClassVar[dict[str, str]] = {
        name: f"training_{name}" for name in ("teacher", "replay", "data", "steps", "background")
    }

    teacher: str = ""
    replay: str = ""
    data: str = ""
    steps: Annotated[int, Meta(ge=20, le=100_000)] = 600
    background: bool = True
