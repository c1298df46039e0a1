"""Reports and exports of a folder of pictures, and reports with the recorded gaze of people."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np
import pytest
from command_kit import refused, run_command
from test_report import Page

import uvanet
from uvanet.analysis import Region, Shape, save_regions
from uvanet.i18n import tr
from uvanet.report.content import (
    CAUTION,
    CAUTION_WITH_GAZE,
    GAZE_NOTE,
    HUMAN_NOTE,
    SHARE_NOTE,
    SPREAD_NOTE,
)

if TYPE_CHECKING:
    from pathlib import Path

ORDER = ["photo 2.jpg", "photo 10.jpg", "photo 10.png", "photo 30.jpg"]  # one stem twice


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of different sizes with a bright square, two regions, and gaze on all but one."""
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "photos").mkdir()
    looks = ["image,x,y,person"]
    for number, name in enumerate(ORDER):
        image = np.full((160 + 20 * number, 240, 3), 40, np.uint8)
        left = (20, 100, 180, 60)[number]
        image[60:100, left : left + 40] = (60, 180, 250)
        cv2.imwrite(str(folder / "photos" / name), image)
        looks += [f"{name},{left + 20},{70 + n},{who}" for n in range(9) for who in ("ann", "ben")]
    (folder / "looks.csv").write_text("\n".join(looks[:55]), encoding="utf-8")
    halves = (((0.0, 0.0), (0.5, 1.0)), ((0.5, 0.0), (1.0, 1.0)))
    regions = [
        Region(name, Shape.RECTANGLE, points, color)
        for name, points, color in zip(("left", "right"), halves, ("#00ff00", None), strict=True)
    ]
    save_regions(folder / "regions.json", regions)
    return folder


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))


def test_pictures_are_written_under_the_names_of_their_sources(folder: Path) -> None:
    (folder / "heat").mkdir()
    command = [
        *("predict", "photos", "--regions", "regions.json", "--draw-regions", "--quiet"),
        *("-o", "heat/{name}.png", "-o", "heat/table.csv", "-o", "heat/table.regions.csv"),
    ]
    done = run_command(*command, cwd=folder)
    assert done.returncode == 0, done.stderr
    heat = folder / "heat"
    written = sorted(path.name for path in heat.glob("*.png"))
    assert written == ["photo 10-2.png", "photo 10.png", "photo 2.png", "photo 30.png"]
    for number, name in enumerate(("photo 2", "photo 10", "photo 10-2", "photo 30")):
        assert cv2.imread(str(heat / f"{name}.png")).shape == (160 + 20 * number, 240, 3)
    rows = rows_of(heat / "table.csv")
    assert [row["file"] for row in rows] == ORDER
    assert [row["frame"] for row in rows] == ["0", "1", "2", "3"]
    regions = rows_of(heat / "table.regions.csv")
    assert [(row["source"].rpartition("/")[2], row["region"]) for row in regions] == [
        (name, side) for name in ORDER for side in ("left", "right")
    ]
    for row, left in zip(rows, regions[::2], strict=True):
        assert float(row["share:left"]) == pytest.approx(float(left["share"]), abs=1e-5)
        assert left["dwell_s"] == left["duration_s"] == ""
    # Nothing is overwritten, neither a result nor a source.
    before = {path: path.read_bytes() for path in folder.rglob("*.*") if path.is_file()}
    assert "already exists" in refused(*command, cwd=folder)
    for extra in ((), ("--overwrite",)):
        line = refused("predict", "photos", "-o", "photos/{name}.png", *extra, cwd=folder)
        assert "already exists" in line or "would replace" in line
    assert {path: path.read_bytes() for path in before} == before
    assert "{name}-one.png" in refused("predict", "photos", "-o", "one.png", cwd=folder)


