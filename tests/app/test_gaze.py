"""Gaze of people in the window: loading, drawing, comparing, mapping, saving."""

import numpy as np
import pytest
from PySide6.QtWidgets import QComboBox, QFileDialog

from app.features.gaze.feature import GazeOfPeople
from app.features.gaze.loaded_gaze import LoadedGaze
from app.features.gaze.mapping_dialog import MappingDialog
from app.features.gaze.settings import GazeSettings
from uvanet.sources.orientation import Orientation

FIXATIONS = """\
time,duration,x,y,person
0,0.5,40,60,ann
0.6,0.6,120,30,ann
0.1,1.8,80,90,ben
9,1,900,5,ben
"""


@pytest.fixture
def bench(launch, clip):
    """The program, paused on the first frame of the clip."""
    bench = launch(str(clip))
    bench.until(lambda: bench.presenter.overlay_seen)
    bench.pause()
    return bench


@pytest.fixture
def gaze(bench):
    return bench.find(GazeOfPeople)


def load(bench, gaze, path, text=FIXATIONS):
    path.write_text(text, encoding="utf-8")
    gaze.load([str(path)])
    bench.until(lambda: gaze.table is not None)


def test_where_people_look_is_drawn(bench, gaze, tmp_path):
    load(bench, gaze, tmp_path / "gaze.csv")
    bench.seek(0.7)
    bench.until(lambda: len(gaze.layer.looks) == 2)
    looks = {look.person: look for look in gaze.layer.looks}
    names = gaze.table.persons
    assert looks[names.index("ann")].now == pytest.approx((120 / 160, 30 / 120))
    # A trail from where Ann looked before.
    assert looks[names.index("ann")].trail == ((40 / 160, 60 / 120),)
    assert looks[names.index("ben")].now == pytest.approx((80 / 160, 90 / 120))
    assert "4 fixations, people: 2" in gaze.card.facts.text()
    assert "Points outside of the picture: 1" in gaze.card.facts.text()
    bench.trigger("show_gaze")
    assert gaze.layer.looks == ()
    bench.trigger("show_gaze")
    assert len(gaze.layer.looks) == 2
    assert gaze.card.shown.isChecked()


def test_the_offset_moves_the_gaze(bench, gaze, tmp_path):
    load(bench, gaze, tmp_path / "gaze.csv", "time,duration,x,y\n10.5,0.4,40,60\n11,0.5,80,60\n")
    bench.seek(0.7)
    assert gaze.layer.looks == ()
    gaze.card.offset.setValue(-10.0)
    assert [look.now for look in gaze.layer.looks] == [pytest.approx((0.25, 0.5))]


def test_the_gaze_turns_with_the_picture(bench, gaze, tmp_path):
    load(bench, gaze, tmp_path / "gaze.csv", "time,duration,x,y\n0,2,40,30\n1,1,40,30\n")
    bench.seek(0.3)
    bench.session.turn(Orientation(mirrored=True, quarters=1))
    bench.until(lambda: bench.presenter.packet.frame.picture.shape[:2] == (160, 120))
    # A quarter turn and a flip: x and y are swapped.
    bench.until(lambda: [one.now for one in gaze.layer.looks] == [pytest.approx((0.25, 0.25))])


def test_the_map_is_compared_and_the_scores_are_saved(bench, gaze, tmp_path):
    load(bench, gaze, tmp_path / "gaze.csv")
    bench.trigger("compare_gaze")
    bench.until(lambda: gaze.scores is not None)
    scores = gaze.scores
    assert scores.persons == 2
    assert np.isfinite(scores.values[3]).all()
    assert gaze.card.measured.isVisibleTo(gaze.card)
    assert gaze.card.measure.text() == "Compare now"
    assert gaze.card.minimumSizeHint().width() <= bench.slots.panel.viewport().width()
    assert [fact.name for fact in gaze.facts()] == ["NSS", "CC", "AUC-Judd"]
    assert "was compared" in bench.banner.message
    assert bench.banner.hint.startswith(f"NSS {gaze.facts()[0].value}")
    bench.trigger("save_scores")
    dialog = bench.window.findChild(QFileDialog)
    path = tmp_path / "scores.csv"
    dialog.fileSelected.emit(str(path))
    dialog.close()
    bench.until(path.exists)
    assert path.read_text().startswith("time,points,nss,cc,auc_judd,human_nss\n")
    # Another offset makes the scores untrue.
    gaze.card.offset.setValue(0.1)
    assert gaze.scores is None
    assert "was compared" not in bench.banner.message


def test_the_panel_scrolls_to_the_loaded_gaze(bench, gaze, tmp_path):
    """In a low window the card and its scores were below the edge."""
    bench.window.resize(960, 540)
    bar = bench.slots.panel.verticalScrollBar()
    bench.until(lambda: bar.maximum() > 0)
    load(bench, gaze, tmp_path / "gaze.csv")
    bench.until(lambda: bar.value() > 0)


def test_a_comparison_can_be_stopped(bench, gaze, tmp_path):
    load(bench, gaze, tmp_path / "gaze.csv")
    bench.trigger("compare_gaze")
    assert gaze.measurement.running
    bench.trigger("compare_gaze")
    assert not gaze.measurement.running
    assert gaze.scores is None


