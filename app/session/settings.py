"""Settings of the live session: which models run, and on which engine."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from app.runtime.settings import Section

Engine = Literal["auto", "onnx", "torch"]
Milliseconds = Annotated[float, Meta(gt=0)]


class SessionSettings(Section):
    """The models that were chosen last.

    Attributes:
        model: The student that the user pinned, as `uvanet.load` takes it; empty for the automatic
            choice. 0.1.0 stored its default "uvanet-64", which is read as the automatic choice.
        engine: Engine of all models, as `uvanet.load` takes it.
        teacher: The teacher, as `uvanet.load` takes it; empty for the first other model.
        model_files: Models that the user opened, as `uvanet.load` takes them, newest first.
        automatic: The last student of the automatic choice, with which the next start begins;
            empty at first.
        step_times: Measured step times, see `RememberedTimes` in `app.session.step_times`.
        model_scenes: The source to which a model was adapted, by the model's short name.
    """

    SECTION: ClassVar[str] = "session"
    V1: ClassVar[dict[str, str]] = {"engine": "model_engine", "teacher": "compare_teacher"}
    V1_DEFAULTS: ClassVar[dict[str, object]] = {"model": "uvanet-64"}

    model: str = ""
    engine: Engine = "auto"
    teacher: str = ""
    model_files: list[str] = msgspec.field(default_factory=list)
    automatic: str = ""
    step_times: dict[str, dict[str, Milliseconds]] = msgspec.field(default_factory=dict)
    model_scenes: dict[str, str] = msgspec.field(default_factory=dict)
