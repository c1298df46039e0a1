"""Builds the web page that runs the students in a browser: `make web`, into dist/web.

    python packaging/web/build.py [--out dist/web]

Needs npm, which brings onnxruntime-web (MIT, 41 MB). The page is static and loads nothing from
elsewhere: `python -m http.server --directory dist/web` shows it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import cv2
import numpy as np
import onnx

from uvanet.paths import DEFAULT_MODEL, resource
from uvanet.registry import shipped_students
from uvanet.runtime.engine import LAG, STATE_STRIDE
from uvanet.runtime.streaming import MAX_AGE, SAME_AGE

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PAGE = ("index.html", "style.css", "app.js")
RUNTIME = (
    *("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm", "ort-wasm-simd-threaded.mjs"),
    *("ort.webgpu.bundle.min.mjs", "ort-wasm-simd-threaded.asyncify.wasm"),
    "ort-wasm-simd-threaded.asyncify.mjs",
)


def main() -> None:
    """Builds the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "dist" / "web")
    out = parser.parse_args().out
    npm = shutil.which("npm")
    if npm is None:
        parser.error("npm is not installed; it brings onnxruntime-web")
    for folder in ("models", "ort"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    for name in PAGE:
        shutil.copy(HERE / name, out / name)
    with tempfile.TemporaryDirectory() as work:
        shutil.copy(HERE / "package.json", work)
        subprocess.run([npm, "install", "--silent", "--ignore-scripts"], cwd=work, check=True)
        package = Path(work, "node_modules", "onnxruntime-web")
        for name in RUNTIME:
            shutil.copy(package / "dist" / name, out / "ort" / name)
    cards = [card for card in shipped_students() if not card.quantized_from]
    for card in cards:
        shutil.copy(resource(f"weights/{card.name}.onnx"), out / "models")
    levels = np.arange(256, dtype=np.uint8)
    colors = cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO).reshape(256, 3)[:, ::-1]
    settings = {
        "models": [
            {
                "name": card.name,
                "side": card.shown_size or card.input_size[0],
                "multiple": card.size_multiple or STATE_STRIDE,
                "channels": state_channels(resource(f"weights/{card.name}.onnx")),
            }
            for card in cards
        ],
        "start": DEFAULT_MODEL,
        "stride": STATE_STRIDE,
        "lag": LAG,
        "maxAge": MAX_AGE,
        "sameAge": SAME_AGE,
        "colors": colors.tolist(),
    }
    (out / "settings.json").write_text(json.dumps(settings))
    print(out)


def state_channels(path: Path) -> int:
    """Channels of the input `earlier` of an exported student."""
    inputs = {value.name: value for value in onnx.load(path).graph.input}
    return int(inputs["earlier"].type.tensor_type.shape.dim[1].dim_value)


if __name__ == "__main__":
    main()
