"""Engines: all say the same, and the fastest is chosen once."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import cv2
import numpy as np
import platformdirs
import pytest
import torch

import uvanet
from uvanet.deploy.onnx_export import write_onnx
from uvanet.errors import MissingExtraError, ModelError, UsageError
from uvanet.models import build
from uvanet.paths import resource
from uvanet.registry import resolve_model
from uvanet.runtime import engines
from uvanet.runtime.benchmark import openvino_seconds
from uvanet.runtime.engines import ENGINES, Choice, fastest
from uvanet.runtime.input_size import fit_to_area
from uvanet.runtime.onnx_engine import OnnxEngine
from uvanet.runtime.openvino_engine import OpenvinoEngine

if TYPE_CHECKING:
    from pathlib import Path

OTHERS = [name for name in ENGINES if name != "onnx"]


@pytest.fixture(scope="module")
def frames() -> list[np.ndarray]:
    """Frames of the demo a tenth of a second apart, RGB."""
    video = cv2.VideoCapture(str(resource("demo.mp4")))
    found = []
    for i in range(60):
        done, image = video.read()
        assert done
        if i % 5 == 0:
            found.append(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
    video.release()
    return found


def peaks(saliency: np.ndarray) -> list[tuple[int, int]]:
    """The five highest local maxima, the highest first."""
    top = cv2.dilate(saliency, np.ones((3, 3)))
    found = np.argwhere((saliency == top) & (saliency > 0.05))
    ranked = sorted(map(tuple, found.tolist()), key=lambda place: -saliency[place])
    return ranked[:5]


@pytest.mark.parametrize("engine", OTHERS)
def test_engines_agree_on_a_video(engine: str, frames: list[np.ndarray]) -> None:
    reference = uvanet.Stream(uvanet.load("uvanet-64", engine="onnx"))
    stream = uvanet.Stream(uvanet.load("uvanet-64", engine=engine))
    assert stream.model.engine.input_size == (64, 64)
    for i, frame in enumerate(frames):
        expected = reference.step(frame, i / 10)
        found = stream.step(frame, i / 10)
        np.testing.assert_allclose(found, expected, atol=2e-4)
        assert peaks(found) == peaks(expected)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("count", [8, 21])
def test_a_batch_gives_what_single_frames_give(engine: str, threads: int, count: int) -> None:
    """Also where its last piece is a short one."""
    rng = np.random.default_rng(2)
    batch = rng.integers(0, 256, (count, 64, 64, 3), np.uint8)
    earlier = rng.random((count, 32, 16, 16), np.float32)
    runs = uvanet.load("uvanet-64", engine=engine, threads=threads).engine
    one = uvanet.load("uvanet-64").engine
    for past in (None, earlier):
        found = runs.step(batch, past)
        assert found.saliency.shape == (count, 32, 32)
        for i in range(count):
            expected = one.step(batch[i : i + 1], None if past is None else past[i : i + 1])
            np.testing.assert_allclose(found.saliency[i], expected.saliency[0], atol=2e-4)
            np.testing.assert_allclose(found.features[i], expected.features[0], atol=2e-3)


def test_results_are_never_overwritten_by_a_later_step(frames: list[np.ndarray]) -> None:
    for name in ENGINES:
        engine = uvanet.load("uvanet-64", engine=name).engine
        small = [cv2.resize(frame, (64, 64))[None] for frame in frames[:2]]
        first = engine.step(small[0])
        kept = first.saliency.copy(), first.features.copy()
        engine.step(small[1], first.features)
        np.testing.assert_array_equal(first.saliency, kept[0])
        np.testing.assert_array_equal(first.features, kept[1])


@pytest.mark.parametrize("preset", ["uvanet-32", "uvanet-128"])
def test_engines_agree_at_other_sizes(preset: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    path = tmp_path / f"{preset}.onnx"
    student = build(preset).eval()
    write_onnx(student, path)
    square = (student.preset.input_size, student.preset.input_size)
    ours, theirs = OnnxEngine(path, square, 2), OpenvinoEngine(path, square, 2)
    rng = np.random.default_rng(0)
    # From one size to another and back, as sources change.
    for count in (1, 3):
        for ratio in (1.0, 16 / 9, 0.75, 1.0):
            height, width = fit_to_area(1000, round(1000 * ratio), square[0] ** 2)
            batch = rng.integers(0, 256, (count, height, width, 3), np.uint8)
            expected, found = ours.step(batch), theirs.step(batch)
            assert expected.saliency.shape == (count, height // 2, width // 2)
            np.testing.assert_allclose(found.saliency, expected.saliency, atol=2e-4)


def test_what_an_engine_cannot_run_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"no engine .tensorrt..*auto, onnx"):
        uvanet.load("uvanet-64", engine="tensorrt")
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(ModelError, match=r"text\.onnx cannot be loaded"):
        OpenvinoEngine(tmp_path / "text.onnx", (64, 64))
    for ending in ("onnx", "json"):
        name = f"uvanet-64.{ending}"
        (tmp_path / name).write_bytes(resource(f"weights/{name}").read_bytes())
    with pytest.raises(ModelError, match=r"safetensors is missing"):
        uvanet.load(tmp_path / "uvanet-64.onnx", engine="torch")
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(MissingExtraError, match=r"uvanet\[openvino\]"):
        uvanet.load("uvanet-64", engine="openvino")


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda *_, **__: str(tmp_path / "cache"))
    return tmp_path / "cache" / "engines.json"


def times(monkeypatch: pytest.MonkeyPatch, seconds: dict[Choice, float]) -> list[Choice]:
    """Makes engines as fast as said; gives the list of those that are measured."""
    asked: list[Choice] = []
    monkeypatch.setattr(engines, "usable_cores", lambda: 2)
    monkeypatch.setattr(engines, "BUDGET", 1e9)
    monkeypatch.setattr(engines, "open_engine", lambda _path, _card, choice: choice)

    def measure(choice: Choice) -> float:
        asked.append(choice)
        return seconds[choice]

    def others(_path: Path, _size: object, counts: list[int], _limit: float) -> dict[int, float]:
        return {count: measure(Choice("openvino", count)) for count in counts}

    monkeypatch.setattr(engines, "least_seconds", measure)
    monkeypatch.setattr(engines, "openvino_seconds", others)
    return asked


def test_the_fastest_is_measured_once_and_remembered(
    memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, card = resolve_model("uvanet-64").verified()
    speeds = {
        Choice("onnx", 1): 0.4,
        Choice("onnx", 2): 0.5,
        Choice("openvino", 1): 0.2,
        Choice("openvino", 2): 0.19,
    }
    asked = times(monkeypatch, speeds)
    # The last is faster by less than what would be worth a second core.
    assert fastest(path, card) == Choice("openvino", 1)
    assert len(asked) == 4
    assert fastest(path, card) == Choice("openvino", 1)
    assert len(asked) == 4
    # A pinned number of threads is another question.
    assert fastest(path, card, 2) == Choice("openvino", 2)
    assert len(asked) == 6
    # Another machine or version asks anew.
    monkeypatch.setattr(engines, "describe", lambda: {"processor": "another"})
    fastest(path, card)
    assert len(asked) == 10
    assert len(json.loads(memory.read_text())) == 3


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 3}', '{"a": ["onnx", "two"]}'])
def test_a_damaged_memory_is_measured_anew(
    memory: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory.parent.mkdir()
    memory.write_text(text)
    speeds = {Choice(name, n): n for name in ("onnx", "openvino") for n in (1, 2)}
    times(monkeypatch, speeds)
    assert fastest(*resolve_model("uvanet-64").verified()) == Choice("onnx", 1)
    assert list(json.loads(memory.read_text()).values()) == [["onnx", 1]]


def test_no_engine_is_tried_when_time_is_up(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = times(monkeypatch, {Choice("onnx", 1): 9.0})
    monkeypatch.setattr(engines, "BUDGET", 0.0)
    monkeypatch.setattr(engines.time, "perf_counter", iter(range(99)).__next__)
    assert fastest(*resolve_model("uvanet-64").verified()) == Choice("onnx", 1)
    assert asked == []


def test_openvino_is_not_tried_on_what_it_cannot_run(
    memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = times(monkeypatch, {Choice("onnx", 1): 0.2, Choice("onnx", 2): 0.1})
    assert fastest(*resolve_model("uvanet-64-int8").verified()) == Choice("onnx", 2)
    assert fastest(*resolve_model("teacher-spatial").verified()) == Choice("onnx", 2)
    assert len(asked) == 4


def test_openvino_is_measured_in_another_process() -> None:
    path, card = resolve_model("uvanet-32").verified()
    found = openvino_seconds(path, card.input_size, (1, 2), 60)
    assert list(found) == [1, 2]
    assert all(0 < taken < 1 for taken in found.values())


@pytest.mark.parametrize(
    "fault",
    ["os.kill(os.getpid(), signal.SIGSEGV)", "time.sleep(600)", "raise RuntimeError"],
    ids=["dies", "hangs", "fails"],
)
def test_an_openvino_that_fails_is_not_chosen(
    fault: str, memory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "openvino.py").write_text(f"import os, signal, time\n{fault}\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    path, card = resolve_model("uvanet-64").verified()
    assert openvino_seconds(path, card.input_size, (1,), 1.0) == {}
    assert fastest(path, card).engine == "onnx"


def test_auto_predicts(memory: Path, frames: list[np.ndarray]) -> None:
    model = uvanet.load("uvanet-64", engine="auto")
    assert memory.is_file()
    expected = uvanet.load("uvanet-64").predict(frames[0])
    np.testing.assert_allclose(model.predict(frames[0]), expected, atol=2e-4)
