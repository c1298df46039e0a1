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
from PySide6.QtCore import Qt
from studio_kit import answer_question
from window_bench import PATIENCE, write_settings

from app.features.models.feature import Models
from app.features.models.model_info import list_model_info
from app.features.models.model_table import SPEED, USE
from app.session.models import if_available
from uvanet.paths import resource
from uvanet.registry import resolve_model
from uvanet.sources import SourceKind
from uvanet.user_models import models_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from window_bench import Bench

    from app.features.models.dialog import ModelsDialog
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
    assert still.status.model.full_text == "uvanet-64"
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


def test_a_file_is_tried_before_it_is_used(player: Bench, external: Path) -> None:
    feature(player).try_file(str(external))
    dialog = feature(player).dialog
    page = dialog.onnx
    assert page.isVisible()
    assert not page.teacher_button.isEnabled()
    # It takes any size, so one must be said: below the field.
    player.until(lambda: "my model.onnx" in page.errors["size"].text())
    assert page.errors["size"].isVisible()
    assert not page.student_button.isEnabled()
    page.size_line.setText("64x48")
    assert not page.errors["size"].isVisible()
    page.try_button.click()
    player.until(page.teacher_button.isEnabled)
    assert "64 by 48" in page.status.text()
    assert not page.preview.pixmap().isNull()
    # Settings that were not tried cannot be used.
    page.mean_line.setText("0.1")
    assert not page.teacher_button.isEnabled()
    page.mean_line.setText("")
    assert page.teacher_button.isEnabled()
    page.teacher_button.click()
    name = f"{external},size=64x48"
    assert player.settings.compare_teacher == name
    assert player.settings.model_files == [name]
    player.until(lambda: name in dialog.table.names)
    assert dialog.table.isVisible()
    player.until(lambda: dialog.table.cell(name, USE) == "teacher")
    panes = player.slots.panes
    player.until(lambda: panes.extra[0].canvas.has_picture and panes.extra[0].isVisible())
    assert "my model" in player.slots.panes.extra[0]._note.full_text


def test_a_file_is_added_as_student(player: Bench, external: Path) -> None:
    player.trigger("choose_models")
    feature(player).try_file(str(external))
    dialog = feature(player).dialog
    dialog.onnx.size_line.setText("64x48")
    dialog.onnx.start()
    player.until(dialog.onnx.student_button.isEnabled)
    name = f"{external},size=64x48"
    with player.qtbot.waitSignal(player.session.student.choice_made, timeout=PATIENCE):
        dialog.onnx.student_button.click()
    assert player.session.student.choice == name
    player.until(lambda: name in dialog.table.names and dialog.table.cell(name, USE) == "live")
    # It can be taken off the list once it is not in use; the file stays.
    dialog.table.select(name)
    assert not dialog.delete_button.isEnabled()
    with player.qtbot.waitSignal(player.session.student.choice_made, timeout=PATIENCE):
        use(dialog, "uvanet-64")
    use(dialog, name, "delete_button")
    player.until(lambda: name not in dialog.table.names)
    assert external.is_file()
    player.trigger("undo")
    player.until(lambda: name in dialog.table.names)
    assert player.settings.model_files == [name]
    dialog.close()


def test_invalid_settings_are_reported_beside_their_field(player: Bench, external: Path) -> None:
    feature(player).try_file(str(external))
    page = feature(player).dialog.onnx
    page.size_line.setText("64 pixels")
    assert "size=384x224" in page.errors["size"].text()
    page.size_line.setText("64x48")
    page.std_line.setText("0 0 0")
    assert not page.errors["size"].text()
    assert "above 0" in page.errors["std"].text()
    assert not page.try_button.isEnabled()
    page.std_line.setText("1")
    page.mean_line.setText("5")  # everything below zero: a map without attention
    page.start()
    player.until(lambda: "without any attention" in page.status.text())
    page.left.emit()
    assert feature(player).dialog.table.isVisible()
    assert player.settings.model_files == []
    assert player.settings.compare_teacher == ""
    feature(player).dialog.close()


