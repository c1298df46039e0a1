"""Settings of the live session: which models run, and on which engine."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from app.runtime.settings import Section

Engine = Literal["auto", "onnx", "torch"]


class SessionSettings(Section):
    """The models that were chosen last.

    Attributes:
        model: The student, as `uvanet.load` takes it; empty for the default.
        engine: What runs it, as `uvanet.load` takes it.
        teacher: The teacher, likewise; empty for the first other model.
        model_files: Models that the user opened, likewise, newest first.
    """

    SECTION: ClassVar[str] = "session"
    V1: ClassVar[dict[str, str]] = {"engine": "model_engine", "teacher": "compare_teacher"}

    model: str = ""
    engine: Engine = "auto"
    teacher: str = ""
    model_files: list[str] = msgspec.field(default_factory=list)
