"""Choice of the model in the running window, by name and by file."""

from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest
from msgspec.structs import replace
from onnx import TensorProto, helper, numpy_helper
from PySide6.QtWidgets import QLabel
from window_bench import PATIENCE, write_settings

from app.features.models.feature import Models
from app.features.models.model_info import list_model_info
from app.session.models import if_available
from uvanet.paths import resource
from uvanet.registry import resolve_model
from uvanet.sources import SourceKind
from uvanet.user_models import models_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from window_bench import Bench

    from app.features.models.model_info import ModelInfo


def test_a_model_is_changed_during_playback(player: Bench) -> None:
    controller = player.session
    with player.qtbot.waitSignal(controller.student.changed, timeout=PATIENCE) as changed:
        controller.student.use("uvanet-64")
    assert changed.args == ["uvanet-64"]
    assert controller.student.name == "uvanet-64"
    calls = player.predictor.calls
    captured = controller.stats().captured
    player.until(lambda: controller.stats().captured > captured + 5)
    assert player.predictor.calls == calls
    assert controller.stats().failed == 0


def test_a_paused_frame_gets_the_map_of_the_new_model(still: Bench) -> None:
    before, frame = still.presenter.packet, still.frame()
    still.session.student.use(str(resource("weights/uvanet-64.onnx")))
    still.until(lambda: still.presenter.packet is not before)
    still.settle()
    assert still.frame() == frame
    seen = still.presenter.packet.saliency
    assert seen.shape != before.saliency.shape or (seen != before.saliency).any()
    assert still.status.model.text() == "uvanet-64"
    still.until(lambda: still.settings.model_files)
    assert still.settings.model_files[0].endswith("uvanet-64.onnx")


def test_a_still_picture_gets_the_map_of_the_new_model(
    launch: Callable[..., Bench], tmp_path: Path, clip: Path
) -> None:
    import cv2
    import numpy as np

    path = tmp_path / "still.png"
    assert cv2.imwrite(str(path), np.tile(np.arange(160, dtype=np.uint8), (120, 1)))
    bench = launch(path)
    bench.until(lambda: bench.presenter.overlay_seen)
    assert bench.session.info.kind is SourceKind.PICTURE
    with bench.qtbot.waitSignal(bench.session.student.changed, timeout=PATIENCE):
        bench.session.student.use("uvanet-64")


def test_a_damaged_file_is_refused_and_the_model_before_stays(
    player: Bench, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.onnx"
    shutil.copy(resource("weights/uvanet-64.json"), tmp_path / "bad.json")
    bad.write_bytes(b"no network")
    with player.qtbot.waitSignal(player.session.student.failed, timeout=PATIENCE):
        player.session.student.use(str(bad))
    assert "bad.onnx" in player.banner.message
    assert player.session.student.name == "uvanet-64"
    calls = player.predictor.calls
    player.until(lambda: player.predictor.calls > calls)


@pytest.fixture
def external(tmp_path: Path) -> Path:
    """An ONNX file of any size of input, whose map is the brightness of the red channel."""
    path = tmp_path / "my model.onnx"
    picture = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, "h", "w"])
    saliency = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, "h", "w"])
    first = numpy_helper.from_array(np.array([0], np.int64), "first")
    graph = helper.make_graph(
        [helper.make_node("Gather", ["x", "first"], ["y"], axis=1)],
        "red",
        [picture],
        [saliency],
        [first],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)
    return path


def feature(bench: Bench) -> Models:
    return bench.find(Models)


def test_a_file_is_tried_before_it_is_used(player: Bench, external: Path) -> None:
    feature(player).try_file(str(external))
    dialog = feature(player).trial
    assert not dialog.use_button.isEnabled()
    # It takes any size, so one must be said; the message names the file and the setting.
    player.until(lambda: "my model.onnx" in dialog.status.text() and dialog.try_button.isEnabled())
    assert "size" in dialog.status.text()
    assert not dialog.use_button.isEnabled()
    dialog.size_line.setText("64x48")
    dialog.try_button.click()
    player.until(dialog.use_button.isEnabled)
    assert "64 by 48" in dialog.status.text()
    assert not dialog.preview.pixmap().isNull()
    # Settings that were not tried cannot be used.
    dialog.mean_line.setText("0.1")
    assert not dialog.use_button.isEnabled()
    dialog.mean_line.setText("0")
    assert dialog.use_button.isEnabled()
    dialog.use_button.click()
    name = f"{external},size=64x48"
    assert player.settings.compare_teacher == name
    assert player.settings.model_files == [name]
    panes = player.slots.panes
    player.until(lambda: panes.extra[0].canvas.has_picture and panes.extra[0].isVisible())
    assert "my model" in player.slots.panes.extra[0]._note.full_text


