"""The one-line API: pictures, video, and what is wrong said plainly."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

import uvanet
from uvanet.errors import ModelError, UsageError
from uvanet.model_card import read_card
from uvanet.paths import resource
from uvanet.registry import resolve_model
from uvanet.runtime.engine import LAG
from uvanet.stream import FORGET

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def model() -> uvanet.Model:
    return uvanet.load("uvanet-64")


@pytest.fixture(scope="module")
def frames() -> list[np.ndarray]:
    """Some frames of the demo, RGB."""
    video = cv2.VideoCapture(str(resource("demo.mp4")))
    found = []
    for _ in range(30):
        done, image = video.read()
        assert done
        found.append(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
    video.release()
    return found


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (64, 64), (50, 37), (720, 1280), (4320, 7680)])
def test_a_picture_of_any_size_gets_a_map_of_its_size(
    model: uvanet.Model, shape: tuple[int, int]
) -> None:
    saliency = model.predict(np.full((*shape, 3), 120, np.uint8))
    assert saliency.shape == shape
    assert saliency.dtype == np.float32
    assert saliency.min() >= 0
    assert saliency.max() <= 1


def test_heat_sits_on_the_thing_that_stands_out(model: uvanet.Model) -> None:
    for x, y in ((60, 60), (190, 70), (70, 180), (190, 190)):
        image = np.full((256, 256, 3), (40, 90, 40), np.uint8)
        cv2.circle(image, (x, y), 22, (250, 220, 200), -1)
        cv2.circle(image, (x - 8, y - 4), 4, (20, 20, 20), -1)
        cv2.circle(image, (x + 8, y - 4), 4, (20, 20, 20), -1)
        saliency = model.predict(image)
        peak_y, peak_x = np.unravel_index(saliency.argmax(), saliency.shape)
        assert np.hypot(peak_x - x, peak_y - y) < 45


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (np.zeros((4, 4), np.uint8), "shape"),
        (np.zeros((4, 4, 4), np.uint8), "shape"),
        (np.zeros((0, 4, 3), np.uint8), "shape"),
        (np.zeros((4, 4, 3), np.float32), "float32"),
        ([[1, 2, 3]], "list"),
    ],
)
def test_what_is_no_picture_is_refused(model: uvanet.Model, image: object, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        model.predict(image)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=words):
        uvanet.Stream(model).step(image, 0.0)  # type: ignore[arg-type]


def test_the_models_are_listed_with_their_cards() -> None:
    cards = uvanet.available()
    assert "uvanet-64" in [card.name for card in cards]
    for card in cards:
        assert card.role == "teacher" or card.parameters <= 170_000
        assert card.license
        assert all(row.license for row in card.data)
        path, _ = resolve_model(card.name).verified()
        assert card.role == "teacher" or path.stat().st_size < 2_000_000


def test_the_first_frame_of_a_stream_is_a_still_picture(
    model: uvanet.Model, frames: list[np.ndarray]
) -> None:
    streamed = uvanet.Stream(model).predict(frames[0], 0.0)
    np.testing.assert_allclose(streamed, model.predict(frames[0]), atol=1e-5)


def test_a_stream_compares_with_the_frame_a_tenth_of_a_second_before(
    model: uvanet.Model, frames: list[np.ndarray]
) -> None:
    """At 30 frames a second that is three frames back, at 10 it is one."""
    by_hand = uvanet.Stream(model)
    for rate in (30, 10):
        stream = uvanet.Stream(model)
        for i, frame in enumerate(frames[:8]):
            last = stream.step(frame, i / rate)
        back = round(LAG * rate)
        by_hand.reset()
        by_hand.step(frames[7 - back], 0.0)
        np.testing.assert_allclose(last, by_hand.step(frames[7], LAG), atol=1e-5)


def test_motion_changes_the_map(model: uvanet.Model, frames: list[np.ndarray]) -> None:
    stream = uvanet.Stream(model)
    stream.step(np.roll(frames[5], 60, 1), 0.0)
    moving = stream.step(frames[5], LAG)
    stream.reset()
    still = stream.step(frames[5], 0.0)
    assert np.abs(moving - still).max() > 0.01


def test_a_jump_in_time_forgets(model: uvanet.Model, frames: list[np.ndarray]) -> None:
    fresh = uvanet.Stream(model).step(frames[0], 0.0)
    for later in (-1.0, 5.0 + FORGET + 0.01):
        stream = uvanet.Stream(model)
        stream.step(frames[20], 5.0)
        np.testing.assert_allclose(stream.step(frames[0], later), fresh, atol=1e-6)


def test_colour_order_is_as_said(model: uvanet.Model, frames: list[np.ndarray]) -> None:
    rgb = uvanet.Stream(model).step(frames[3], 0.0)
    bgr = uvanet.Stream(model).step(np.ascontiguousarray(frames[3][..., ::-1]), 0.0, bgr=True)
    np.testing.assert_array_equal(rgb, bgr)


def test_a_stream_keeps_little(model: uvanet.Model, frames: list[np.ndarray]) -> None:
    stream = uvanet.Stream(model)
    for i in range(600):
        stream.step(frames[i % 30], i / 240)
    assert len(stream._past) <= LAG * 240 + 2


def test_a_batch_gives_what_single_frames_give(
    model: uvanet.Model, frames: list[np.ndarray]
) -> None:
    small = np.stack([cv2.resize(f, (64, 64), interpolation=cv2.INTER_AREA) for f in frames[:5]])
    batch = model.engine.step(small)
    for i in range(5):
        single = model.engine.step(small[i : i + 1])
        np.testing.assert_allclose(batch.saliency[i], single.saliency[0], atol=1e-5)


def test_a_model_of_ones_own_is_given_by_its_path(tmp_path: Path) -> None:
    for ending in ("onnx", "json"):
        shutil.copy(resource(f"weights/uvanet-64.{ending}"), tmp_path / f"mine.{ending}")
    assert uvanet.load(tmp_path / "mine.onnx").engine.input_size == (64, 64)
    assert uvanet.load(str(tmp_path / "mine.onnx")).card.name == "uvanet-64"


def test_what_is_wrong_with_a_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no model named 'nothing'.*uvanet-64"):
        uvanet.load("nothing")
    with pytest.raises(ModelError, match=r"mine\.onnx"):
        uvanet.load(tmp_path / "mine.onnx")
    onnx, card = tmp_path / "mine.onnx", tmp_path / "mine.json"
    shutil.copy(resource("weights/uvanet-64.onnx"), onnx)
    with pytest.raises(ModelError, match=r"mine\.json is missing"):
        uvanet.load(onnx)
    card.write_text("{")
    with pytest.raises(ModelError, match="not a valid model card"):
        uvanet.load(onnx)
    card.write_text('{"format": 99}')
    with pytest.raises(ModelError, match="version"):
        uvanet.load(onnx)
    shutil.copy(resource("weights/uvanet-64.json"), card)
    onnx.write_bytes(onnx.read_bytes()[:-100])
    with pytest.raises(ModelError, match="damaged"):
        uvanet.load(onnx)


def test_an_onnx_file_that_is_none_of_ours_is_refused(tmp_path: Path) -> None:
    from uvanet.runtime.onnx_engine import OnnxEngine

    (tmp_path / "text.onnx").write_text("not a graph")
    with pytest.raises(ModelError, match=r"text\.onnx cannot be loaded"):
        OnnxEngine(tmp_path / "text.onnx", (64, 64))


def test_the_card_is_the_one_of_the_shipped_weights() -> None:
    card = read_card(resource("weights/uvanet-64.json"))
    fused, prior = card.measured("val"), card.metrics["val"]["centre-prior"]
    assert fused["nss"] > 1.5 * prior["nss"]


def test_the_shipped_weights_keep_what_their_card_says(
    model: uvanet.Model, data_root: Path
) -> None:
    """Measured anew on human gaze, through the same door that users take."""
    from uvanet.data.fixations import read_split
    from uvanet.evaluation.baselines import centre_prior
    from uvanet.evaluation.evaluate import score

    pictures = read_split(data_root, "val")
    measured = score(pictures, model.predict)
    promised = model.card.measured("val")
    for metric, value in measured.items():
        assert value == pytest.approx(promised[metric], abs=0.01), metric
    prior = score(pictures, centre_prior(read_split(data_root, "train")), ("nss",))
    assert measured["nss"] > prior["nss"] + 0.5


def output_of(script: str) -> str:
    """What a fresh interpreter prints for a script."""
    command = [sys.executable, "-c", script]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_predicting_imports_neither_torch_nor_qt() -> None:
    script = (
        "import sys, numpy, uvanet, uvanet.video.exporter\n"
        "uvanet.load().predict(numpy.zeros((8, 8, 3), numpy.uint8))\n"
        "heavy = {'torch', 'scipy', 'onnx', 'PySide6', 'app', 'matplotlib'}\n"
        "print(sorted(heavy & {name.split('.')[0] for name in sys.modules}))"
    )
    assert output_of(script) == "[]"


def test_nothing_is_sent_or_kept_behind_the_users_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ONNX Runtime's wheel would keep a device id in the home and report to its maker."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".cache"))
    # Its own tests and CI machines are spared; a user's machine is neither.
    monkeypatch.delenv("CI", raising=False)
    script = (
        "import numpy, uvanet\n"
        "uvanet.load().predict(numpy.zeros((8, 8, 3), numpy.uint8))\n"
        "import os; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    )
    assert output_of(script) == "1"
    assert list(tmp_path.rglob("*")) == []


def test_importing_the_library_costs_next_to_nothing() -> None:
    script = "import sys, uvanet; print('numpy' in sys.modules or 'cv2' in sys.modules)"
    assert output_of(script) == "False"
