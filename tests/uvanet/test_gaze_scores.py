"""A model against recorded gaze: values of moments, means, the command."""

import csv
import io
import json

import cv2
import numpy as np
import pytest
from gaze_exports import write

import uvanet
from uvanet import metrics
from uvanet.cli import main
from uvanet.data.gaze import density_map
from uvanet.errors import UsageError
from uvanet.evaluation.evaluate_gaze import evaluate_gaze
from uvanet.evaluation.gaze_scores import GazeScores


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    """A bright disc on gray."""
    path = tmp_path_factory.mktemp("pictures") / "disc.png"
    image = np.full((120, 200, 3), 110, np.uint8)
    cv2.circle(image, (60, 50), 18, (0, 200, 255), -1)
    cv2.imwrite(str(path), image)
    return path


def test_values_of_a_picture_are_those_of_the_metrics(model, picture, tmp_path):
    gaze = uvanet.load_gaze(
        write(tmp_path / "g.csv", "time,duration,x,y\n0,0.3,60,50\n0.4,0.2,65,48\n9,0.2,150,90\n")
    )
    scores = evaluate_gaze(model, picture, gaze, metrics=("nss", "cc", "auc_judd"))
    points = np.array([[60, 50], [65, 48], [150, 90]], np.float32)
    raw = model(picture).raw
    resized = np.maximum(cv2.resize(raw, (200, 120), interpolation=cv2.INTER_CUBIC), 0)
    expected = [
        metrics.nss(resized, points),
        metrics.cc(resized, density_map(points, (200, 120), (120, 200))),
        metrics.auc_judd(resized, points),
    ]
    np.testing.assert_allclose(scores.values, [expected], rtol=1e-4)
    assert scores.pictures == ("disc.png",)
    assert scores.points.tolist() == [3]
    assert scores.human_share() is None  # one person


def test_moments_of_a_clip_count_the_fixations_that_run(model, clip, tmp_path):
    text = "time,duration,x,y,person\n10.1,0.15,40,30,a\n10.2,0.25,41,31,b\n"
    gaze = uvanet.load_gaze(write(tmp_path / "g.csv", text))
    scores = evaluate_gaze(model, clip, gaze, offset=-10.0)
    np.testing.assert_allclose(scores.times[:7], [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6], atol=1e-3)
    assert scores.points[:7].tolist() == [0, 1, 2, 1, 1, 0, 0]
    assert np.isnan(scores.values[0]).all()
    assert np.isfinite(scores.values[1:5]).all()
    assert scores.persons == 2
    with pytest.raises(UsageError, match=r"no gaze on .*: its times end at 10\.[45]"):
        evaluate_gaze(model, clip, gaze)


def test_samples_around_a_moment_count(model, clip, tmp_path):
    rows = "".join(f"{i / 100},40,30\n" for i in range(30))
    gaze = uvanet.load_gaze(write(tmp_path / "g.csv", "time_s,x,y\n" + rows))
    assert evaluate_gaze(model, clip, gaze).points[1] in (10, 11)
    assert evaluate_gaze(model, clip, gaze, window=0.041).points[1] in (4, 5)


def test_pictures_of_a_folder_that_the_table_names(model, picture, tmp_path):
    folder = tmp_path / "slides"
    folder.mkdir()
    for name in ("a.png", "b.png", "c.png"):
        (folder / name).write_bytes(picture.read_bytes())
    text = "image,observer,x,y\nA,1,60,50\nc.png,1,60,50\nc.png,2,61,52\nc.png,2,900,5\n"
    gaze = uvanet.load_gaze(write(tmp_path / "g.csv", text))
    scores = evaluate_gaze(model, folder, gaze)
    assert scores.pictures == ("a.png", "c.png")
    assert scores.points.tolist() == [1, 2]
    assert scores.outside == 1
    assert np.isfinite(scores.human[1])
    assert scores.csv().splitlines()[0] == "picture,points,nss,cc,auc_judd,human_nss"


