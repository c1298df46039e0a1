"""Projects and gaze tables of any content: read, or refused in a line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from damage import ODD_TEXT, check_refusal, damaged_bytes, damaged_text
from hypothesis import given
from hypothesis import strategies as st

from app.features.project.find import find_project
from uvanet.data.gaze_mapping import GazeMapping
from uvanet.data.gaze_reader import load_gaze
from uvanet.errors import UsageError

FILE = {"path": "table.csv", "relative": True, "identity": "5-00"}
MAPPING = {"time": "wann", "x": "links", "y": "hoch", "person": "wer", "time_unit": "ms"}
PROJECT = json.dumps(
    {
        "format": "uvanet-project",
        "version": 1,
        "source": "clip.mp4",
        "relative": True,
        "identity": "folder-00",
        "regions": [{"name": "face", "shape": "rectangle", "points": [[0.1, 0.1], [0.4, 0.5]]}],
        "start": 0.5,
        "end": 2.5,
        "model": "uvanet-64",
        "teacher": "teacher",
        "view": {"colormap": "turbo", "opacity": 0.5, "quarters": 1, "position": 1.0},
        "gaze": {"tables": [FILE], "mapping": MAPPING, "offset": 1.0},
        "scan": {"model": "uvanet-64", "maps": "AAAA"},
    }
).encode()
TABLES = [
    "time,duration,x,y,person\n" + "0.5,0.25,0.25,0.75,Ann\n" * 30,
    "wann;links;hoch;wer\n" + "500;0,25;0,9;Eva\n" * 30,
    "Recording timestamp\tGaze point X\tGaze point Y\tParticipant name\n" + "10\t5\t6\tA\n" * 30,
]


@given(data=damaged_text(PROJECT))
def test_a_project_is_read_or_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "some.uvanet"
    path.write_bytes(data)
    try:
        found = find_project(path)
    except UsageError as error:
        check_refusal(error, "some.uvanet")
    else:
        assert all(len(note.splitlines()) == 1 and "\x1b" not in note for note in found.notes)
        found.project.write(path)


@st.composite
def damaged_table(draw: st.DrawFn) -> bytes:
    """A variant of a table, by its bytes or by odd names of its columns and values."""
    text = draw(st.sampled_from(TABLES))
    if draw(st.booleans()):
        word = draw(st.sampled_from(["time", "0.5", "Ann", "wann", "Eva", "Gaze point X", "10"]))
        text = text.replace(word, draw(st.sampled_from(ODD_TEXT)), draw(st.sampled_from([1, -1])))
    data = text.encode(draw(st.sampled_from(["utf-8", "utf-16", "latin-1"])), "replace")
    if draw(st.booleans()):
        data = draw(damaged_bytes(data))
    return gzip.compress(data) if draw(st.integers(0, 3)) == 0 else data


@given(data=damaged_table() | st.binary(max_size=200), known=st.booleans())
def test_a_gaze_table_is_read_or_refused(tmp_path: Path, data: bytes, known: bool) -> None:
    path = tmp_path / "gaze.csv"
    path.write_bytes(data)
    mapping = GazeMapping(time="wann", x="links", y="hoch", person="wer") if known else None
    try:
        table = load_gaze(path, mapping)
    except UsageError as error:
        check_refusal(error)
    else:
        assert all(len(name.splitlines()) <= 1 for name in table.persons)
        table.on((100, 100))


def test_a_damaged_compressed_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "gaze.csv.gz"
    whole = gzip.compress(TABLES[0].encode() * 50)
    for data in (whole[: len(whole) // 2], whole[:30] + b"\xff" * 40 + whole[70:], whole[:3]):
        path.write_bytes(data)
        with pytest.raises(UsageError, match=r"gaze\.csv\.gz"):
            load_gaze(path)
