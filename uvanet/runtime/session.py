"""The one place where ONNX Runtime is loaded and sessions are made."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from uvanet.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import onnxruntime


def load_runtime() -> None:
    """Loads ONNX Runtime so that it is silent; whoever imports it elsewhere calls this before."""
    # From 1.29 on the wheel reports to its maker and keeps a device id on the disk, unless this
    # is set before it loads. Nothing of our users is ever sent anywhere.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    onnxruntime.disable_telemetry_events()


def open_session(
    path: Path, threads: int = 1, sizes: Mapping[str, int] | None = None, *, optimise: bool = True
) -> onnxruntime.InferenceSession:
    """Loads an ONNX file for the processor.

    Args:
        path: The file.
        threads: Threads of one call.
        sizes: By their names in the file, open sizes that are always the same in this session:
            what follows from them is then worked out once.
        optimise: No: it is to be looked into only, and opens sooner.

    Raises:
        ModelError: The file is damaged or no ONNX model.
    """
    load_runtime()
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Waiting threads must not burn the cores that decode and paint.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    for name, size in (sizes or {}).items():
        options.add_free_dimension_override_by_name(name, size)
    if not optimise:
        level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.graph_optimization_level = level
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ModelError(
            f"{path.name} cannot be loaded as an ONNX model.", "Copy or export it again."
        ) from error