def test_a_film_that_the_table_does_not_name_is_refused(model, clip, tmp_path):
    text = "video,time,x,y\nother.mp4,0.1,4,3\nthird.mp4,0.1,4,3\n"
    gaze = uvanet.load_gaze(write(tmp_path / "g.csv", text))
    with pytest.raises(UsageError, match=r"no gaze on .*names other\.mp4, third\.mp4"):
        evaluate_gaze(model, clip, gaze)


@pytest.mark.parametrize(
    "wrong", [{"metrics": ("auc_shuffled",)}, {"step": 0.0}, {"window": -1.0}, {"metrics": ()}]
)
def test_wrong_arguments_are_refused(model, clip, tmp_path, wrong):
    gaze = uvanet.load_gaze(write(tmp_path / "g.csv", "time,x,y\n0.1,4,3\n0.2,4,3\n"))
    with pytest.raises(UsageError):
        evaluate_gaze(model, clip, gaze, **wrong)


def _scores(values, times, human=None):
    values = np.asarray(values, np.float64)
    return GazeScores(
        "clip", "model", "fixations", 2, ("nss",), (), np.asarray(times, np.float64),
        np.ones(len(values), np.int64), values[:, None],
        np.full(len(values), np.nan) if human is None else np.asarray(human, np.float64),
    )  # fmt: skip


def test_the_interval_draws_blocks_of_time():
    # Blocks of 2 s differ, and each has 20 equal moments: only the mean of the blocks is uncertain.
    values = np.repeat([1.0, 3.0, 1.0, 3.0, 1.0, 3.0], 20)
    times = np.arange(120) * 0.1
    got = _scores(values, times).means()["nss"]
    assert got.mean == pytest.approx(2.0)
    # Six blocks with a standard deviation of 1: a standard error of 0.41 and not of 0.09.
    assert 0.6 < got.mean - got.low < 1.1


def test_the_share_of_the_human_row():
    scores = _scores([1.0, 2.0, 3.0], [0, 0.1, 0.2], human=[2.0, np.nan, 6.0])
    assert scores.human_share().mean == pytest.approx(4 / 8)
    assert scores.human_share().n == 2
    assert _scores([1.0], [0]).human_share() is None


def test_rows_as_csv():
    scores = _scores([1.23456, np.nan], [0, 0.1])
    rows = list(csv.reader(io.StringIO(scores.csv())))
    assert rows == [
        ["time", "points", "nss", "human_nss"],
        ["0.0", "1", "1.2346", ""],
        ["0.1", "1", "", ""],
    ]


def test_the_command_prints_and_writes_the_scores(clip, tmp_path, capsys):
    table = write(tmp_path / "g.csv", "when;links;hoch;wer\n100;40;30;a\n180;41;31;b\n")
    out = tmp_path / "scores.csv"
    columns = ["--columns", "time=when,x=links,y=hoch,person=wer", "--time-unit", "ms"]
    command = ["gaze", str(clip), str(table), *columns, "--positions", "px", "--quiet"]
    assert main([*command, "-o", str(out)]) == 0
    assert "samples of 2 people" in capsys.readouterr().out
    assert out.read_text().startswith("time,points,nss,cc,auc_judd,human_nss\n")
    assert main([*command, "--json", "--metric", "nss"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["means"]["nss"]["n"] == sum(row["points"] > 0 for row in result["rows"])


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ([], "are not known"),
        (["--columns", "when"], "names no column"),
        (["--columns", "x=links,y=oben"], "no column 'oben'"),
        (["-o", "scores.xlsx"], "neither .csv nor .json"),
        (["--screen", "wide"], "'wide' is not a size such as 1920x1080"),
        (["--screen", "0x9"], "'0x9' is not a size"),
    ],
)
def test_the_command_names_what_is_wrong(clip, tmp_path, capsys, more, message):
    table = write(tmp_path / "g.csv", "when;links;hoch\n100;40;30\n180;41;31\n")
    assert main(["gaze", str(clip), str(table), "--quiet", *more]) == 2
    assert message in capsys.readouterr().err
