"""The one place where ONNX Runtime is loaded and sessions are made."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from uvanet.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

    import onnxruntime


def open_session(
    path: Path, threads: int = 1, batch: int | None = None
) -> onnxruntime.InferenceSession:
    """Loads an ONNX file for the processor.

    Args:
        path: The file.
        threads: Threads of one call.
        batch: The batch size, named `n` in our files, where it is always the same.

    Raises:
        ModelError: The file is damaged or no ONNX model.
    """
    # From 1.29 on the wheel reports to its maker and keeps a device id on the disk, unless this
    # is set before it loads. Nothing of our users is ever sent anywhere.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Waiting threads must not burn the cores that decode and paint.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if batch is not None:
        options.add_free_dimension_override_by_name("n", batch)
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ModelError(
            f"{path.name} cannot be loaded as an ONNX model.", "Copy or export it again."
        ) from error