def test_invalid_settings_are_reported(player: Bench, external: Path) -> None:
    feature(player).try_file(str(external))
    dialog = feature(player).trial
    dialog.size_line.setText("64x48")
    dialog.std_line.setText("0 0 0")
    dialog.start()
    player.until(lambda: "std" in dialog.status.text())
    dialog.std_line.setText("1")
    dialog.mean_line.setText("5")  # everything below zero: a map without attention
    dialog.start()
    player.until(lambda: "without any attention" in dialog.status.text())
    dialog.reject()
    assert player.settings.model_files == []
    assert player.settings.compare_teacher == ""


def test_the_dialog_lists_all_models(player: Bench, external: Path) -> None:
    name = f"{external},size=64x48"
    gone = str(external.with_name("gone.onnx"))
    player.settings.model_files = [name, gone]
    player.trigger("choose_models")
    dialog = feature(player).dialog
    player.until(lambda: len(dialog.students) >= 3)
    assert dialog.students["uvanet-64"].isChecked()
    words = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert "169" in words  # thousand parameters
    nss = resolve_model("uvanet-64").verified()[1].measured("test")["nss"]
    assert f"{nss:.2f}" in words
    assert not dialog.students[gone].isEnabled()
    # It can be thought better of: the one that is measured is the last.
    dialog.measure.click()
    assert dialog.measure.text() == "Stop measuring"
    dialog.measure.click()
    player.until(lambda: dialog.measure.text() == "Measure latency")
    assert "-" in dialog.latencies.values()
    dialog.measure.click()
    player.until(lambda: all(" ms" in dialog.latencies[one] for one in ("uvanet-64", name)))
    with player.qtbot.waitSignal(player.session.student.changed, timeout=PATIENCE):
        dialog.students[name].click()
    assert player.status.model.text() == "my model"
    assert player.settings.model == name
    dialog.teachers["uvanet-64"].click()
    player.until(lambda: player.presenter.packet.teacher_result is not None)
    dialog.close()


def test_a_user_model_is_listed_like_others(player: Bench) -> None:
    folder = models_folder() / "desk-0102-0304"
    folder.mkdir(parents=True)
    for ending in ("onnx", "json"):
        weights = resource(f"weights/uvanet-64.{ending}")
        shutil.copyfile(weights, folder / f"{folder.name}.{ending}")
    card = replace(resolve_model("uvanet-64").verified()[1], name=folder.name)
    card.write(folder / f"{folder.name}.json")
    player.trigger("choose_models")
    dialog = feature(player).dialog
    player.until(lambda: folder.name in dialog.students)
    with player.qtbot.waitSignal(player.session.student.changed, timeout=PATIENCE):
        dialog.students[folder.name].click()
    assert player.settings.model == folder.name
    dialog.teachers[folder.name].click()
    player.until(lambda: player.presenter.packet.teacher_result is not None)
    dialog.close()
    assert if_available(folder.name) == folder.name
    assert if_available("nobody") == ""


def test_the_table_names_the_data_of_the_scores(player: Bench) -> None:
    player.trigger("choose_models")
    dialog = feature(player).dialog
    player.until(lambda: dialog.students)
    grid = dialog._table.layout()
    table = [
        [
            item.widget().text() if (item := grid.itemAtPosition(row, column)) else ""
            for column in range(grid.columnCount())
        ]
        for row in range(grid.rowCount())
    ]
    # Each column holds scores of one data set, whose name stands over it.
    columns = [*zip(table[0], table[1], strict=True)]
    pictures = columns.index(("Pictures (test split)", "NSS"))
    talk = columns.index(("People talking (talk)", "NSS"))
    model = table[1].index("Model")
    of = {row[model]: row for row in table[2:]}
    for name in ("uvanet-64", "teacher-spatial", "teacher-temporal"):
        card = resolve_model(name).verified()[1]
        for column, data in ((pictures, "test"), (talk, "talk")):
            nss = card.measured(data).get("nss")
            assert of[name][column] == ("-" if nss is None else f"{nss:.2f}"), name
    assert of["teacher-temporal"][pictures] == "-"
    player.until(lambda: dialog._scroll.width() >= dialog._table.minimumSizeHint().width())
    player.until(lambda: dialog._scroll.horizontalScrollBar().maximum() == 0)


def test_the_precision_is_shown() -> None:
    bits = {model.name: model.bits for model in list_model_info([])}
    assert {bits[name] for name in ("uvanet-32", "uvanet-64", "uvanet-128")} == {32}
    assert bits["uvanet-64-int8"] == 8
    assert {bits[name] for name in ("teacher-spatial", "teacher-temporal")} == {16}


