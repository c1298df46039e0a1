"""Dragging through a long group of pictures shows a position per request; the last is exact."""

from __future__ import annotations

from typing import TYPE_CHECKING

import corpus

from uvanet.sources import make_source
from uvanet.sources.orientation import Orientations, OrientedSource

if TYPE_CHECKING:
    from pathlib import Path


def test_an_obsolete_seek_ends_at_the_frame_reached(tmp_path: Path) -> None:
    path = corpus.write(tmp_path / "clip.mp4", "libx264", options={"g": "250", "bf": "0"})
    with OrientedSource(make_source(str(path)), Orientations()) as source:
        decoded = 0

        def abandon() -> bool:
            nonlocal decoded
            decoded += 1
            return decoded == 5

        source.abandon_seek = abandon
        source.seek(30 / corpus.RATE)
        frame = source.read()
        assert frame is not None
        # The fifth frame behind the key frame, and its own time and index.
        assert decoded == 5
        assert corpus.number_in(frame.image) == frame.index == 4
        assert frame.pts * corpus.RATE == 4
        after = source.read()
        assert after is not None
        assert corpus.number_in(after.image) == 5
        source.abandon_seek = lambda: False
        source.seek(30 / corpus.RATE)
        frame = source.read()
        assert frame is not None
        assert corpus.number_in(frame.image) == frame.index == 30
