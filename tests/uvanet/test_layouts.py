"""Readers of published data sets, each on a small tree of its layout."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import gaze_trees as trees
import numpy as np
import pytest

from uvanet.data import aclnet_format, avs1k, dhf1k, fixations, mit1003, salicon
from uvanet.data import find_who_to_look_at as talk
from uvanet.data.gaze import Clip, Gaze, Picture
from uvanet.data.gaze_files import read_rgb
from uvanet.data.registry import LAYOUTS, read_set
from uvanet.errors import MissingExtraError, UsageError, UvanetError
from uvanet.sources.video import VideoSource

BUILD = {
    "avs1k": trees.avs1k_tree,
    "dhf1k": trees.dhf1k_tree,
    "hollywood2": trees.hollywood_tree,
    "ucf-sports": trees.ucf_tree,
    "salicon": trees.salicon_tree,
    "mit1003": trees.mit1003_tree,
    "talk": trees.talk_tree,
}
SPLIT = {"hollywood2": "test", "ucf-sports": "test"}


def frames_of(clip: Clip, wanted: range) -> list[np.ndarray]:
    found = list(clip.frames(wanted))
    assert [frame.index for frame in found] == list(wanted)
    assert [frame.t for frame in found] == pytest.approx([k / clip.fps for k in wanted], abs=1e-3)
    for frame in found:
        assert frame.image is not None
    return [frame.image for frame in found if frame.image is not None]


def check_truth(image: np.ndarray, gaze: Gaze, *, points: bool = True) -> None:
    """The disc is at the labelled gaze, and its color is unchanged."""
    size = (image.shape[1], image.shape[0])
    peak = gaze.density_on(size)
    y, x = np.unravel_index(peak.argmax(), peak.shape)
    places = [(x, y), *(gaze.points(size).astype(int) if points else [])]
    assert len(places) > points
    for x, y in places:
        red, _, blue = image[y, x].astype(int)
        assert red > 200
        assert red > blue
    if not points:
        assert gaze.fixations is None


def check_picture(picture: Picture) -> None:
    check_truth(picture.image(), picture.gaze())


def test_every_layout_has_a_test() -> None:
    assert set(LAYOUTS) == {*BUILD, "fixations", "videos"}


@pytest.mark.parametrize("name", BUILD)
def test_labels_match_their_pictures(name: str, tmp_path: Path) -> None:
    found = read_set(name, BUILD[name](tmp_path), SPLIT.get(name, "val"), every=2)
    assert bool(found.pictures) != bool(found.clips)
    for picture in found.pictures:
        check_picture(picture)
    for clip in found.clips:
        labelled = list(clip.labelled)
        assert labelled
        images = frames_of(clip, range(labelled[-1] + 1))
        for k in labelled:
            check_truth(images[k], clip.gaze(k), points=name != "avs1k")


def test_the_own_layout_is_grouped_by_data_set(gaze_tree: Path) -> None:
    found = fixations.read(gaze_tree, "train")
    assert {picture.dataset for picture in found.pictures} == {"made"}
    assert len({picture.name for picture in found.pictures}) == 8
    picture = found.pictures[0]
    assert picture.gaze().size == (120, 90)
    assert len(picture.gaze().points((120, 90))) == 5


def test_splits_hold_their_clips(tmp_path: Path) -> None:
    avs = trees.avs1k_tree(tmp_path / "avs")
    assert [clip.name for clip in avs1k.read(avs, "train").clips] == ["Human_00001"]
    assert [clip.name for clip in avs1k.read(avs, "val").clips] == ["Building_00012"]
    dhf = trees.dhf1k_tree(tmp_path / "dhf")
    assert [clip.name for clip in dhf1k.read(dhf, "train").clips] == ["0001"]
    assert [clip.name for clip in dhf1k.read(dhf, "val").clips] == ["0601", "0602"]
    films = trees.hollywood_tree(tmp_path / "films")
    shots = [clip.name for clip in aclnet_format.read("Hollywood-2", films, "test", 15).clips]
    assert shots == ["actioncliptest00001_1", "actioncliptest00001_2"]


def test_a_split_without_gaze_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not published"):
        dhf1k.read(tmp_path, "test")
    with pytest.raises(UsageError, match="not published"):
        salicon.read(tmp_path, "test")
    for name in ("hollywood2", "ucf-sports"):
        with pytest.raises(UsageError, match="no val split"):
            read_set(name, tmp_path, "val")


@pytest.mark.parametrize(
    ("name", "gone"),
    [
        ("avs1k", "validSet/Frame"),
        ("avs1k", "validSet/Ground/Building_00012"),
        ("dhf1k", "annotation"),
        ("dhf1k", "annotation/0601/maps"),
        ("dhf1k", "annotation/0602/fixation"),
        ("dhf1k", "video"),
        ("dhf1k", "video/601.AVI"),
        ("hollywood2", "testing"),
        ("hollywood2", "testing/actioncliptest00001_2/images"),
        ("ucf-sports", "testing/Diving-Side-001/fixation"),
        ("salicon", "images/val"),
        ("salicon", "maps/val"),
        ("salicon", "fixations/val"),
        ("mit1003", "ALLSTIMULI"),
        ("mit1003", "ALLFIXATIONMAPS"),
        ("talk", "fixations.csv.gz"),
        ("talk", "001.mp4"),
        ("talk", "."),
    ],
)
def test_a_missing_file_is_named(name: str, gone: str, tmp_path: Path) -> None:
    root = BUILD[name](tmp_path / "data")
    lost = root / gone
    if lost.is_dir():
        shutil.rmtree(lost)
    else:
        lost.unlink()
    with pytest.raises(UsageError) as raised:
        read_set(name, root, SPLIT.get(name, "val"))
    assert str(lost) in raised.value.message
    assert "missing" in raised.value.message


@pytest.mark.parametrize(
    ("name", "gone"),
    [
        ("avs1k", "validSet/Ground/Building_00012/Building_00012_00002.png"),
        ("dhf1k", "annotation/0601/maps/0002.png"),
        ("dhf1k", "annotation/0601/fixation/0002.png"),
        ("ucf-sports", "testing/Diving-Side-001/fixation/maps/Diving-Side_001_002.mat"),
        ("salicon", "maps/val/COCO_val2014_000000000000.png"),
        ("salicon", "fixations/val/COCO_val2014_000000000000.mat"),
        ("mit1003", "ALLFIXATIONMAPS/i0_fixMap.jpg"),
        ("mit1003", "ALLFIXATIONMAPS/i0_fixPts.jpg"),
    ],
)
def test_a_missing_or_damaged_label_is_named(name: str, gone: str, tmp_path: Path) -> None:
    root = BUILD[name](tmp_path)
    found = read_set(name, root, SPLIT.get(name, "val"), every=2)

    def read() -> Gaze:
        return found.pictures[0].gaze() if found.pictures else found.clips[0].gaze(1)

    read()
    (root / gone).write_bytes(b"\x00\x01 no such file")
    with pytest.raises(UsageError, match=Path(gone).name):
        read()
    (root / gone).unlink()
    with pytest.raises(UsageError, match=Path(gone).name):
        read()


def test_fixations_are_active_from_onset_to_end() -> None:
    rows = np.array([[1000.0, 200.0, 5, 6, 0], [1200.0, 100.0, 7, 8, 3]])
    at = {k: talk.active(rows, 25.0, k).points(talk.SIZE).tolist() for k in (24, 25, 30, 33)}
    # 40 ms a frame; both ends count.
    assert at == {24: [], 25: [[5, 6]], 30: [[5, 6], [7, 8]], 33: []}
    found = talk.active(rows, 25.0, 30).observers
    assert found is not None
    assert found.tolist() == [0, 3]


def test_every_15th_frame_of_talk_is_measured_from_the_30th_on(tmp_path: Path) -> None:
    found = talk.read(trees.talk_tree(tmp_path))
    assert [list(clip.labelled) for clip in found.clips] == [[30, 45, 60]] * 2


def test_a_damaged_table_is_refused(tmp_path: Path) -> None:
    trees.talk_tree(tmp_path, clips=1)
    table = tmp_path / "fixations.csv.gz"
    whole = table.read_bytes()
    for damaged in (whole[: len(whole) // 2], gzip.compress(b"")[:10] + bytes([255] * 40)):
        table.write_bytes(damaged)
        with pytest.raises(UsageError, match=r"fixations\.csv\.gz is damaged"):
            talk.read(tmp_path)
    with gzip.open(table, "wt") as file:
        file.write("clip,x\n000,3\n")
    with pytest.raises(UsageError, match="onset_ms"):
        talk.read(tmp_path)


def test_a_clip_without_fixations_is_refused(tmp_path: Path) -> None:
    trees.talk_tree(tmp_path, clips=1)
    shutil.copy(tmp_path / "000.mp4", tmp_path / "more.mp4")
    with pytest.raises(UsageError, match=r"no row for more\.mp4"):
        talk.read(tmp_path)


def test_fixation_maps_survive_jpeg_compression(tmp_path: Path) -> None:
    trees.mit1003_tree(tmp_path)
    for picture, place in zip(
        mit1003.read(tmp_path).pictures, [(30, 20), (70, 40), (50, 30)], strict=True
    ):
        points = picture.gaze().points(trees.SIZE)
        assert np.floor(points).tolist() == [list(place)]


def test_matlab_coordinates_start_at_one(tmp_path: Path) -> None:
    points = salicon.read(trees.salicon_tree(tmp_path)).pictures[0].gaze().points(trees.SIZE)
    assert np.floor(points).tolist() == [[30, 20], [31, 20], [30, 20], [32, 20]]


def test_gaze_of_another_size_is_scaled_to_the_picture() -> None:
    points = np.array([[640, 360], [1279, 0]], np.float32)
    gaze = Gaze((1280, 720), points)
    assert gaze.points((320, 90)).tolist() == [[160, 45], [319.75, 0]]
    y, x = np.unravel_index(gaze.density_on((320, 90)).argmax(), (90, 320))
    assert (x, y) in ((160, 45), (319, 0))
    shipped = Gaze((10, 10), None, trees.density(48, 32).astype(np.float32))
    peak = shipped.density_on((192, 128))
    y, x = np.unravel_index(peak.argmax(), peak.shape)
    assert abs(x - 96) <= 1
    assert abs(y - 64) <= 1
    assert Gaze((10, 10), None).density_on((5, 5)).sum() == 0


def test_a_damaged_frame_is_reported_and_the_rest_is_read(tmp_path: Path) -> None:
    trees.avs1k_tree(tmp_path)
    (clip,) = avs1k.read(tmp_path, "val", every=1).clips
    damaged = tmp_path / "validSet/Frame/Building_00012/Building_00012_00003.png"
    damaged.write_bytes(damaged.read_bytes()[:200])
    found = list(clip.frames(range(5)))
    assert [frame.image is None for frame in found] == [False, False, True, False, False]
    assert damaged.name in found[2].error


@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_a_truncated_picture_is_refused(ending: str, tmp_path: Path) -> None:
    path = trees.write(tmp_path / f"photo.{ending}", trees.picture(40, 30))
    plain = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    np.testing.assert_array_equal(read_rgb(path), plain)
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(UsageError, match=rf"photo\.{ending}"):
        read_rgb(path)


def test_a_folder_of_videos_needs_no_labels(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    trees.write_video(tmp_path / "b.mp4", trees.path_of(4))
    trees.write_video(tmp_path / "deep" / "a.avi", trees.path_of(4))
    (tmp_path / "broken.mp4").write_text("no video")
    (tmp_path / "notes.txt").write_text("no video either")
    found = read_set("videos", tmp_path)
    assert [clip.name for clip in found.clips] == ["b.mp4", str(Path("deep", "a.avi"))]
    assert all(not clip.labelled for clip in found.clips)
    assert len(frames_of(found.clips[0], range(4))) == 4
    assert "broken.mp4" in caplog.text
    assert "notes.txt" not in caplog.text
    with pytest.raises(UvanetError, match="no label"):
        found.clips[0].gaze(0)
    with pytest.raises(UsageError, match="nowhere"):
        read_set("videos", tmp_path / "nowhere")


def test_a_video_is_decoded_up_to_the_last_wanted_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trees.write_video(tmp_path / "a.mp4", trees.path_of(20))
    read, decoded = VideoSource.read, []

    def counting(source: VideoSource) -> object:
        decoded.append(source)
        return read(source)

    monkeypatch.setattr(VideoSource, "read", counting)
    (clip,) = read_set("videos", tmp_path).clips
    assert [frame.index for frame in clip.frames({1, 3})] == [1, 3]
    assert len(decoded) == 4
    assert list(clip.frames(())) == []


def test_an_unknown_layout_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'coco'.*mit1003"):
        read_set("coco", tmp_path)


def test_matlab_files_without_scipy_name_the_missing_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = read_set("ucf-sports", trees.ucf_tree(tmp_path), "test", every=2)
    monkeypatch.setitem(sys.modules, "scipy.io", None)
    with pytest.raises(MissingExtraError, match="pip install scipy"):
        found.clips[0].gaze(1)


def test_reading_needs_neither_torch_nor_scipy() -> None:
    script = (
        "import sys, uvanet.data.registry, uvanet.evaluation.registry, uvanet.cli.eval\n"
        "heavy = {'torch', 'scipy', 'onnx', 'PySide6', 'app'}\n"
        "print(sorted(heavy & {name.split('.')[0] for name in sys.modules}))"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_talk_has_the_described_contents(data_root: Path) -> None:
    """The real set has five clips, and about 31 active fixations on a frame."""
    if not (data_root / "talk").is_dir():
        pytest.skip(f"no talk at {data_root}")
    clips = talk.read(data_root / "talk").clips
    counts = [len(clip.gaze(k).points(talk.SIZE)) for clip in clips for k in clip.labelled]
    assert len(clips) == 5
    assert np.mean(counts) == pytest.approx(31, abs=1)
    for clip in clips:
        (frame,) = clip.frames(range(30, 31))
        assert frame.image is not None
        assert frame.image.shape == (talk.SIZE[1], talk.SIZE[0], 3)