def test_the_dialog_lists_all_models(player: Bench, external: Path) -> None:
    name = f"{external},size=64x48"
    gone = str(external.with_name("gone.onnx"))
    player.settings.model_files = [name, gone]
    dialog = open_models(player, name, gone)
    table = dialog.table
    assert table.cell("uvanet-64", USE) == "live"
    assert table.cell("uvanet-64", "parameters") == "169\N{NO-BREAK SPACE}k"
    assert table.cell("uvanet-64", "license") == "Apache-2.0"
    table.select(gone)
    assert not dialog.use_button.isEnabled()
    assert not dialog.teacher_button.isEnabled()
    # It can be thought better of: the one that is measured is the last.
    dialog.measure.click()
    assert dialog.measure.text() == "Stop measuring"
    dialog.measure.click()
    player.until(lambda: dialog.measure.text() == "Measure time")
    assert "-" in {table.cell(one, SPEED) for one in table.names}
    dialog.measure_wanted.emit([name])
    player.until(lambda: " ms" in table.cell(name, SPEED))
    with player.qtbot.waitSignal(player.session.student.changed, timeout=PATIENCE):
        use(dialog, name)
    assert player.status.model.full_text == "my model"
    assert player.settings.model == name
    use(dialog, "uvanet-64", "teacher_button")
    player.until(lambda: player.presenter.packet.teacher_result is not None)
    dialog.close()


def test_measured_times_are_remembered(player: Bench) -> None:
    dialog = open_models(player)
    dialog.measure_wanted.emit(["uvanet-32"])
    player.until(lambda: dialog.measure.text() == "Measure time")
    shown = dialog.table.cell("uvanet-32", SPEED)
    assert shown.endswith(" ms")
    dialog.table.show_models([], {})
    open_models(player)
    assert dialog.table.cell("uvanet-32", SPEED) == shown
    assert dialog.table.cell("uvanet-64-int8", SPEED) == "-"
    dialog.close()


def add_user_model() -> Path:
    """Makes a copy of uvanet-64 a model of the user, and gives its folder."""
    folder = models_folder() / "desk-0102-0304"
    folder.mkdir(parents=True)
    for ending in ("onnx", "json"):
        weights = resource(f"weights/uvanet-64.{ending}")
        shutil.copyfile(weights, folder / f"{folder.name}.{ending}")
    card = replace(resolve_model("uvanet-64").verified()[1], name=folder.name)
    card.write(folder / f"{folder.name}.json")
    return folder


def test_a_user_model_is_listed_deleted_and_restored(player: Bench) -> None:
    folder = add_user_model()
    dialog = open_models(player, folder.name)
    with player.qtbot.waitSignal(player.session.student.changed, timeout=PATIENCE):
        use(dialog, folder.name)
    assert player.settings.model == folder.name
    use(dialog, folder.name, "teacher_button")
    player.until(lambda: player.presenter.packet.teacher_result is not None)
    assert dialog.table.cell(folder.name, USE) == "live, teacher"
    assert not dialog.delete_button.isEnabled()
    assert if_available(folder.name) == folder.name
    assert if_available("nobody") == ""
    use(dialog, "uvanet-32", "teacher_button")
    with player.qtbot.waitSignal(player.session.student.changed, timeout=PATIENCE):
        use(dialog, "uvanet-64")
    # To the trash, and back.
    use(dialog, folder.name, "delete_button")
    assert not folder.exists()
    assert "moved to the trash" in player.banner.message
    player.until(lambda: folder.name not in dialog.table.names)
    player.banner.button.click()
    assert sorted(path.suffix for path in folder.iterdir()) == [".json", ".onnx"]
    player.until(lambda: folder.name in dialog.table.names)
    player.trigger("redo")
    assert not folder.exists()
    # What ships cannot be deleted.
    dialog.table.select("uvanet-128")
    assert not dialog.delete_button.isEnabled()
    dialog.close()


def test_a_model_is_deleted_for_good_only_after_a_question(
    player: Bench,
) -> None:
    folder = add_user_model()
    # A system without a trash.
    shutil.rmtree(models_folder().parents[1] / "Trash", ignore_errors=True)
    (models_folder().parents[1] / "Trash").write_text("in the way")
    dialog = open_models(player, folder.name)
    use(dialog, folder.name, "delete_button")
    assert "for good" in answer_question(player, "Cancel")
    assert folder.is_dir()
    use(dialog, folder.name, "delete_button")
    answer_question(player, "Delete")
    assert not folder.exists()
    player.until(lambda: folder.name not in dialog.table.names)
    dialog.close()


def test_a_model_of_another_scene_is_used_after_a_question(player: Bench) -> None:
    player.settings.model_scenes = {"uvanet-32": "/films/other.mp4"}
    dialog = open_models(player)
    use(dialog, "uvanet-32")
    assert "another scene" in answer_question(player, "Cancel")
    assert player.session.student.choice == "uvanet-64"
    use(dialog, "uvanet-32")
    with player.qtbot.waitSignal(player.session.student.choice_made, timeout=PATIENCE):
        answer_question(player, "Use")
    # On its own scene it is used at once, unless the work that runs needs the model in use.
    player.settings.model_scenes = {"uvanet-64": player.session.info.spec}
    player.session.automatic.hold("scan", True)
    use(dialog, "uvanet-64")
    assert "being scanned" in answer_question(player, "Cancel")
    player.session.automatic.hold("scan", False)
    with player.qtbot.waitSignal(player.session.student.choice_made, timeout=PATIENCE):
        use(dialog, "uvanet-64")
    dialog.close()


