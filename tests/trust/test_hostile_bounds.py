"""Sizes, counts and names are bounded before anything is allocated; one bad file hides no other."""

from __future__ import annotations

import io
import os
import tracemalloc
import zipfile
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from app.features.analyse.region_store import RegionStore
from app.features.training.run_folders import REQUEST, RunRequest, find_runs, write_request
from uvanet.analysis.regions import load_masks
from uvanet.bounded_io import NotReadableError, read_bounded
from uvanet.errors import UsageError
from uvanet.user_models import runs_folder
from uvanet.video.replay_recovery import recover_recordings
from uvanet.video.replay_segments import Segment

if TYPE_CHECKING:
    from pathlib import Path

needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")


def test_a_file_larger_than_its_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"12345")
    assert read_bounded(path, 5) == b"12345"
    with pytest.raises(NotReadableError, match="larger than 4 bytes"):
        read_bounded(path, 4)


@needs_pipes
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotReadableError, match="not a regular file"):
        read_bounded(tmp_path / "pipe", 5)
    os.mkfifo(tmp_path / "regions.json")
    assert RegionStore(tmp_path / "regions.json").get("demo") == []


def archive_of(path: Path, arrays: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in arrays.items():
            archive.writestr(f"{name}.npy", data)
    return path


def npy(shape: object, dtype: str = "|b1", data: bytes = b"") -> bytes:
    """An array file whose header says what it likes."""
    file = io.BytesIO()
    header = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + data


@pytest.mark.parametrize(
    "shape", [(1 << 20, 1 << 20), (60_000, 60_000), (1 << 60, 2), (0, 5), (5,), (1,) * 30]
)
def test_a_mask_that_states_more_than_it_holds_is_refused_unallocated(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    path = archive_of(tmp_path / "m.npz", {"a": npy(shape, data=b"\1" * 100)})
    tracemalloc.start()
    try:
        with pytest.raises(UsageError, match=r"m\.npz holds no regions: a\.npy"):
            load_masks(path)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


def test_masks_are_bounded_in_number_and_name(tmp_path: Path) -> None:
    mask = npy((2, 2), data=b"\1\0\1\0")
    many = archive_of(tmp_path / "many.npz", {f"m{number}": mask for number in range(1_001)})
    with pytest.raises(UsageError, match="more than 1000 masks"):
        load_masks(many)
    with pytest.raises(UsageError, match="is too long"):
        load_masks(archive_of(tmp_path / "long.npz", {"n" * 300: mask}))
    (read,) = load_masks(archive_of(tmp_path / "good.npz", {"a": mask}))
    np.testing.assert_array_equal(read.mask(2, 2), [[True, False], [True, False]])


def test_damaged_stored_regions_are_kept_for_the_user(tmp_path: Path) -> None:
    path = tmp_path / "regions.json"
    path.write_bytes(b'{"demo": [{"name": "mine"')
    RegionStore(path)
    assert (tmp_path / "regions.json.damaged").read_bytes() == b'{"demo": [{"name": "mine"'
    assert not path.exists()


def test_one_bad_request_hides_no_other_run() -> None:
    for number, data in enumerate((b"\xff\xfe{", b"[" * 5_000, b"{}", b" " * (2 << 20))):
        folder = runs_folder() / f"2026010{number}-bad"
        folder.mkdir(parents=True)
        (folder / REQUEST).write_bytes(data)
    good = runs_folder() / "20260105-good"
    good.mkdir()
    write_request(good, RunRequest("adapt", "mine"))
    assert [folder.name for folder, _ in find_runs()] == ["20260105-good"]


@pytest.mark.parametrize("marker", [b"\xff\xfe", b'{"start": ', b'{"start": "no"}', b"[" * 5_000])
def test_a_recording_whose_marker_is_damaged_is_saved_whole(tmp_path: Path, marker: bytes) -> None:
    folder = tmp_path / "live" / "1-a"
    folder.mkdir(parents=True)
    segment = Segment.create(folder / "0.jpegs")
    picture = cv2.imencode(".jpg", np.zeros((48, 64, 3), np.uint8))[1].tobytes()
    for number in range(5):
        segment.append(number / 30, picture)
    segment.file.close()
    (folder / "recording.json").write_bytes(marker)
    (path,) = recover_recordings(tmp_path / "live", lambda _: tmp_path / "found.mkv")
    assert path.stat().st_size > 5 * len(picture)
    assert list((tmp_path / "live").iterdir()) == []
