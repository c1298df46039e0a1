"""Files of regions: those of 0.1.0 are read, damaged ones end in one error that names the file."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from uvanet.analysis import Region, Shape, load_masks, load_regions
from uvanet.cli.export_options import read_regions
from uvanet.errors import UsageError

OLD_FILE = Path(__file__).parent / "regions_0_1_0.json"


def test_a_file_of_version_0_1_0_is_read():
    regions = load_regions(OLD_FILE)
    assert [region.name for region in regions] == ["face", "clock", "Tür"]
    assert [region.shape for region in regions] == [Shape.RECTANGLE, Shape.ELLIPSE, Shape.POLYGON]
    assert regions[0] == Region("face", Shape.RECTANGLE, ((0.1, 0.2), (0.5, 0.6)))
    assert read_regions(OLD_FILE) == tuple(regions)


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "masks.npz"
    rng = np.random.default_rng(1)
    np.savez_compressed(path, left=rng.random((9, 16)) > 0.5, face=rng.random((5, 5)) > 0.5)
    return path


def refusal(load, path):
    """The message of the UsageError; empty if the file is accepted. No other error may come."""
    try:
        load(path)
    except UsageError as error:
        return error.message
    return ""


@pytest.mark.parametrize("value", [0x00, 0xFF, "flip"])
def test_every_damaged_byte_of_an_archive_ends_in_one_error(archive, value):
    data = archive.read_bytes()
    damaged = archive.with_name("damaged.npz")
    refused = 0
    for place in range(len(data)):
        changed = data[place] ^ 0x55 if value == "flip" else value
        damaged.write_bytes(data[:place] + bytes([changed]) + data[place + 1 :])
        message = refusal(load_masks, damaged)
        assert not message or "damaged.npz" in message
        refused += bool(message)
    assert refused > len(data) // 4


def test_a_cut_archive_ends_in_one_error(archive):
    data = archive.read_bytes()
    damaged = archive.with_name("cut.npz")
    for length in range(len(data)):
        damaged.write_bytes(data[:length])
        with pytest.raises(UsageError, match=r"cut\.npz"):
            load_masks(damaged)


def test_every_damaged_byte_of_a_json_file_ends_in_one_error(tmp_path):
    data = OLD_FILE.read_bytes()
    damaged = tmp_path / "damaged.json"
    for place in range(len(data)):
        damaged.write_bytes(data[:place] + bytes([data[place] ^ 0xAA]) + data[place + 1 :])
        message = refusal(load_regions, damaged)
        assert not message or "damaged.json" in message


def test_corners_far_outside_of_the_picture_are_refused(tmp_path):
    path = tmp_path / "far.json"
    region = {"name": "far", "shape": "rectangle", "points": [[0, 0], [1e9, 1]]}
    path.write_text(json.dumps({"format": "uvanet-regions", "version": 1, "regions": [region]}))
    with pytest.raises(UsageError, match=r"far\.json.*outside"):
        load_regions(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_color_that_ends_in_a_line_break_is_refused():
    stored = Region("face", Shape.RECTANGLE, ((0.1, 0.2), (0.5, 0.6)), "#aabbcc").as_dict()
    assert Region.from_dict(stored).color == "#aabbcc"
    with pytest.raises(UsageError, match="not a region"):
        Region.from_dict({**stored, "color": "#aabbcc\n"})


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    for name in ("pipe.npz", "pipe.json"):
        os.mkfifo(tmp_path / name)
        with pytest.raises(UsageError, match=f"{name}.*not a regular file"):
            read_regions(tmp_path / name)


def test_what_is_no_regular_archive_is_refused(tmp_path):
    for name, content in (("text.npz", b"no archive"), ("empty.npz", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UsageError, match=name):
            load_masks(tmp_path / name)
    np.save(tmp_path / "array.npy", np.ones((3, 3), bool))
    with pytest.raises(UsageError, match=r"array\.npy"):
        load_masks(tmp_path / "array.npy")
