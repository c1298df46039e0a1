"""Reports by the command line: what they say, that they stand alone, and names that are code."""

from __future__ import annotations

import base64
import csv
import io
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np
import pytest
from command_kit import refused, run_command

from uvanet.analysis import Region, Shape, save_regions
from uvanet.i18n import percent_text
from uvanet.registry import resolve_model
from uvanet.report.content import CAUTION, accuracy_text, time_code
from uvanet.report.graph import (
    Axis,
    Graph,
    Line,
    graph_svg,
    score_axis,
    share_axis,
    thinned,
    time_ticks,
)
from uvanet.video.job import Job
from uvanet.video.report_sink import ReportSink

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "=<script>alert('x')</script> & \"Größe\""
SIDE, FPS, SECONDS = (240, 160), 20, 6


class Page(HTMLParser):
    """The elements and the text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip with a cut every two seconds, a picture, and two regions."""
    folder = tmp_path_factory.mktemp("report")
    with av.open(str(folder / "cuts & <b>.mp4"), "w") as out:
        stream = out.add_stream("libx264", rate=FPS, options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = *SIDE, "yuv420p"
        for number in range(FPS * SECONDS):
            image = np.full((SIDE[1], SIDE[0], 3), 30, np.uint8)
            scene = number // (2 * FPS)
            left = (20, 180, 90)[scene]
            image[60:100, left : left + 40] = ((40, 200, 250), (250, 90, 30), (90, 250, 90))[scene]
            frame = av.VideoFrame.from_ndarray(image, "bgr24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    cv2.imwrite(str(folder / "poster.png"), image)
    halves = (((0.0, 0.0), (0.5, 1.0)), ((0.5, 0.0), (1.0, 1.0)))
    regions = [
        Region(name, Shape.RECTANGLE, points)
        for name, points in zip((HOSTILE, "right"), halves, strict=True)
    ]
    save_regions(folder / "regions.json", regions)
    return folder


@pytest.fixture(scope="module")
def page(folder: Path) -> Page:
    """The report about the clip."""
    done = run_command(
        *("report", "cuts & <b>.mp4", "--regions", "regions.json", "--quiet"),
        *("-o", "out.html", "-o", "out.regions.csv"),
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return Page((folder / "out.html").read_text(encoding="utf-8"))


def test_a_report_stands_alone_and_runs_nothing(page: Page) -> None:
    assert page.all("script") == page.all("link") == page.all("a") == page.all("iframe") == []
    assert "default-src 'none'" in str(page.all("meta")[1]["content"])
    addresses = [one["src"] for one in page.all("img")]
    assert addresses
    for address in addresses:
        assert address is not None
        assert address.startswith("data:image/jpeg;base64,")
        data = np.frombuffer(base64.b64decode(address.partition(",")[2]), np.uint8)
        assert cv2.imdecode(data, cv2.IMREAD_COLOR).size > 0
    assert not any(name.startswith("on") for _, found in page.elements for name in found)


def test_a_report_names_its_source_without_its_folders(page: Page, folder: Path) -> None:
    """Folders tell of the machine and its user, and reports are handed on."""
    assert "cuts & <b>.mp4" in page.text
    assert str(folder) not in page.text


def test_names_from_outside_are_shown_as_they_are(page: Page, folder: Path) -> None:
    assert page.text.count(HOSTILE) >= 2  # table and key of the graph
    assert "cuts & <b>.mp4" in page.text
    rows = list(csv.DictReader(io.StringIO((folder / "out.regions.csv").read_text("utf-8"))))
    assert [row["region"] for row in rows] == [f"'{HOSTILE}", "right"]


def test_a_report_says_what_the_numbers_say(page: Page, folder: Path) -> None:
    for part in (
        CAUTION,
        "UVA-Net Live",
        "uvanet-64",
        "Settings",
        "turbo",
        "60\N{NO-BREAK SPACE}%",
    ):
        assert part in page.text
    assert accuracy_text(resolve_model("uvanet-64").verified()[1]) in page.text
    rows = list(csv.DictReader(io.StringIO((folder / "out.regions.csv").read_text("utf-8"))))
    for row in rows:
        assert percent_text(float(row["share"]), 1) in page.text
        assert float(row["duration_s"]) == pytest.approx(SECONDS, abs=1e-3)
        assert f"{float(row['dwell_s']):.2f} s" in page.text
    assert sum(float(row["share"]) for row in rows) == pytest.approx(1, abs=1e-3)
    assert sum(float(row["dwell_s"]) for row in rows) == pytest.approx(SECONDS, abs=1e-2)
    # The square is left, then right, then left of the middle.
    assert float(rows[1]["first_look_s"]) == pytest.approx(2.0, abs=0.3)


def test_the_moments_of_change_are_the_cuts(page: Page) -> None:
    moments = re.findall(r"(\d+:\d\d\.\d\d) [\d.]+\s% of the attention moved", page.text)
    seconds = [float(one.partition(":")[2]) for one in moments]
    assert any(abs(one - 2.0) <= 0.11 for one in seconds)
    assert any(abs(one - 4.0) <= 0.11 for one in seconds)


def test_a_picture_has_no_times(folder: Path) -> None:
    options = ("--regions", "regions.json", "--quiet", "-o", "p.html", "-o", "p.regions.csv")
    assert run_command("report", "poster.png", *options, cwd=folder).returncode == 0
    page = Page((folder / "p.html").read_text(encoding="utf-8"))
    assert page.all("svg") == []
    assert "Dwell" not in page.text
    assert len(page.all("img")) == 1
    (first, _) = csv.DictReader(io.StringIO((folder / "p.regions.csv").read_text("utf-8")))
    assert (first["dwell_s"], first["first_look_s"], first["entries"]) == ("", "", "")


def test_a_file_that_exists_is_kept_without_overwrite(folder: Path) -> None:
    (folder / "there.html").write_text("mine")
    arguments = ("report", "poster.png", "-o", "there.html", "--quiet")
    assert run_command(*arguments, cwd=folder).returncode == 0
    assert (folder / "there.html").read_text() == "mine"
    assert (folder / "there-2.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert run_command(*arguments, "--overwrite", cwd=folder).returncode == 0
    assert (folder / "there.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_table_of_regions_is_numbered_before_its_ending(folder: Path) -> None:
    (folder / "mine.regions.csv").write_text("mine")
    options = ("--regions", "regions.json", "--quiet", "-o", "mine.regions.csv")
    assert run_command("report", "poster.png", *options, cwd=folder).returncode == 0
    assert (folder / "mine.regions.csv").read_text() == "mine"
    assert "share" in (folder / "mine-2.regions.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("outs", "words"),
    [
        (("r.txt",), "cannot be written as r.txt"),
        (("r.mp4",), "cannot be written as r.mp4"),
        (("poster.png.html", "r.regions.csv"), "there are none"),
    ],
)
def test_what_is_no_report_is_refused(folder: Path, outs: tuple[str, ...], words: str) -> None:
    options = [part for out in outs for part in ("-o", out)]
    assert words in refused("report", "poster.png", *options, cwd=folder)
    assert not any((folder / out).exists() for out in outs)


def test_memory_is_bounded_however_long_the_clip_is(tmp_path: Path) -> None:
    """Far more frames than are kept, by the real sink: pictures stay few, the file small."""
    from fractions import Fraction

    from uvanet.sources.base import Frame, SourceInfo, SourceKind
    from uvanet.video.annotated_frame import AnnotatedFrame

    random = np.random.default_rng(1)
    count = 3000
    info = SourceInfo("c", "c", SourceKind.VIDEO, 64, 48, 10, count, count / 10)
    card = resolve_model("uvanet-64").verified()[1]
    sink = ReportSink(tmp_path / "long.html", Job("c", ()), info, card)
    for number in range(count):
        saliency = random.random((12, 16), np.float32)
        frame = Frame(np.full((48, 64, 3), number % 255, np.uint8), number / 10, number)
        sink.write(AnnotatedFrame(frame, Fraction(number, 10), saliency, saliency))
        assert len(sink._grounds) <= 16
        assert len(sink._candidates) <= 64
    sink.stage()
    sink.commit()
    assert (tmp_path / "long.html").stat().st_size < 400_000


def test_a_graph_is_thinned_and_its_ticks_are_round() -> None:
    seconds = np.arange(5000) / 10
    values = np.full(5000, 0.25)
    assert len(thinned(seconds, values)) <= 600
    assert thinned(seconds, values)[:, 1] == pytest.approx(np.full(556, 0.25))
    assert time_ticks(0, 14) == [0, 5, 10]
    assert share_axis([Line("a", "#000000", [0.05, 0.15])]).high == 0.2
    axis = score_axis([Line("a", "#000000", [-0.4, float("nan"), 2.6])])
    assert (axis.low, axis.high) == (-1.0, 3.0)
    assert len(thinned([0.0, 1.0, 2.0], [1.0, float("nan"), 3.0])) == 2
    graph = Graph('a "name"', [1.0], [Line("a", "#000000", [0.5])], Axis(0.0, 1.0, str))
    assert graph_svg(graph).startswith("<svg")


def test_time_codes() -> None:
    assert [time_code(one) for one in (0, 59.999, 61.5, 3661.25)] == [
        "0:00.00",
        "1:00.00",
        "1:01.50",
        "1:01:01.25",
    ]