def test_unknown_columns_are_asked_for_once(bench, gaze, tmp_path):
    path = tmp_path / "gaze.csv"
    path.write_text("wann;links;hoch;wer\n500;0,25;0,9;Eva\n700;0,5;0,8;Eva\n", encoding="utf-8")
    gaze.load([str(path)])
    bench.until(lambda: bench.window.findChild(MappingDialog) is not None)
    dialog = bench.window.findChild(MappingDialog)
    for name, column in {"time": "wann", "x": "links", "y": "hoch", "person": "wer"}.items():
        dialog.columns[name].setCurrentText(column)
    dialog.time_unit.setCurrentText("milliseconds")
    dialog.position.setCurrentText("0 to 1 of the picture")
    dialog.direction.setCurrentText("upwards")
    assert dialog.preview.item(0, 0).text() == "0.500 s"
    assert dialog.preview.item(0, 1).text() == "40.0"
    assert dialog.preview.item(0, 2).text() == "12.0"
    assert dialog.use.isEnabled()
    dialog._accept()
    bench.until(lambda: gaze.table is not None)
    np.testing.assert_allclose(gaze.table.on((100, 100)), [[25, 10], [50, 20]])
    # Remembered by the header.
    gaze.card.remove.click()
    assert gaze.table is None
    gaze.load([str(path)])
    bench.until(lambda: gaze.table is not None)
    assert len(bench.program.settings.section(GazeSettings).mappings) == 1


def test_the_fields_for_columns_are_whole_in_a_small_window(bench, gaze, tmp_path):
    path = tmp_path / "gaze.csv"
    path.write_text("wann;links;hoch\n500;0,25;0,9\n", encoding="utf-8")
    gaze.load([str(path)])
    bench.until(lambda: bench.window.findChild(MappingDialog) is not None)
    dialog = bench.window.findChild(MappingDialog)
    dialog.resize(510, 420)
    bench.until(lambda: dialog.height() == 420)
    assert dialog.width() == 510, dialog.minimumSizeHint()
    for box in dialog.findChildren(QComboBox):
        assert box.height() >= box.minimumSizeHint().height(), box.accessibleName()
        assert box.width() >= 150, box.accessibleName()  # 118 cut their words
    dialog.reject()


def test_a_mapping_that_gives_no_point_cannot_be_used(bench, gaze, tmp_path):
    path = tmp_path / "gaze.csv"
    path.write_text("wann;links;wer\n500;0,25;Eva\n700;0,5;Eva\n", encoding="utf-8")
    gaze.load([str(path)])
    bench.until(lambda: bench.window.findChild(MappingDialog) is not None)
    dialog = bench.window.findChild(MappingDialog)
    dialog.columns["y"].setCurrentText("wer")
    assert not dialog.use.isEnabled()
    assert "No row of gaze.csv" in dialog.status.text()
    dialog.reject()


def test_a_damaged_table_is_told(bench, gaze, tmp_path):
    path = tmp_path / "gaze.csv"
    path.write_bytes(b"\0\1\2" * 99)
    assert gaze.open_drop(str(path))
    bench.until(lambda: "no table" in bench.banner.message)


def test_a_table_of_other_films_is_told(bench, gaze, tmp_path):
    path = tmp_path / "gaze.csv"
    path.write_text("video,time,x,y\na.mp4,0.1,4,3\nb.mp4,0.1,4,3\n", encoding="utf-8")
    gaze.load([str(path)])
    bench.until(lambda: "has no gaze on square.mp4" in bench.banner.message)


def test_removed_gaze_comes_back_with_its_offset_and_scores(bench, gaze, tmp_path, monkeypatch):
    load(bench, gaze, tmp_path / "gaze.csv")
    gaze.card.offset.setValue(0.2)
    bench.trigger("compare_gaze")
    bench.until(lambda: gaze.scores is not None)
    before, shown = gaze.loaded, gaze.card.results.text()
    # With the automatic choice, another student may be live than the one that is compared.
    bench.session.student.name = "uvanet-32"
    monkeypatch.setattr(type(bench.session.student), "offline_name", before.scores.model)
    gaze.card.remove.click()
    assert gaze.loaded == LoadedGaze()
    assert gaze.card.offset.value() == 0.0
    assert bench.banner.message == "The gaze of people was removed."
    assert bench.banner.button.text() == "Undo"
    bench.banner.button.click()
    assert gaze.loaded == before
    assert gaze.card.offset.value() == 0.2
    assert gaze.card.measured.isVisibleTo(gaze.card)
    assert gaze.card.results.text() == shown
    assert gaze.card.name.text().startswith("gaze")
    # A table that is loaded over another one gives that back, too.
    (tmp_path / "other.csv").write_text(FIXATIONS, encoding="utf-8")
    gaze.load([str(tmp_path / "other.csv")])
    bench.until(lambda: gaze.loaded.name == "other.csv")
    assert bench.actions["undo"].text() == "Undo load gaze"
    bench.trigger("undo")
    assert gaze.loaded == before
    bench.session.open("demo")
    bench.until(lambda: gaze.table is None)
    assert not bench.actions["undo"].isEnabled()


def test_the_gaze_goes_with_its_source(bench, gaze, tmp_path):
    load(bench, gaze, tmp_path / "gaze.csv")
    bench.session.open("demo")
    bench.until(lambda: gaze.table is None)
    assert gaze.layer.looks == ()
