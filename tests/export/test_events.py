"""Lines of `uvanet predict --events`, valid and invalid."""

import json

import pytest

from uvanet.i18n import tr
from uvanet.video.events import (
    ExportCancelled,
    ExportFailed,
    ExportProgress,
    ExportStarted,
    ExportStatus,
    decode_export_event,
    encode_export_event,
    kept_text,
)


@pytest.mark.parametrize(
    "event",
    [
        ExportStarted("talk.mp4"),
        ExportStatus("reconnecting", "The camera is busy.", "Close other programs.", 0.5),
        ExportProgress(3, 90, 29.5, 2.9),
        ExportProgress(3),
        ExportCancelled(),
        ExportFailed("The disk is full.", "Make room."),
    ],
)
def test_what_is_encoded_is_decoded(event):
    line = encode_export_event(event)
    assert line.count(b"\n") == 1
    assert decode_export_event(line) == event


@pytest.mark.parametrize(
    "line",
    [
        b"null\n",
        b"\n",
        b"[]\n",
        b"17\n",
        b'"done"\n',
        b"{}\n",
        b'{"event": null}\n',
        b'{"event": "progress"}\n',
        b'{"event": "progress", "done": "many"}\n',
        b'{"event": "unheard-of"}\n',
        b'{"event": "start", "source": "caf\xe9"}\n',
        b"\xff\xfe\n",
        b"UserWarning: something\n",
        b"[" * 100_000 + b"\n",
    ],
)
def test_lines_that_are_no_events_are_skipped(line):
    assert decode_export_event(line) is None


def test_translated_texts_are_encoded():
    """`tr` gave a subclass of str, which msgspec does not encode: failures were not reported."""
    event = ExportFailed(tr("{path} exists.").format(path="a.mp4"), tr("Choose another folder."))
    assert decode_export_event(encode_export_event(event)) == event


def test_events_of_0_1_0_are_read():
    line = json.dumps({"event": "progress", "done": 5, "total": None, "fps": 1.5, "left": None})
    assert decode_export_event(line.encode()) == ExportProgress(5, None, 1.5, None)


def test_one_kept_frame_is_told_in_the_singular():
    assert kept_text(1) == "The frame before is kept."
    assert kept_text(2) == "The 2 frames before are kept."
