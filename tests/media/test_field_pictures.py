"""H.264 whose fields are pictures of their own, from a camcorder's file and copies of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import corpus
import field_pictures
import pytest

from uvanet.sources import make_source

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module", params=["a packet per frame", "a packet per field"])
def original(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("camcorder") / "clip.mts"
    return field_pictures.write(path, packet_per_field="field" in request.param)


@pytest.mark.parametrize("name", ["clip.mts", "copy.mp4", "copy.mov", "copy.mkv", "copy.avi"])
def test_two_fields_are_one_frame(tmp_path: Path, original: Path, name: str) -> None:
    path = original
    if name != path.name:
        path = field_pictures.copy(original, tmp_path / name)
    with make_source(str(path)) as source:
        info = source.info
        frames = list(iter(source.read, None))
        assert (info.width, info.height) == field_pictures.SIZE
        # The last field of a copy has no duration in some containers.
        assert info.fps == pytest.approx(corpus.RATE, rel=0.02)
        assert info.frames == pytest.approx(corpus.FRAMES, abs=2)
        assert [corpus.number_in(frame.image) for frame in frames] == list(range(corpus.FRAMES))
        times = [number / corpus.RATE for number in range(corpus.FRAMES)]
        assert [frame.pts for frame in frames] == pytest.approx(times, abs=0.002)
        for number in (12, 30, 1, 39):
            source.seek(number / corpus.RATE)
            assert corpus.number_in(source.read().image) == number
