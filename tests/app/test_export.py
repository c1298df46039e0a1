"""Exports from the window: marks, dialog, folders; what is written is read back."""

import tempfile
from pathlib import Path

import pytest
from export_kit import ask, columns, exported, feature, frames_of, regions, wait_ended
from PySide6.QtCore import Qt

from app.features.export.dialog import ExportDialog
from app.features.export.options import ExportOptions
from app.features.export.queue import ExportState
from app.features.export.time_range import read_time, time_text


def test_the_marked_part_is_exported(still, tmp_path):
    still.seek(0.5)
    still.trigger("mark_in")
    still.seek(1.0)
    still.trigger("mark_out")
    assert still.session.marks == (pytest.approx(0.5), pytest.approx(1 + 1 / 30))
    dialog = ask(still)
    assert not dialog.more_options.isVisible()
    dialog.line.setText(str(tmp_path / "cut"))
    dialog.more.click()
    dialog.extras["csv"].setChecked(True)
    still.qtbot.mouseClick(dialog.export_button, Qt.MouseButton.LeftButton)
    exported(still)
    assert frames_of(tmp_path / "cut.mp4") == 16
    assert len((tmp_path / "cut.csv").read_text().splitlines()) == 17
    assert still.banner.message == "Exported cut.mp4."
    assert still.settings.folder == str(tmp_path)
    assert "csv" in still.settings.export_extras
    still.trigger("clear_marks")
    assert still.session.marks == (None, None)


def test_a_mark_is_at_the_position_that_was_sought(still):
    still.session.seek(0.4)
    still.trigger("mark_in")  # before the frame is there
    assert still.session.marks == (0.4, None)
    still.session.seek(100)
    still.trigger("mark_out")
    assert still.session.marks == (0.4, pytest.approx(2 + 1 / 30))


def test_the_part_can_be_typed(still, tmp_path):
    still.seek(0.5)
    still.trigger("mark_in")
    dialog = ask(still)
    assert dialog.range.start.text() == "0:00.5"
    assert dialog.range.end.text() == "0:02"
    assert dialog.range.note.text() == "1.5 seconds"
    for start, end in (
        ("0:00.5", "soon"),
        ("1.6", "0:01"),
        ("0:03", "0:04"),
        ("-1", "1"),
        ("0:02", "0:02"),  # the start is not read as the initial end, which stands for the whole
    ):
        dialog.range.start.setText(start)
        dialog.range.end.setText(end)
        assert not dialog.export_button.isEnabled()
        assert "1:02.5" in dialog.range.note.text()
    dialog.range.start.setText("0:01")
    dialog.range.end.setText("1,5")
    assert dialog.range.note.text() == "0.5 seconds"
    for path in ("", "/", ".."):
        dialog.line.setText(path)
        assert not dialog.export_button.isEnabled()
    dialog.line.setText("~nouser/clip.mp4")  # a user that does not exist: no home folder
    assert dialog.base == Path.cwd() / "~nouser" / "clip"
    dialog.line.setText(str(tmp_path / "typed"))
    still.qtbot.mouseClick(dialog.export_button, Qt.MouseButton.LeftButton)
    exported(still)
    assert frames_of(tmp_path / "typed.mp4") == 15
    assert still.session.marks == (1.0, 1.5)
    # What nobody touched stays as it was marked, to the last digit.
    assert ask(still).span == (1.0, 1.5)


@pytest.mark.parametrize("seconds", [0.0, 3.4, 59.99, 62.5, 3723.25])
def test_times_are_read_as_they_are_written(seconds):
    assert read_time(time_text(seconds)) == pytest.approx(seconds)


def test_marks_that_would_cross_move_out_of_the_way(still):
    still.seek(1.2)
    still.trigger("mark_out")
    still.seek(1.5)
    still.trigger("mark_in")
    assert still.session.marks == (pytest.approx(1.5), None)
    still.open("demo")
    assert still.session.marks == (None, None)


