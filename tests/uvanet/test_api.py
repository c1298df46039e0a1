"""The public library: pictures, batches, torch modules, and its errors."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from PIL import Image

import uvanet
from uvanet.errors import MissingExtraError, ModelError, OutputError, UsageError
from uvanet.model_card import read_card
from uvanet.paths import resource
from uvanet.registry import resolve_model

if TYPE_CHECKING:
    from pathlib import Path


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
def test_arrays_of_another_type_or_shape_are_refused(
    model: uvanet.Model, image: object, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        model.predict(image)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=words):
        uvanet.Stream(model).step(image, 0.0)  # type: ignore[arg-type]


def test_the_models_are_listed_with_their_cards() -> None:
    cards = uvanet.available()
    assert "uvanet-64" in [card.name for card in cards]
    for card in cards:
        assert repr(card) == f"<Card {card.name!r}, {card.role}>"
        assert card.role == "teacher" or card.parameters <= 170_000
        assert card.license
        assert all(row.license for row in card.data)
        path, _ = resolve_model(card.name).verified()
        assert card.role == "teacher" or path.stat().st_size < 2_000_000


def test_a_model_is_loaded_by_its_path(tmp_path: Path) -> None:
    for ending in ("onnx", "json"):
        shutil.copy(resource(f"weights/uvanet-64.{ending}"), tmp_path / f"mine.{ending}")
    size = uvanet.load("uvanet-64").engine.input_size
    assert uvanet.load(tmp_path / "mine.onnx").engine.input_size == size
    assert uvanet.load(str(tmp_path / "mine.onnx")).card.name == "uvanet-64"


def test_missing_and_damaged_models_are_named(tmp_path: Path) -> None:
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


def test_a_file_that_is_no_onnx_model_is_refused(tmp_path: Path) -> None:
    from uvanet.runtime.onnx_engine import OnnxEngine

    (tmp_path / "text.onnx").write_text("not a graph")
    with pytest.raises(ModelError, match=r"text\.onnx cannot be loaded"):
        OnnxEngine(tmp_path / "text.onnx", (64, 64))


def test_the_card_is_the_one_of_the_shipped_weights() -> None:
    card = read_card(resource("weights/uvanet-64.json"))
    fused, prior = card.measured("val"), card.metrics["val"]["center-prior"]
    assert fused["nss"] > 1.5 * prior["nss"]


def test_the_shipped_weights_keep_what_their_card_says(
    model: uvanet.Model, data_root: Path
) -> None:
    """Measured again on human gaze, by the public function."""
    from uvanet.data.fixations import read_split
    from uvanet.evaluation.baselines import center_prior
    from uvanet.evaluation.evaluator import score

    pictures = read_split(data_root, "val")
    promised = model.card.measured("val")
    baseline = center_prior(read_split(data_root, "train"))
    measured = score(pictures, model.predict, baseline=baseline)
    for metric, value in measured.items():
        assert value == pytest.approx(promised[metric], abs=0.01), metric
    prior = score(pictures, baseline, ("nss",))
    assert measured["nss"] > prior["nss"] + 0.5


def test_a_call_takes_a_path_a_pil_picture_an_array_or_a_batch(
    model: uvanet.Model, frames: list[np.ndarray], tmp_path: Path
) -> None:
    path = tmp_path / "photo.png"
    cv2.imwrite(str(path), frames[0][..., ::-1])
    expected = model.predict(frames[0])
    for image in (path, str(path), Image.fromarray(frames[0]), frames[0]):
        result = model(image)
        assert isinstance(result, uvanet.Result)
        np.testing.assert_allclose(result.map, expected, atol=1e-6)
        np.testing.assert_array_equal(result.image, frames[0])
    for batch in (np.stack(frames[:3]), [path, frames[1], Image.fromarray(frames[2])]):
        results = model(batch)
        assert [one.map.shape for one in results] == [frames[0].shape[:2]] * 3
        np.testing.assert_allclose(results[0].map, expected, atol=1e-5)
    tall = np.ascontiguousarray(frames[1].transpose(1, 0, 2))
    assert [one.map.shape for one in model([frames[0], tall])] == [
        frames[0].shape[:2],
        tall.shape[:2],
    ]
    assert model([]) == []


def test_transparent_and_turned_pil_pictures_are_read_as_they_are_shown(
    model: uvanet.Model, tmp_path: Path
) -> None:
    clear = Image.new("RGBA", (8, 6), (255, 0, 0, 0))
    assert (model(clear).image == 255).all()
    turned = Image.new("RGB", (8, 6))
    exif = turned.getexif()
    exif[0x0112] = 6  # a quarter turn
    turned.save(tmp_path / "turned.jpg", exif=exif)
    with Image.open(tmp_path / "turned.jpg") as opened:
        assert model(opened).map.shape == (8, 6)


def test_pil_pictures_of_16_bits_are_scaled_as_files_are(
    model: uvanet.Model, tmp_path: Path
) -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint16)[None] * 257, 8, axis=0)
    path = tmp_path / "ramp.png"
    cv2.imwrite(str(path), ramp)
    deep = Image.fromarray(ramp)
    assert deep.mode == "I;16"
    np.testing.assert_array_equal(model(deep).image[0, :, 1], np.arange(256))
    np.testing.assert_array_equal(model(deep).image, model(path).image)


def test_a_model_is_shown_by_its_name(model: uvanet.Model) -> None:
    assert repr(model) == f"<Model {model.card.name!r}, student>"


def test_bytes_are_not_a_sequence_of_pictures(model: uvanet.Model) -> None:
    with pytest.raises(UsageError, match="of the type bytes"):
        model(b"photo.jpg")


@pytest.mark.parametrize("engine", ["onnx", "torch"])
@pytest.mark.parametrize("threads", [0, -1, 257, 10**9, 2.5, "two"])
def test_a_number_of_threads_that_cannot_be_is_refused(engine: str, threads: Any) -> None:
    with pytest.raises(UsageError, match="not a number of threads"):
        uvanet.load("uvanet-64", engine=engine, threads=threads)


def test_a_result_has_density_peaks_and_entropy(model: uvanet.Model) -> None:
    image = np.full((256, 384, 3), (40, 90, 40), np.uint8)
    cv2.circle(image, (96, 64), 22, (250, 220, 200), -1)
    result = model(image)
    assert result.density.shape == (256, 384)
    assert result.density.sum(dtype=np.float64) == pytest.approx(1, abs=1e-4)
    assert result.peaks[0].strength == 1
    assert result.peaks[0].x == pytest.approx(0.25, abs=0.1)
    assert result.peaks[0].y == pytest.approx(0.25, abs=0.15)
    assert 0 < result.entropy < 1
    assert result.model == "uvanet-64"


def test_a_result_is_drawn_and_saved(
    model: uvanet.Model, frames: list[np.ndarray], tmp_path: Path
) -> None:
    result = model(frames[0])
    drawn = result.overlay("viridis", opacity=0.5)
    assert drawn.shape == frames[0].shape
    assert (drawn != frames[0]).any()
    np.testing.assert_array_equal(result.overlay(opacity=0), frames[0])
    result.save(tmp_path / "heat.png")
    saved = cv2.imread(str(tmp_path / "heat.png"))[..., ::-1]
    np.testing.assert_array_equal(saved, result.overlay())
    result.save(str(tmp_path / "map.npy"))
    np.testing.assert_array_equal(np.load(tmp_path / "map.npy"), result.map)
    with pytest.raises(UsageError, match=r"heat\.gif.*\.png"):
        result.save(tmp_path / "heat.gif")
    with pytest.raises(OutputError, match="missing"):
        result.save(tmp_path / "missing" / "heat.png")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["heat.png", "map.npy"]


def test_a_result_is_plotted_where_matplotlib_is_installed(
    model: uvanet.Model, frames: list[np.ndarray], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    result = model(frames[0])
    figure = result.plot()
    assert len(figure.axes) == 4
    figure.savefig(tmp_path / "figure.png")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"uvanet\[plots\]"):
        result.plot()


def test_a_student_is_a_torch_module_with_or_without_its_weights() -> None:
    torch = pytest.importorskip("torch")
    trained = uvanet.create_model("uvanet-64")
    assert not trained.training
    frame = torch.rand(1, 3, 64, 64)
    engine = uvanet.load("uvanet-64").engine
    bytes_in = (frame * 255).round().to(torch.uint8)
    with torch.no_grad():
        logits = trained(bytes_in.float() / 255).ensemble[0, 0]
    expected = engine.step(bytes_in.permute(0, 2, 3, 1).numpy()).saliency[0]
    np.testing.assert_allclose(torch.exp(logits - logits.max()).numpy(), expected, atol=2e-4)
    fresh = uvanet.create_model("uvanet-64", pretrained=False)
    assert fresh.training
    first, second = next(trained.parameters()), next(fresh.parameters())
    assert first.shape == second.shape
    assert not torch.equal(first, second)
    for name in ("nothing", "teacher-spatial", "uvanet-64-int8"):
        with pytest.raises(ModelError):
            uvanet.create_model(name)


def test_every_public_name_can_be_used_without_another_import() -> None:
    script = (
        "import uvanet\n"
        "for name in uvanet.__all__: getattr(uvanet, name)\n"
        "print(uvanet.metrics.nss.__name__, len(uvanet.list_models()) == len(uvanet.available()))"
    )
    assert output_of(script) == "nss True"


def output_of(script: str) -> str:
    """The output of a script in a new interpreter."""
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


def test_onnx_runtime_writes_and_sends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ONNX Runtime's wheel stores a device id in the home folder and sends telemetry by default."""
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


def test_importing_the_library_imports_neither_numpy_nor_opencv() -> None:
    script = "import sys, uvanet; print('numpy' in sys.modules or 'cv2' in sys.modules)"
    assert output_of(script) == "False"
