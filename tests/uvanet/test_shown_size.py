"""The shown size of a student, which differs from the size of its training."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from msgspec.structs import replace

import uvanet
from uvanet.bench.network import bench_networks
from uvanet.cli import main
from uvanet.model_card import Card, read_card
from uvanet.models import PRESETS
from uvanet.paths import resource
from uvanet.registry import shipped_students
from uvanet.runtime.engine import STATE_STRIDE
from uvanet.runtime.input_size import fit_to_area
from uvanet.runtime.preprocess import resize_to_input
from uvanet.training.publish import shown_sizes

if TYPE_CHECKING:
    from pathlib import Path

ENGINES = ("onnx", "torch")


def copy_model(folder: Path, **changes: object) -> str:
    """A copy of uvanet-64 with another card; its path."""
    for ending in ("onnx", "safetensors"):
        shutil.copyfile(resource(f"weights/uvanet-64.{ending}"), folder / f"mine.{ending}")
    card = read_card(resource("weights/uvanet-64.json"))
    replace(card, **{"name": "mine", "shown_size": None, **changes}).write(folder / "mine.json")
    return str(folder / "mine.onnx")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("shown", "multiple", "size"),
    [(None, 4, (48, 88)), (88, 4, (64, 112)), (88, 32, (64, 128)), (128, 4, (96, 176))],
)
def test_pictures_are_shown_at_the_cards_size(
    tmp_path: Path, engine: str, shown: int | None, multiple: int, size: tuple[int, int]
) -> None:
    model = uvanet.load(
        copy_model(tmp_path, shown_size=shown, size_multiple=multiple), engine=engine
    )
    assert model.engine.input_size == ((shown, shown) if shown else (64, 64))
    image = np.random.default_rng(0).integers(0, 256, (720, 1280, 3), np.uint8)
    (found,) = model([image])
    assert found.raw.shape == (size[0] // 2, size[1] // 2)
    # The network itself, at that size.
    reference = uvanet.load("uvanet-64").engine
    expected = reference.step(resize_to_input(image, size)[None]).saliency[0]
    np.testing.assert_allclose(found.raw, expected, atol=2e-4)
    np.testing.assert_allclose(uvanet.Stream(model).step(image, 0.0), expected, atol=2e-4)
    assert uvanet.Stream(model).predict(image, 0.0).shape == (720, 1280)


@pytest.mark.parametrize("multiple", [4, 8, 16, 32, 64])
@pytest.mark.parametrize("side", [88, 160, 256, 320])
def test_sizes_are_the_multiples_that_the_network_takes(side: int, multiple: int) -> None:
    for ratio in (0.3, 0.56, 0.75, 1.0, 4 / 3, 16 / 9, 3.0):
        height, width = fit_to_area(900, round(900 * ratio), side**2, multiple)
        assert height % multiple == width % multiple == 0
        if multiple <= side // 8:
            assert height * width == pytest.approx(side**2, rel=0.25)


def test_a_card_without_it_is_shown_what_it_was_trained_at() -> None:
    card = replace(read_card(resource("weights/teacher-spatial.json")), shown_size=None)
    assert card.inference_size == card.input_size == (384, 512)
    assert replace(card, shown_size=88).inference_size == (88, 88)


def test_info_and_bench_name_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = copy_model(tmp_path, shown_size=88)
    assert main(["info", path]) == 0
    assert "input       88 x 88, trained at 64 x 64\n" in capsys.readouterr().out
    (row,) = bench_networks([path], 0.01)
    assert row["input_size"] == [64, 64]
    assert row["inference_size"] == [88, 88]


def test_shipped_students_are_float_and_in_the_order_of_their_size() -> None:
    cards = shipped_students()
    assert all(isinstance(card, Card) and card.trainable for card in cards)
    assert {"uvanet-32", "uvanet-64", "uvanet-128"} <= {card.name for card in cards}
    sizes = [card.input_size for card in cards]
    assert sizes == sorted(sizes)


# `uvanet-32`, trained at 40 pixels, was shown 55: square pictures could not be predicted.
@pytest.mark.parametrize("name", PRESETS)
def test_networks_take_all_sizes_that_are_compared(name: str) -> None:
    sizes = shown_sizes(PRESETS[name])
    assert sizes[0] == PRESETS[name].input_size
    assert sizes[-1] == PRESETS[name].max_shown_size
    assert all(size % STATE_STRIDE == 0 for size in sizes)
