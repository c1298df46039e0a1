"""Loads ONNX Runtime and makes its sessions; no other module imports it for inference."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any

from uvanet.errors import MEMORY_HINT, ModelError, is_out_of_memory
from uvanet.i18n import tr
from uvanet.runtime.engine import failed_step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from onnxruntime import RunOptions


_FATAL = 4  # log level of ONNX Runtime, which also raises its errors as exceptions

MAX_BOUNDED_BYTES = 4 << 30
"""Memory limit of all bounded sessions together, since a small file can demand any amount."""


class OnnxSession:
    """An ONNX Runtime session on the CPU; a run can be canceled from another thread.

    Args:
        path: The ONNX file.
        threads: Threads of one run.
        sizes: Dynamic dimensions by name that are equal in all runs of this session; ONNX Runtime
            computes values that depend on them once.
        bounded: Limit the memory of weights and runs to `MAX_BOUNDED_BYTES`, for untrusted files.
        optimize: Optimize the graph; False to inspect only inputs and outputs, which loads faster.

    Attributes:
        inputs: Inputs by name, with `type` and `shape` (numbers, or names of dynamic dimensions).
        outputs: Names of the outputs.

    Raises:
        ModelError: The file is damaged or not an ONNX model.
    """

    def __init__(
        self,
        path: Path,
        threads: int = 1,
        sizes: Mapping[str, int] | None = None,
        *,
        bounded: bool = False,
        optimize: bool = True,
    ) -> None:
        load_runtime()
        import onnxruntime

        self._name = path.name
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _FATAL
        # Threads that wait actively would slow down decoding and painting.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        if bounded:
            _register_bounded_allocator()
            options.add_session_config_entry("session.use_env_allocators", "1")
        for name, size in (sizes or {}).items():
            options.add_free_dimension_override_by_name(name, size)
        if not optimize:
            level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
            options.graph_optimization_level = level
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            hint = tr(MEMORY_HINT) if is_out_of_memory(error) else tr("Copy or export it again.")
            raise ModelError(
                tr("{name} cannot be loaded as an ONNX model.").format(name=path.name), hint
            ) from error
        self.inputs = {node.name: node for node in self._session.get_inputs()}
        self.outputs: list[str] = [node.name for node in self._session.get_outputs()]
        # The first run takes memory for each value, later runs take one block for all values. This
        # option frees the memory of the first run, which would be kept beside the block.
        self._first_run = _run_options()
        self._first_run.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        self._later_runs = _run_options()
        self._has_run = False

    def run(
        self, outputs: Sequence[str] | None, feed: Mapping[str, NDArray[Any]]
    ) -> list[NDArray[Any]]:
        """Runs the network.

        Args:
            outputs: Names of the wanted outputs; None for all.
            feed: Inputs by name.

        Raises:
            ModelError: The network fails on this input, or was canceled.
        """
        options = self._later_runs if self._has_run else self._first_run
        try:
            results: list[NDArray[Any]] = self._session.run(outputs, feed, options)
        except Exception as error:
            if options.terminate:
                raise ModelError(
                    tr("{name} was canceled.").format(name=self._name), tr("Load it again.")
                ) from error
            raise failed_step(self._name, feed.values(), error) from error
        self._has_run = True
        return results

    def cancel(self) -> None:
        """Ends the current run and all later ones with a ModelError. Thread-safe."""
        self._first_run.terminate = self._later_runs.terminate = True


def _run_options() -> RunOptions:
    import onnxruntime

    options = onnxruntime.RunOptions()
    options.log_severity_level = _FATAL
    return options


@functools.cache
def _register_bounded_allocator() -> None:
    import onnxruntime

    cpu = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    as_requested = 1  # rather than the next power of two
    config = {"max_mem": MAX_BOUNDED_BYTES, "arena_extend_strategy": as_requested}
    onnxruntime.create_and_register_allocator(cpu, onnxruntime.OrtArenaCfg(config))


def load_runtime() -> None:
    """Loads ONNX Runtime without telemetry; call it before any import of ONNX Runtime."""
    # From 1.29 on, the wheel reports usage to its maker and stores a device id on the disk, unless
    # this variable is set before it is loaded.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    onnxruntime.disable_telemetry_events()
