"""Students in whole numbers of 8 bits: a third of the file, and nearly the same map.

Static quantization by ONNX Runtime's own tool (QDQ): weights int8 with a scale a channel,
activations uint8 with the range that calibration saw. Biases stay float in the file; the session
makes them integers, which saves two scales and two zeros a layer.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnx
from msgspec.structs import replace

from uvanet.data.fixations import read_rgb, read_split
from uvanet.deploy.graph_passes import save_short
from uvanet.evaluation.predictors import StreamPredictor
from uvanet.model import load
from uvanet.model_card import Card, ModelReference, file_hash, read_card
from uvanet.runtime.input_size import input_size
from uvanet.runtime.onnx_engine import OnnxEngine
from uvanet.runtime.preprocess import resize_to_input
from uvanet.runtime.session import load_runtime
from uvanet.training.measure import measure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray

SUFFIX = "-int8"
PICTURES = 128
"""Pictures that calibration sees; of the train split, every n-th."""


class _Calibration:
    """What the network sees of pictures, with an earlier frame that is another picture."""

    def __init__(self, engine: OnnxEngine, pictures: Iterable[NDArray[np.uint8]]) -> None:
        self._fed = self._feed(engine, pictures)

    def get_next(self) -> dict[str, NDArray[Any]] | None:
        """See `onnxruntime.quantization.CalibrationDataReader`, which it is by this method."""
        return next(self._fed, None)

    def _feed(
        self, engine: OnnxEngine, pictures: Iterable[NDArray[np.uint8]]
    ) -> Iterator[dict[str, NDArray[Any]]]:
        before: NDArray[Any] | None = None
        for place, picture in enumerate(pictures):
            frame = resize_to_input(picture, input_size(engine, picture))[None]
            now = engine.step(frame).features
            assert now is not None
            # Mostly stills; in some all has changed, so that motion's range is known too.
            earlier = now
            if place % 4 == 0 and before is not None and before.shape == now.shape:
                earlier = before
            yield {"frame": frame, "earlier": earlier}
            before = now


def write_int8(path: Path, pictures: Iterable[NDArray[np.uint8]], out: Path) -> None:
    """Quantizes a student.

    Args:
        path: Its ONNX file, as `uvanet.deploy.onnx_export.write_onnx` writes it.
        pictures: To calibrate with, RGB.
        out: The file to write.
    """
    load_runtime()
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    card = read_card(path.with_suffix(".json"))
    with tempfile.TemporaryDirectory() as folder:
        ready, whole = Path(folder, "ready.onnx"), Path(folder, "whole.onnx")
        quant_pre_process(str(path), str(ready), skip_symbolic_shape=True)
        quantize_static(
            str(ready),
            str(whole),
            _Calibration(OnnxEngine(path, card.input_size), pictures),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            weight_type=QuantType.QInt8,
            activation_type=QuantType.QUInt8,
            extra_options={"QuantizeBias": False},
        )
        save_short(onnx.load(whole), out)


def export_int8(path: Path, root: Path) -> Card:
    """Quantizes an exported student beside itself, measures it and writes its card.

    Args:
        path: The student's ONNX file, with its card.
        root: The data, as `find_root` gives it.

    Returns:
        The card; its metrics are those of the quantized file.
    """
    card = read_card(path.with_suffix(".json"))
    out = path.with_name(f"{path.stem}{SUFFIX}.onnx")
    pictures = read_split(root, "train")
    chosen = pictures[:: max(1, len(pictures) // PICTURES)]
    write_int8(path, (read_rgb(picture.path) for picture in chosen), out)
    quantized = replace(
        card,
        name=out.stem,
        description=f"{card.name} in whole numbers of 8 bits.",
        sha256=file_hash(out),
        recipe={
            "command": "uvanet.deploy.quantize.export_int8",
            "config": card.recipe.get("config", {}),
        },
        quantized_from=ModelReference(card.name, card.sha256),
        metrics={},
        limits=[*card.limits, "Saves room, not always time: `uvanet bench` tells."],
    )
    quantized.write(out.with_suffix(".json"))
    rows = [StreamPredictor("ensemble", load(out))]
    metrics = measure(rows, root, ("val", "test", "talk"))
    quantized = replace(quantized, metrics=metrics)
    quantized.write(out.with_suffix(".json"))
    return quantized
