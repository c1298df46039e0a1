"""Reports from the window, on the queue of exports, and as PDF."""

import os
import re
import subprocess
import sys

import pytest
from export_kit import ask, exported, feature, regions, wait_ended
from PySide6.QtWidgets import QFileDialog

from app.features.export.queue import ExportState
from app.ui.report_pdf import report_pdf
from uvanet.analysis import RegionSummary
from uvanet.report.content import CAUTION, Report, ReportGraph, ReportPicture, ReportRegion


def choose(bench, path):
    bench.trigger("report")
    (dialog,) = (one for one in bench.window.findChildren(QFileDialog) if one.isVisible())
    dialog.fileSelected.emit(str(path))
    dialog.close()


def test_a_report_has_the_regions_and_marks_of_the_window(still, tmp_path):
    still.session.set_regions(regions("shown <b>", "shown <b>"))
    still.session.set_marks(0.5, 1.5)
    choose(still, tmp_path / "mine.html")
    # What is open later is not in it.
    still.session.set_regions(regions("later"))
    task = exported(still)
    text = (tmp_path / "mine.html").read_text(encoding="utf-8")
    assert CAUTION.split(".")[0] in text
    assert text.count("shown &lt;b&gt;") >= 4
    assert "shown &lt;b&gt; (2)" in text
    assert "later" not in text
    assert "0.5 s to 1.5 s" in text
    assert task.done == 30
    assert not task.temporary[0].exists()


def test_the_file_that_was_chosen_is_replaced(still, tmp_path):
    (tmp_path / "mine.html").write_text("old")
    choose(still, tmp_path / "mine.html")
    exported(still)
    assert "<!DOCTYPE html>" in (tmp_path / "mine.html").read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.glob("mine*")] == ["mine.html"]


def test_a_report_can_be_cancelled(player, tmp_path):
    ours = feature(player)
    choose(player, tmp_path / "mine.html")
    ours.queue.cancel(ours.queue.tasks[0])
    player.until(lambda: not ours.queue.tasks)
    assert not list(tmp_path.glob("*mine*"))


def test_a_report_that_fails_says_why(still, tmp_path):
    choose(still, tmp_path / "missing" / "mine.html")
    (task,) = wait_ended(still)
    assert task.state == ExportState.FAILED
    assert "missing" in still.banner.message
    assert "does not exist" in still.banner.message


def test_the_export_shows_what_the_window_shows(still):
    dialog = ask(still)
    assert not dialog.extras["regions"].isChecked()
    assert not dialog.extras["scanpath"].isChecked()
    dialog.reject()
    still.session.set_regions(regions("one"))
    still.trigger("scanpath")
    dialog = ask(still)
    assert dialog.extras["regions"].isChecked()
    assert dialog.extras["scanpath"].isChecked()
    assert {"--draw-regions", "--scanpath"} <= set(dialog.options.arguments())
    dialog.reject()


@pytest.mark.parametrize("duration", [0.0, 12.0])
def test_a_pdf_has_the_pages_that_its_content_needs(qapp, jpeg, duration):
    picture = ReportPicture(jpeg, 64, 48, "0:01.00", "30.0% of the attention moved")
    row = ReportRegion("a" * 400, "#56b4e9", RegionSummary(0.5, 3.0, None, 1), [0.1, 0.2])
    short = Report("Tür & <b>", "today", [("Source", "x")], picture, ["#000000", "#ffffff"])
    long = Report(
        "Tür & <b>",
        "today",
        [("Source", "x" * 900)] * 30,
        picture,
        ["#000000", "#ffffff"],
        duration,
        [picture] * 9,
        [row] * 40,
        ReportGraph([0.0, 12.0], [0.5, 0.6], [0.0, 0.3]),
        ["One limit."] * 30,
        [("Opacity", "0.6")],
    )
    assert pages(report_pdf(short)) == 1
    assert pages(report_pdf(long)) >= 4


@pytest.fixture
def jpeg():
    import cv2
    import numpy as np

    return cv2.imencode(".jpg", np.full((48, 64, 3), 90, np.uint8))[1].tobytes()


def pages(data):
    assert data.startswith(b"%PDF-")
    return len(re.findall(rb"/Type /Page\b(?!s)", data))


def test_a_pdf_by_the_command_line_needs_no_screen(clip, tmp_path):
    out = tmp_path / "r.pdf"
    environment = {name: text for name, text in os.environ.items() if "DISPLAY" not in name}
    environment.pop("QT_QPA_PLATFORM", None)
    command = [sys.executable, "-m", "uvanet", "report", str(clip), "-o", str(out), "--quiet"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert pages(out.read_bytes()) >= 2