def test_a_whole_folder(player, clip, tmp_path):
    films = tmp_path / "films"
    films.mkdir()
    for name in ("a.mp4", "b.mp4"):
        (films / name).write_bytes(clip.read_bytes())
    ours = feature(player)
    ours.ask.for_folder(str(films))
    player.until(lambda: player.window.findChildren(ExportDialog))
    (dialog,) = player.window.findChildren(ExportDialog)
    dialog.line.setText(str(tmp_path))
    dialog.export_button.click()
    tasks = wait_ended(player, 2)
    assert [task.state for task in tasks] == [ExportState.DONE, ExportState.DONE]
    assert frames_of(tmp_path / "a-attention.mp4") == frames_of(tmp_path / "b-attention.mp4") == 60
    assert player.settings.folder == str(tmp_path.parent)


def test_an_empty_folder_is_reported(player, tmp_path):
    (tmp_path / "films").mkdir()
    feature(player).ask.for_folder(str(tmp_path / "films"))
    player.until(lambda: "holds no video" in player.banner.message)


def test_regions_are_columns_of_the_table(still, tmp_path):
    still.session.set_regions(regions("file", "file"))
    dialog = ask(still)
    dialog.presets["numbers"].click()
    dialog.line.setText(str(tmp_path / "n"))
    dialog.range.end.setText("0.3")
    dialog.export_button.click()
    task = exported(still)
    assert {"share:file", "share:file (2)"} <= columns(tmp_path / "n.csv")
    assert not task.temporary[0].exists()


def test_regions_that_cannot_be_handed_to_the_export_are_reported(still, tmp_path, monkeypatch):
    still.session.set_regions(regions("file"))
    dialog = ask(still)
    dialog.line.setText(str(tmp_path / "n"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    dialog.export_button.click()
    assert "cannot be started" in still.banner.message
    assert feature(still).queue.tasks == []


def test_a_folder_is_exported_without_the_regions_of_the_source(still, clip, tmp_path):
    still.session.set_regions(regions("mine"))
    films = tmp_path / "films"
    films.mkdir()
    (films / "a.mp4").write_bytes(clip.read_bytes())
    still.settings.export_preset = "numbers"
    feature(still).ask.for_folder(str(films))
    still.until(lambda: still.window.findChildren(ExportDialog))
    (dialog,) = still.window.findChildren(ExportDialog)
    dialog.line.setText(str(tmp_path))
    dialog.export_button.click()
    exported(still)
    assert "share:mine" not in columns(tmp_path / "a-attention.csv")


def test_enter_exports_after_a_preset_was_clicked(still, tmp_path):
    dialog = ask(still)
    dialog.line.setText(str(tmp_path / "entered"))
    still.qtbot.mouseClick(dialog.presets["numbers"], Qt.MouseButton.LeftButton)
    still.qtbot.keyClick(dialog.presets["numbers"], Qt.Key.Key_Return)
    exported(still)
    assert (tmp_path / "entered.csv").is_file()


def test_the_dialog_offers_what_there_is(still):
    dialog = ask(still)
    assert dialog.presets["teacher"].isEnabled()
    dialog.presets["numbers"].click()
    assert not dialog.format.isEnabled()
    assert dialog.options.preset == "numbers"
    for control in (dialog.line, dialog.format, dialog.quality, dialog.height_box):
        assert control.accessibleName()
        assert control.toolTip()
    for button in (*dialog.presets.values(), *dialog.extras.values(), dialog.more, dialog.browse):
        assert button.toolTip()
    dialog.reject()


def test_names_that_are_taken_get_a_number(tmp_path):
    (tmp_path / "a.csv").touch()
    options = ExportOptions(extras=["csv"])
    assert options.output_paths(tmp_path / "a") == (tmp_path / "a-2.mp4", tmp_path / "a-2.csv")
    taken = {tmp_path / "a-2.mp4"}
    third = (tmp_path / "a-3.mp4", tmp_path / "a-3.csv")
    assert options.output_paths(tmp_path / "a", taken) == third
    long = options.output_paths(tmp_path / ("x" * 300))  # the command reports it
    assert long[0].name == "x" * 300 + ".mp4"
    numbers = ExportOptions(preset="numbers")
    assert [path.suffix for path in numbers.output_paths(tmp_path / "b")] == [".csv", ".json"]