def test_the_table_names_the_data_of_the_scores_and_is_sorted_by_any(player: Bench) -> None:
    dialog = open_models(player)
    table = dialog.table
    header = table.model()
    titles = [
        header.headerData(place, Qt.Orientation.Horizontal) for place in range(header.columnCount())
    ]
    assert {"NSS,\ntest (gaze)", "NSS,\ntalk (gaze)", "License"} <= set(titles)
    for name in ("uvanet-64", "teacher-spatial", "teacher-temporal"):
        card = resolve_model(name).verified()[1]
        for data in ("test", "talk"):
            nss = card.measured(data).get("nss")
            assert table.cell(name, f"{data} nss") == ("-" if nss is None else f"{nss:.2f}"), name
    assert table.cell("teacher-temporal", "test nss") == "-"
    # The best first; what was not measured is last in both directions.
    assert table.names[0] == "teacher-spatial"
    assert table.names[-1] == "teacher-temporal"
    table.sort_by("test nss", descending=False)
    assert table.names[0] in ("uvanet-32", "uvanet-32-int8")
    assert table.names[-1] == "teacher-temporal"
    assert dialog.note.text().startswith("NSS: ")
    table.sort_by("test cc")
    assert dialog.note.text().startswith("CC: ")
    assert "pictures, test split" in dialog.note.text()
    table.sort_by("parameters")
    assert {*table.names[:2]} == {"teacher-spatial", "teacher-temporal"}
    dialog.close()


def test_the_precision_is_shown() -> None:
    bits = {model.name: model.bits for model in list_model_info([])}
    assert {bits[name] for name in ("uvanet-32", "uvanet-64", "uvanet-128")} == {32}
    assert bits["uvanet-64-int8"] == 8
    assert {bits[name] for name in ("teacher-spatial", "teacher-temporal")} == {16}


def test_a_refused_model_leaves_the_one_before_in_use(player: Bench, external: Path) -> None:
    bad = f"{external},layout=CHW"
    player.settings.model_files = [bad]
    dialog = open_models(player, bad)
    with player.qtbot.waitSignal(player.session.student.failed, timeout=PATIENCE):
        use(dialog, bad)
    assert dialog.table.cell("uvanet-64", USE) == "live"
    assert dialog.table.cell(bad, USE) == ""
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
    dialog = open_models(player)
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
    dialog = open_models(bench)
    with bench.qtbot.waitSignal(bench.session.student.waiting, timeout=PATIENCE):
        use(dialog, "uvanet-32")
    assert dialog.table.cell("uvanet-64", USE) == "live"
    assert "uvanet-32" in dialog.note.text()
    with bench.qtbot.waitSignal(bench.session.student.changed, timeout=PATIENCE):
        bench.open(clip)
    assert dialog.table.cell("uvanet-32", USE) == "live"
    assert "uvanet-32" not in dialog.note.text()
    dialog.close()


def test_a_model_in_use_is_listed_although_it_is_not_remembered(
    player: Bench, external: Path
) -> None:
    name = f"{external},size=64x48"
    dialog = open_models(player)
    assert name not in dialog.table.names
    player.session.teacher.use(name)
    player.until(lambda: name in dialog.table.names)
    assert dialog.table.cell(name, USE) == "teacher"
    dialog.close()


def test_a_time_belongs_to_its_engine(player: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    started, proceed, engines = threading.Event(), threading.Event(), []

    def measure_slowly(name: str, engine: str, threads: int | None, seconds: float) -> float:
        engines.append(engine)
        started.set()
        assert proceed.wait(PATIENCE / 1000)
        return 1.0 if engine == "auto" else 2.0

    monkeypatch.setattr("app.features.models.feature.measure_step", measure_slowly)
    dialog = open_models(player)
    dialog.measure.click()
    player.until(started.is_set)
    with player.qtbot.waitSignal(player.session.student.changed, timeout=PATIENCE):
        dialog.engines.setCurrentIndex(1)
        dialog.engines.activated.emit(1)
    proceed.set()
    player.until(lambda: dialog.measure.text() == "Measure time")
    assert engines[0] == "auto"
    assert set(engines[1:]) == {"onnx"}
    assert {dialog.table.cell(one, SPEED) for one in dialog.table.names} == {"2.0 ms"}
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
    player.until(lambda: f"{external},size=64x48" in dialog.table.names)
    proceed.set()
    player.until(lambda: ended.is_set() and not player.context.jobs.busy())
    assert f"{external},size=64x48" in dialog.table.names
    dialog.close()
