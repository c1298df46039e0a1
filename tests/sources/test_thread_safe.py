"""Closing from another thread, at every moment there is."""

from __future__ import annotations

import random
import threading
from typing import TYPE_CHECKING

import pytest

from uvanet.errors import SourceError
from uvanet.sources import SourceInfo, SourceKind, VideoSource
from uvanet.sources._thread_safe import ThreadSafeSource

if TYPE_CHECKING:
    from pathlib import Path

    from uvanet.sources import Frame

PATIENCE = 60.0


class Slow(ThreadSafeSource):
    """A source whose opening hangs until it is told to go on."""

    def __init__(self, fail: bool = False) -> None:
        super().__init__("Slow")
        self.inside = threading.Event()
        self.go_on = threading.Event()
        self.releases = 0
        self.fail = fail

    def _open(self) -> SourceInfo:
        self.inside.set()
        assert self.go_on.wait(PATIENCE)
        if self.fail:
            raise SourceError("Slow cannot be opened.")
        return SourceInfo("slow", "Slow", SourceKind.CAMERA, 1, 1, 1.0, live=True)

    def _read(self) -> Frame | None:
        return None

    def _release(self) -> None:
        self.releases += 1


def test_close_while_opening_lets_go_of_what_was_opened() -> None:
    source = Slow()
    seen: list[SourceError] = []

    def work() -> None:
        try:
            source.open()
        except SourceError as error:
            seen.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    assert source.inside.wait(PATIENCE)
    source.close()
    assert source.releases == 0  # not under the hands of the one who opens
    source.go_on.set()
    thread.join(PATIENCE)
    assert source.releases == 1
    assert "closed" in seen[0].message


def test_what_could_not_be_opened_is_let_go_once() -> None:
    source = Slow(fail=True)
    source.go_on.set()
    with pytest.raises(SourceError, match="cannot be opened"):
        source.open()
    assert source.releases == 1
    source.close()
    assert source.releases == 1


def test_a_second_open_is_refused() -> None:
    source = Slow()
    source.go_on.set()
    with source, pytest.raises(SourceError, match="open already"):
        source.open()
    assert source.releases == 1


def test_closing_a_real_file_at_random_moments(clip: Path) -> None:
    rng = random.Random(0)
    for _ in range(40):
        source = VideoSource(clip)
        errors: list[BaseException] = []
        frames: list[int] = []
        enough = threading.Event()
        wanted = rng.randrange(20)

        def work(
            source: VideoSource = source,
            errors: list[BaseException] = errors,
            frames: list[int] = frames,
            enough: threading.Event = enough,
            wanted: int = wanted,
        ) -> None:
            try:
                source.open()
                while True:
                    if (frame := source.read()) is None:
                        source.seek(0.5)
                        continue
                    frames.append(frame.index)
                    if len(frames) > wanted:
                        enough.set()
            except BaseException as error:  # noqa: BLE001
                errors.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        if wanted:
            assert enough.wait(PATIENCE)
        source.close()
        thread.join(PATIENCE)
        assert not thread.is_alive()
        assert len(errors) == 1
        assert isinstance(errors[0], SourceError)
        assert "closed" in str(errors[0])
