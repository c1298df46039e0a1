"""Regions on disk: the store of all sources, region files, tables of shares."""

import csv
import json
import os
import threading
from dataclasses import replace

import pytest
from PySide6.QtGui import QGuiApplication
from region_kit import BOX, LEFT_HALF, OTHER, analyse, answer, regions
from studio_kit import answer_question

from app.features.analyse.region_store import RegionStore
from app.runtime import source_store
from uvanet.analysis import region_shares
from uvanet.errors import UvanetError


def test_regions_are_stored_per_source_across_starts(launch, clip, tmp_path):
    first = launch(clip)
    first.until(lambda: first.presenter.overlay_seen)
    regions(first).replace_all([LEFT_HALF])
    first.open("demo")
    assert regions(first).all == ()
    first.open(clip)
    assert regions(first).all == (LEFT_HALF,)
    first.window.close()
    second = launch(clip)
    second.until(lambda: second.session.info is not None)
    assert regions(second).all == (LEFT_HALF,)


def test_a_damaged_region_store_counts_as_empty(launch, clip, home):
    path = home / ".local" / "share" / "uvanet" / "regions.json"
    path.parent.mkdir()
    path.write_text('{"x": [{"name": 3}], "y"')
    bench = launch(clip)
    bench.until(lambda: bench.presenter.overlay_seen)
    regions(bench).replace_all([LEFT_HALF])
    bench.window.close()
    assert list(json.loads(path.read_text())) == [str(clip)]


def test_a_saved_region_file_is_loaded_by_dropping_it(still, tmp_path):
    path = tmp_path / "regions.json"
    regions(still).replace_all([LEFT_HALF])
    still.trigger("save_regions")
    answer(still, path)
    still.until(path.exists)
    regions(still).remove(regions(still).all[:1])
    assert analyse(still).open_drop(str(path))
    still.until(lambda: regions(still).all == (LEFT_HALF,))
    path.write_text("{}")
    still.trigger("load_regions")
    answer(still, path)
    still.until(lambda: still.banner.level == "error")
    assert "regions.json" in still.banner.message
    assert regions(still).all == (LEFT_HALF,)


def test_the_shares_csv_has_a_row_per_map_seen(player, tmp_path):
    path = tmp_path / "shares.csv"
    regions(player).replace_all([LEFT_HALF])
    record = analyse(player).history.record
    player.until(lambda: len(record) > 10)
    player.pause()
    player.trigger("save_shares")
    answer(player, path)
    summaries = tmp_path / "shares.regions.csv"  # renamed after the first file
    player.until(lambda: path.exists() and summaries.exists())
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert len(rows) == len(record)
    values = [float(row["share:Left"]) for row in rows]
    # The bright square moves from left to right.
    assert values[0] > 0.9
    assert [float(row["time_s"]) for row in rows] == sorted(float(row["time_s"]) for row in rows)
    assert values == pytest.approx(record.shares(LEFT_HALF), abs=1e-3)
    (row,) = csv.DictReader(summaries.read_text().splitlines())
    summary = record.summary(LEFT_HALF)
    assert row["region"] == "Left"
    assert float(row["share"]) == pytest.approx(summary.share, abs=1e-3)
    assert int(row["entries"]) == summary.entries >= 1
    assert float(row["first_look_s"]) == pytest.approx(summary.first, abs=1e-3)
    assert float(row["dwell_s"]) == pytest.approx(summary.dwell, abs=1e-3)
    assert float(row["duration_s"]) == pytest.approx(record.covered, abs=1e-3)
    player.trigger("copy_regions")
    heads, cells = (line.split("\t") for line in QGuiApplication.clipboard().text().splitlines())
    assert dict(zip(heads, cells, strict=True)) == row