def test_a_refused_model_leaves_the_one_before_selected(player: Bench, external: Path) -> None:
    bad = f"{external},layout=CHW"
    player.settings.model_files = [bad]
    player.trigger("choose_models")
    dialog = feature(player).dialog
    player.until(lambda: bad in dialog.students)
    with player.qtbot.waitSignal(player.session.student.failed, timeout=PATIENCE):
        dialog.students[bad].click()
    assert dialog.students["uvanet-64"].isChecked()
    assert player.settings.model == ""
    dialog.close()


@pytest.mark.parametrize("gone", [False, True])
def test_the_model_is_remembered_unless_its_file_is_gone(
    launch: Callable[..., Bench], clip: Path, external: Path, gone: bool
) -> None:
    model = f"{external},size=64x48"
    write_settings(model=model)
    if gone:
        external.unlink()
    bench = launch(clip)
    assert bench.session.student.name == ("uvanet-64" if gone else model)
    bench.until(lambda: bench.presenter.overlay_seen)


def test_another_engine_runs_the_current_model(player: Bench) -> None:
    player.trigger("choose_models")
    dialog = feature(player).dialog
    assert [dialog.engines.itemData(i) for i in range(2)] == ["auto", "onnx"]
    with player.qtbot.waitSignal(player.session.student.changed, timeout=PATIENCE):
        dialog.engines.setCurrentIndex(1)
        dialog.engines.activated.emit(1)
    assert player.settings.model_engine == "onnx"
    assert player.session.student.name == "uvanet-64"
    dialog.close()


def test_the_list_marks_the_model_in_use_while_another_one_waits(
    launch: Callable[..., Bench], clip: Path, tmp_path: Path
) -> None:
    bench = launch(tmp_path / "missing.mp4")
    bench.until(lambda: bench.banner.level == "error")
    bench.trigger("choose_models")
    dialog = feature(bench).dialog
    bench.until(lambda: "uvanet-32" in dialog.students)
    with bench.qtbot.waitSignal(bench.session.student.waiting, timeout=PATIENCE):
        dialog.students["uvanet-32"].click()
    assert dialog.students["uvanet-64"].isChecked()
    assert "uvanet-32" in dialog._note.text()
    with bench.qtbot.waitSignal(bench.session.student.changed, timeout=PATIENCE):
        bench.open(clip)
    assert dialog.students["uvanet-32"].isChecked()
    assert "uvanet-32" not in dialog._note.text()
    dialog.close()


def test_a_model_in_use_is_listed_although_it_is_not_remembered(
    player: Bench, external: Path
) -> None:
    name = f"{external},size=64x48"
    player.trigger("choose_models")
    dialog = feature(player).dialog
    player.until(lambda: dialog.students)
    assert name not in dialog.teachers
    player.session.teacher.use(name)
    player.until(lambda: name in dialog.teachers)
    assert dialog.teachers[name].isChecked()
    dialog.close()


def test_a_latency_belongs_to_its_engine(player: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    started, proceed, engines = threading.Event(), threading.Event(), []

    def measure_slowly(name: str, engine: str, seconds: float) -> list[float]:
        engines.append(engine)
        started.set()
        assert proceed.wait(PATIENCE / 1000)
        return [1.0] if engine == "auto" else [2.0]

    monkeypatch.setattr("app.features.models.feature.measure_steps", measure_slowly)
    player.trigger("choose_models")
    dialog = feature(player).dialog
    player.until(lambda: dialog.students)
    dialog.measure.click()
    player.until(started.is_set)
    dialog.engines.setCurrentIndex(1)
    dialog.engines.activated.emit(1)
    proceed.set()
    player.until(lambda: dialog.measure.text() == "Measure latency")
    assert engines[0] == "auto"
    assert set(engines[1:]) == {"onnx"}
    assert set(dialog.latencies.values()) == {"2.0 ms"}
    dialog.close()


def test_an_older_list_of_models_does_not_replace_a_newer_one(
    player: Bench, external: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proceed, ended = threading.Event(), threading.Event()
    real, calls = list_model_info, []

    def list_slowly(names: Iterable[str]) -> list[ModelInfo]:
        first = not calls  # before the second call, which may come while this one reads files
        calls.append(1)
        models = real(names)
        if first:
            assert proceed.wait(PATIENCE / 1000)
            ended.set()
        return models

    monkeypatch.setattr("app.features.models.feature.list_model_info", list_slowly)
    player.trigger("choose_models")
    dialog = feature(player).dialog
    player.until(lambda: calls)
    player.settings.model_files = [f"{external},size=64x48"]
    player.trigger("choose_models")
    player.until(lambda: f"{external},size=64x48" in dialog.students)
    proceed.set()
    player.until(lambda: ended.is_set() and not player.context.jobs.busy())
    assert f"{external},size=64x48" in dialog.students
    dialog.close()
