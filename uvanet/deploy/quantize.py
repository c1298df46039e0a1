"""Static 8-bit quantization (int8) of students: a third of the file size, nearly the same maps.

Uses ONNX Runtime's quantization tool in QDQ format: int8 weights with one scale per channel and 7
of the 8 bits, uint8 activations with the range seen in calibration. Biases stay float32 in the file
and are converted by the session, which saves two scales and two zero points per layer.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from msgspec.structs import replace
from numpy.typing import NDArray

from uvanet.data.fixations import read_split
from uvanet.data.gaze_files import read_rgb
from uvanet.deploy.graph_passes import save_with_short_names
from uvanet.evaluation.card_metrics import card_metrics
from uvanet.evaluation.predictors import StreamPredictor
from uvanet.model import load
from uvanet.model_card import Card, ModelReference, file_hash, read_card
from uvanet.runtime.engine import Engine
from uvanet.runtime.engines import open_engine
from uvanet.runtime.input_size import input_size
from uvanet.runtime.preprocess import resize_to_input
from uvanet.runtime.session import load_runtime

SUFFIX = "-int8"
PICTURES = 64
"""Number of calibration pictures: every n-th of the train split. NSS on `val` with 128, 64, 32 and
16: 2.227, 2.229, 2.227, 2.227 (`uvanet-64`; 2.236 in float), 1.929, 1.932, 1.931, 1.928
(`uvanet-32`; 1.933)."""


class _CalibrationReader:
    """Inputs for calibration: still pictures, and a scene change at every fourth one."""

    def __init__(self, engine: Engine, pictures: Iterable[NDArray[np.uint8]]) -> None:
        self._fed = self._feed(engine, pictures)

    def get_next(self) -> dict[str, NDArray[Any]] | None:
        """See `onnxruntime.quantization.CalibrationDataReader`."""
        return next(self._fed, None)

    def _feed(
        self, engine: Engine, pictures: Iterable[NDArray[np.uint8]]
    ) -> Iterator[dict[str, NDArray[Any]]]:
        previous: NDArray[Any] | None = None
        for place, picture in enumerate(pictures):
            frame = resize_to_input(picture, input_size(engine, picture))[None]
            features = engine.step(frame).features
            assert features is not None
            # A scene change covers the full range of the motion layer.
            earlier = features
            if place % 4 == 0 and previous is not None and previous.shape == features.shape:
                earlier = previous
            yield {"frame": frame, "earlier": earlier}
            previous = features


def write_int8(path: Path, pictures: Iterable[NDArray[np.uint8]], out: Path) -> None:
    """Quantizes a student.

    Args:
        path: The student's ONNX file, with the card beside it.
        pictures: Calibration pictures, RGB, uint8, (h, w, 3).
        out: The file to write.
    """
    load_runtime()
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    card = read_card(path.with_suffix(".json"))
    with tempfile.TemporaryDirectory() as folder:
        prepared, quantized = Path(folder, "prepared.onnx"), Path(folder, "quantized.onnx")
        quant_pre_process(str(path), str(prepared), skip_symbolic_shape=True)
        quantize_static(
            str(prepared),
            str(quantized),
            _CalibrationReader(open_engine(path, card), pictures),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            weight_type=QuantType.QInt8,
            activation_type=QuantType.QUInt8,
            # Weights of 7 bits: without VNNI instructions, sums of two products exceed 16 bits,
            # which costs .025 of NSS on `val` (`uvanet-64`, on AVX2). 7 bits cost .003.
            reduce_range=True,
            extra_options={"QuantizeBias": False},
            nodes_to_exclude=_name_nodes(prepared),
        )
        save_with_short_names(onnx.load(quantized), out)


def _name_nodes(path: Path) -> list[str]:
    """Names the nodes of a student's file, and returns those of its memory of motion.

    Brightness needs more than 8 bits. The nodes of the memory are those around the only absolute
    value, up to the next convolutions, and the convolution that gives brightness.
    """
    model = onnx.load(path)
    nodes = model.graph.node
    for number, node in enumerate(nodes):
        node.name = f"node {number}"
    onnx.save(model, path)
    made_by = {output: node for node in nodes for output in node.output}
    found = {node.name: node for node in nodes if node.op_type == "Abs"}
    waiting = list(found.values())
    while waiting:
        made = set(waiting.pop().output)
        follows = [node for node in nodes if made & set(node.input) and node.op_type != "Conv"]
        waiting += [node for node in follows if node.name not in found]
        found |= {node.name: node for node in follows}
    waiting = list(found.values())
    while waiting:
        node = waiting.pop()
        for before in (made_by[value] for value in node.input if value in made_by):
            if before.name not in found and (before.op_type != "Conv" or node.op_type == "Sub"):
                found[before.name] = before
                if before.op_type != "Conv":
                    waiting.append(before)
    return list(found)


def export_int8(path: Path, root: Path) -> Card:
    """Quantizes an exported student, measures it, and writes ONNX file and card beside it.

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
        description=f"{card.name}, quantized to 8-bit integers (int8).",
        sha256=file_hash(out),
        recipe={
            "command": "uvanet.deploy.quantize.export_int8",
            "config": card.recipe.get("config", {}),
        },
        quantized_from=ModelReference(card.name, card.sha256),
        metrics={},
        limits=[
            *card.limits,
            "The file is smaller, prediction not always faster: see `uvanet bench`.",
        ],
    )
    quantized.write(out.with_suffix(".json"))
    metrics = card_metrics([StreamPredictor("ensemble", load(out))], root)
    quantized = replace(quantized, metrics=metrics)
    quantized.write(out.with_suffix(".json"))
    return quantized
