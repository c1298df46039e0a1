"""The dialog of models, a model as a file and one of the user, for tests of them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import onnx
from msgspec.structs import replace
from onnx import TensorProto, helper, numpy_helper

from app.features.models.feature import Models
from uvanet.paths import resource
from uvanet.registry import resolve_model
from uvanet.user_models import models_folder

if TYPE_CHECKING:
    from pathlib import Path

    from window_bench import Bench

    from app.features.models.dialog import ModelsDialog


def write_red_model(path: Path) -> Path:
    """Writes a model of any size of input, whose map is the brightness of the red channel."""
    picture = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, "h", "w"])
    saliency = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, "h", "w"])
    first = numpy_helper.from_array(np.array([0], np.int64), "first")
    gather = helper.make_node("Gather", ["x", "first"], ["y"], axis=1)
    graph = helper.make_graph([gather], "red", [picture], [saliency], [first])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)
    return path


def feature(bench: Bench) -> Models:
    return bench.find(Models)


def open_models(bench: Bench, *awaited: str) -> ModelsDialog:
    """Opens the dialog, and waits until it lists these models."""
    bench.trigger("choose_models")
    dialog = feature(bench).dialog
    bench.until(lambda: {"uvanet-64", *awaited} <= set(dialog.table.names))
    return dialog


def use(dialog: ModelsDialog, name: str, button: str = "use_button") -> None:
    """Selects a model and presses a button."""
    dialog.table.select(name)
    assert getattr(dialog, button).isEnabled()
    getattr(dialog, button).click()


def add_user_model(name: str = "desk-0102-0304") -> Path:
    """Makes a copy of uvanet-64 a model of the user, and gives its folder."""
    folder = models_folder() / name
    folder.mkdir(parents=True)
    for ending in ("onnx", "json"):
        weights = resource(f"weights/uvanet-64.{ending}")
        shutil.copyfile(weights, folder / f"{folder.name}.{ending}")
    card = replace(resolve_model("uvanet-64").verified()[1], name=folder.name)
    card.write(folder / f"{folder.name}.json")
    return folder