# With the window tests' QApplication: a PDF would start a smaller one, which stays in the process.
@pytest.mark.usefixtures("qapp")
def test_a_report_of_pictures_shows_each_and_one_table(folder: Path) -> None:
    done = run_command(
        *("report", "photos", "--regions", "regions.json", "--gaze", "looks.csv", "--quiet"),
        *("-o", "photos.html", "-o", "photos.pdf"),
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    page = Page((folder / "photos.html").read_text(encoding="utf-8"))
    assert [one["alt"] for one in page.all("img")] == ORDER
    assert CAUTION_WITH_GAZE in page.text
    assert CAUTION not in page.text
    for part in ("Mean", "left", "right", "Spread", "NSS", "AUC-Judd", "2 people", "Human row"):
        assert part in page.text
    assert tr(HUMAN_NOTE) in page.text
    assert tr(SHARE_NOTE) in page.text
    scores = uvanet.evaluate_gaze(
        "uvanet-64", folder / "photos", uvanet.load_gaze(folder / "looks.csv")
    )
    assert scores.pictures == tuple(ORDER[:3])
    nss = scores.values[:, 0]
    for value in (*nss, nss.mean()):
        assert f"{value:.2f}" in page.text
    assert (folder / "photos.pdf").read_bytes().startswith(b"%PDF")


def test_a_report_explains_only_what_it_holds(folder: Path) -> None:
    lines = (folder / "looks.csv").read_text("utf-8").splitlines()
    alone = [line for line in lines if not line.endswith(",ben")]
    (folder / "alone.csv").write_text("\n".join(alone), encoding="utf-8")
    command = ("report", "photos", "--gaze", "alone.csv", "--quiet", "-o", "alone.html")
    done = run_command(*command, cwd=folder)
    assert done.returncode == 0, done.stderr
    text = Page((folder / "alone.html").read_text(encoding="utf-8")).text
    assert tr(GAZE_NOTE) in text
    assert tr(SPREAD_NOTE) in text
    assert "uman row" not in text
    assert tr(SHARE_NOTE) not in text


def test_a_report_of_a_clip_compares_it_with_gaze(folder: Path) -> None:
    with av.open(str(folder / "clip.mp4"), "w") as out:
        stream = out.add_stream("libx264", rate=20, options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = 240, 160, "yuv420p"
        for number in range(40):
            image = np.full((160, 240, 3), 40, np.uint8)
            image[60:100, 20 + 4 * number : 60 + 4 * number] = (60, 180, 250)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, "bgr24")))
        out.mux(stream.encode())
    # Turned sideways in the report; people saw it upright.
    lines = ["zeit,px,py,dauer,wer"]
    lines += [
        f"{at / 10},{40 + 8 * at},80,0.1,{who}" for at in range(20) for who in ("ann", "ben", "cy")
    ]
    (folder / "clip.csv").write_text("\n".join(lines), encoding="utf-8")
    (folder / "columns.json").write_text(
        '{"x": "px", "y": "py", "time": "zeit", "duration": "dauer", "person": "wer"}'
    )
    given = ("--gaze", "clip.csv", "--gaze-columns", "columns.json", "--quiet")
    found = []
    for name, more in (("upright", ()), ("turned", ("--rotate", "180"))):
        done = run_command("report", "clip.mp4", *given, *more, "-o", f"{name}.html", cwd=folder)
        assert done.returncode == 0, done.stderr
        text = Page((folder / f"{name}.html").read_text(encoding="utf-8")).text
        assert "Recorded gaze of people" in text
        assert "NSS over time" in text
        assert "Human row" in text
        found.append(float(text.partition("NSS")[2].partition("(95")[0].split()[-1]))
    # The network sees the square either way.
    assert found[0] > 1
    assert found[1] > 1


def test_gaze_that_does_not_fit_is_refused_before_anything_is_predicted(folder: Path) -> None:
    (folder / "other.csv").write_text("image,x,y\na.png,1,2\nb.png,3,4\n", encoding="utf-8")
    command = ("report", "photos/photo 2.jpg", "--gaze", "other.csv", "-o", "x.html")
    assert "no gaze on photo 2.jpg" in refused(*command, cwd=folder)
    (folder / "columns.json").write_text("[")
    line = refused(*command, "--gaze-columns", "columns.json", cwd=folder)
    assert "columns.json holds no columns" in line
    assert not (folder / "x.html").exists()