def test_regions_of_one_name_have_columns_and_rows_of_their_own(still, tmp_path):
    path = tmp_path / "shares.csv"
    regions(still).replace_all([BOX, replace(OTHER, name="Box"), replace(OTHER, name="Box (2)")])
    still.trigger("save_shares")
    answer(still, path)
    summaries = tmp_path / "shares.regions.csv"
    still.until(lambda: path.exists() and summaries.exists())
    names = ["Box", "Box (3)", "Box (2)"]
    heads = path.read_text().splitlines()[0].split(",")
    assert heads[-3:] == [f"share:{name}" for name in names]
    rows = csv.DictReader(summaries.read_text().splitlines())
    assert [row["region"] for row in rows] == names
    still.trigger("copy_numbers")
    copied = QGuiApplication.clipboard().text()
    assert all(f"{name}: share now\t" in copied for name in names)


def test_a_table_beside_the_chosen_one_is_not_replaced_unasked(still, tmp_path):
    path, beside = tmp_path / "shares.csv", tmp_path / "shares.regions.csv"
    beside.write_text("mine")
    regions(still).replace_all([BOX])

    def save():
        still.trigger("save_shares")
        answer(still, path)

    save()
    assert "shares.regions.csv exists" in answer_question(still, "Cancel")
    assert beside.read_text() == "mine"
    save()
    answer_question(still, "Replace")
    still.until(lambda: beside.read_text() != "mine")
    still.until(path.exists)


def test_copied_numbers_have_two_columns(still):
    regions(still).replace_all([LEFT_HALF])
    still.trigger("copy_numbers")
    rows = [line.split("\t") for line in QGuiApplication.clipboard().text().splitlines()]
    assert all(len(row) == 2 for row in rows)
    numbers = dict(rows)
    (share,) = region_shares(still.presenter.packet.saliency, [LEFT_HALF])
    assert float(numbers["Left: share now"]) == pytest.approx(share, abs=1e-4)
    assert float(numbers["Time (s)"]) == pytest.approx(still.presenter.packet.frame.pts, abs=1e-3)
    assert numbers["Model"] == "uvanet-64"
    assert "CC" not in numbers
    assert still.banner.level == "done"


def test_a_frame_whose_map_failed_has_no_numbers_of_the_map(still):
    regions(still).replace_all([LEFT_HALF])
    still.predictor.error = UvanetError("No map.")
    still.seek(0.5)
    still.until(lambda: still.presenter.packet.failed)
    still.trigger("copy_numbers")
    text = QGuiApplication.clipboard().text()
    assert "Time (s)" in text
    assert "Peak" not in text
    assert "Left: share now" not in text


def test_the_store_accepts_a_source_name_that_is_not_utf_8(tmp_path):
    path = tmp_path / "regions.json"
    store = RegionStore(path)
    store.put("film-\udcff.mp4", [LEFT_HALF])
    store.write()
    assert RegionStore(path).get("film-\udcff.mp4") == [LEFT_HALF]
    assert path.stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob("*.part*"))


def test_saved_files_have_the_mode_of_the_umask(still, tmp_path):
    regions(still).replace_all([BOX])
    for action, name in (("save_shares", "table.csv"), ("save_regions", "regions.json")):
        still.trigger(action)
        answer(still, tmp_path / name)
        still.until((tmp_path / name).exists)
    still.until((tmp_path / "table.regions.csv").exists)
    umask = os.umask(0)
    os.umask(umask)
    for path in tmp_path.glob("*.*"):
        assert path.stat().st_mode & 0o777 == 0o666 & ~umask, path


def test_a_store_that_is_being_written_can_be_changed(tmp_path, monkeypatch):
    writing, go_on = threading.Event(), threading.Event()
    real = source_store.write_text

    def slow(*args, **options):
        writing.set()
        assert go_on.wait(60)
        real(*args, **options)

    monkeypatch.setattr(source_store, "write_text", slow)
    store = RegionStore(tmp_path / "regions.json")
    store.put("a", [BOX])
    thread = threading.Thread(target=store.write)
    thread.start()
    assert writing.wait(60)
    store.put("b", [OTHER])  # waited for the disk before
    go_on.set()
    thread.join(60)
    store.write()
    assert RegionStore(tmp_path / "regions.json").get("b") == [OTHER]
