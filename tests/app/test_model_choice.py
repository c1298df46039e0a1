"""Choice of the model in the running window, by name and by file."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from model_kit import feature, open_models, use
from studio_kit import answer_question
from window_bench import PATIENCE, write_settings

from app.features.models.model_table import USE
from uvanet.paths import resource
from uvanet.sources import SourceKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from window_bench import Bench


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
