"""The list of models: its table, measured times, and deletion."""

from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING

from model_kit import add_user_model, feature, open_models, use
from PySide6.QtCore import Qt
from studio_kit import answer_question
from window_bench import PATIENCE

from app.features.models.model_info import list_model_info
from app.features.models.model_table import SPEED, USE
from app.session import student as student_module
from app.session.models import if_available
from uvanet.registry import resolve_model
from uvanet.user_models import models_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import pytest
    from window_bench import Bench

    from app.features.models.model_info import ModelInfo


def test_the_dialog_lists_all_models(player: Bench, external: Path) -> None:
    name = f"{external},size=64x48"
    gone = str(external.with_name("gone.onnx"))
    player.settings.model_files = [name, gone]
    dialog = open_models(player, name, gone)
    table = dialog.table
    assert table.cell("uvanet-64", USE) == "live"
    assert table.cell("uvanet-64", "parameters") == "166\N{NO-BREAK SPACE}k"
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


def test_a_model_is_marked_while_it_is_loaded(
    player: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    proceed, load = threading.Event(), student_module.load_predictor

    def load_slowly(*arguments: object) -> object:
        assert proceed.wait(PATIENCE / 1000)
        return load(*arguments)

    monkeypatch.setattr(student_module, "load_predictor", load_slowly)
    dialog = open_models(player)
    use(dialog, "uvanet-32")
    assert dialog.table.cell("uvanet-32", USE) == "loading …"
    assert dialog.table.cell("uvanet-64", USE) == "live"
    assert dialog.note.text() == player.status.model.full_text == "Loading uvanet-32 …"
    with player.qtbot.waitSignal(player.session.student.choice_made, timeout=PATIENCE):
        proceed.set()
    assert dialog.table.cell("uvanet-32", USE) == "live"
    assert "Loading" not in dialog.note.text()
    assert player.status.model.full_text == "uvanet-32"
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


def test_undo_of_a_removal_keeps_files_that_were_added_later(player: Bench, tmp_path: Path) -> None:
    names = [str(tmp_path / f"{name}.onnx") for name in ("first", "second", "later")]
    player.settings.model_files = names[:2]
    dialog = open_models(player)
    player.until(lambda: names[1] in dialog.table.names)
    dialog.table.select(names[1])
    dialog.delete_button.click()
    assert player.settings.model_files == names[:1]
    player.settings.model_files = [names[2], names[0]]
    player.trigger("undo")
    assert player.settings.model_files == [names[2], names[1], names[0]]
    dialog.close()


def test_a_dropped_file_with_a_suffix_in_capitals_is_tried(player: Bench, tmp_path: Path) -> None:
    path = tmp_path / "MODEL.ONNX"
    path.write_bytes(b"no model")
    assert feature(player).open_drop(str(path))
    page = feature(player).dialog.onnx
    assert page.title.text() == "MODEL.ONNX"
    player.until(lambda: "MODEL" in page.status.text())
    feature(player).dialog.close()
