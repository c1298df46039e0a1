"""Quantized students: smaller files, nearly the same maps."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest

import uvanet
from uvanet.data.fixations import read_split
from uvanet.data.gaze_files import read_rgb
from uvanet.deploy.quantize import SUFFIX, export_int8
from uvanet.errors import ModelError
from uvanet.metrics import cc
from uvanet.model_card import read_card
from uvanet.paths import resource
from uvanet.registry import list_models

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = [card.name for card in list_models() if card.name.endswith(SUFFIX)]


def test_a_student_is_quantized_to_int8(gaze_tree: Path, tmp_path: Path) -> None:
    for ending in ("onnx", "json"):
        shutil.copy(resource(f"weights/uvanet-32.{ending}"), tmp_path)
    card = export_int8(tmp_path / "uvanet-32.onnx", gaze_tree)
    path = tmp_path / f"uvanet-32{SUFFIX}.onnx"
    kinds = [node.op_type for node in onnx.load(path).graph.node]
    assert kinds.count("QuantizeLinear") > 50
    assert path.stat().st_size < 0.4 * (tmp_path / "uvanet-32.onnx").stat().st_size
    assert card.measured("val")["nss"] > 0
    assert not card.trainable
    whole, small = uvanet.load(tmp_path / "uvanet-32.onnx"), uvanet.load(path)
    for picture in read_split(gaze_tree, "test"):
        image = read_rgb(picture.path)
        assert cc(small.predict(image), whole.predict(image)) > 0.95
    assert np.isfinite(small.predict(image)).all()
    # It can only predict: it cannot be trained or loaded by torch.
    with pytest.raises(ModelError, match="on ONNX Runtime only"):
        uvanet.load(path, engine="torch")


@pytest.mark.skipif(not SHIPPED, reason="no quantized student is shipped")
@pytest.mark.parametrize("name", SHIPPED)
def test_int8_loses_at_most_a_hundredth_of_nss(name: str) -> None:
    whole = read_card(resource(f"weights/{name.removesuffix(SUFFIX)}.json"))
    card = read_card(resource(f"weights/{name}.json"))
    assert card.quantized_from.sha256 == whole.sha256
    for split in ("val", "test"):
        lost = whole.measured(split)["nss"] - card.measured(split)["nss"]
        assert lost <= 0.01, split
    assert resource(f"weights/{name}.onnx").stat().st_size <= 250_000
