"""Chooses and opens engines by name: ONNX Runtime on the CPU, torch on CUDA and MPS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvanet.errors import ModelError, UsageError
from uvanet.extras import require
from uvanet.i18n import tr
from uvanet.system_info import usable_cores

if TYPE_CHECKING:
    from pathlib import Path

    from uvanet.model_card import Card
    from uvanet.runtime.engine import Engine

AUTO = "auto"
ENGINES = ("onnx", "torch")
DEVICES = ("cpu", "cuda", "mps")


def choose_engine(engine: str, device: str) -> str:
    """The engine for a device: torch for "cuda" and "mps", else ONNX Runtime.

    Args:
        engine: "auto", or one of `ENGINES`, which must support the device.
        device: One of `DEVICES`; empty for the CPU, or with "torch" for the fastest available one.

    Raises:
        UsageError: There is no such engine or device, or the engine does not run on the device.
    """
    if engine not in (AUTO, *ENGINES):
        raise UsageError(
            tr("There is no engine {engine!r}.").format(engine=engine),
            tr("Choose one of: {auto}, {engines}.").format(auto=AUTO, engines=", ".join(ENGINES)),
        )
    if device and device not in DEVICES:
        raise UsageError(
            tr("There is no device {device!r}.").format(device=device),
            tr("Choose {choices}.").format(choices=", ".join(DEVICES)),
        )
    if engine == "onnx" and device in ("cuda", "mps"):
        raise UsageError(
            tr("The onnx engine does not run on {device}.").format(device=device),
            tr("Choose the engine torch."),
        )
    if engine == AUTO:
        return "torch" if device in ("cuda", "mps") else "onnx"
    return engine


def open_engine(
    path: Path, card: Card, engine: str = "onnx", *, device: str = "", threads: int | None = None
) -> Engine:
    """Opens an engine for a UVA-Net model.

    Args:
        path: The ONNX file.
        card: The model card.
        engine: See `choose_engine`.
        device: See `choose_engine`.
        threads: CPU threads for one frame; None: one for a student, which is too small for more,
            and all usable cores for a teacher.

    Raises:
        UsageError: There is no such engine or device, or the engine does not support the device.
        MissingExtraError: The engine is not installed.
        ModelError: The model is damaged, or the engine cannot run it.
    """
    chosen = choose_engine(engine, device)
    if threads is None:
        threads = 1 if card.role == "student" else usable_cores()
    # Imported when needed, because engines take longer to import than all other modules.
    if chosen == "onnx":
        from uvanet.runtime.onnx_engine import OnnxEngine

        return OnnxEngine(
            path, card.inference_size, threads, card.memory_seconds, card.size_multiple
        )
    if not card.trainable:
        raise ModelError(
            tr("{name} runs on ONNX Runtime only.").format(name=card.name),
            tr("Choose the engine onnx."),
        )
    require("torch", "train")
    import torch

    from uvanet.models import load_student
    from uvanet.runtime.torch_engine import TorchEngine

    student = load_student(card.architecture, path.with_suffix(".safetensors"))
    torch_engine = TorchEngine(student, device, card=card)
    if torch_engine.device == "cpu":
        torch.set_num_threads(threads)  # one setting for the whole process
    return torch_engine
