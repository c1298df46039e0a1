"""Speed at other input sizes, with the weights of `uvanet-64`; accuracy does not matter here."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors.torch import load_file

from uvanet.bench.layer_profile import feature_bytes, profile_layers
from uvanet.bench.network import time_step
from uvanet.deploy.onnx_export import write_onnx
from uvanet.models import build
from uvanet.paths import resource
from uvanet.runtime.onnx_engine import OnnxEngine
from uvanet.system_info import usable_cores

if TYPE_CHECKING:
    from collections.abc import Sequence

BATCH_PIXELS = 64 * 64 * 64


def bench_input_sizes(presets: Sequence[str], seconds: float) -> list[dict[str, Any]]:
    """Times each preset by ONNX Runtime (one frame, one thread; a batch, all cores); its layers."""
    weights = load_file(resource("weights/uvanet-64.safetensors"))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for preset in presets:
            student = build(preset)
            student.load_state_dict(weights)
            path = Path(folder, f"{preset}.onnx")
            write_onnx(student.eval(), path)
            side = student.preset.input_size
            count = max(1, BATCH_PIXELS // side**2)
            many = time_step(OnnxEngine(path, (side, side), usable_cores()), count, seconds)
            layers = profile_layers(preset)
            rows.append(
                {
                    "preset": preset,
                    "side": side,
                    "macs": sum(layer.macs for layer in layers),
                    "feature_bytes": feature_bytes(preset),
                    "file_bytes": path.stat().st_size,
                    "one_frame": time_step(OnnxEngine(path, (side, side), 1), 1, seconds),
                    "batch": count,
                    "batch_fps": round(count / many["p50_ms"] * 1e3),
                    "layers": [
                        {
                            "name": layer.name,
                            "macs": layer.macs,
                            "bytes": layer.bytes_moved,
                            "macs_per_byte": round(layer.intensity, 2),
                        }
                        for layer in layers
                    ],
                }
            )
    return rows
