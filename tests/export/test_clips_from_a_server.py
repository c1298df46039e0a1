"""Exports of a clip from a web server: sound and times as of a clip on the disk."""

from __future__ import annotations

import functools
import http.server
import threading
from typing import TYPE_CHECKING

import pytest
from export_bench import BEEP, heard, packet_times

from uvanet.video.exporter import export
from uvanet.video.job import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from fractions import Fraction
    from pathlib import Path


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def serve() -> Iterator[Callable[[Path], str]]:
    servers = []

    def start(path: Path) -> str:
        handler = functools.partial(Quiet, directory=str(path.parent))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/{path.name}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_the_sound_comes_along(clip: Path, tmp_path: Path, serve: Callable[[Path], str]) -> None:
    out = tmp_path / "out.mp4"
    result = export(Job(serve(clip), (out,)))
    assert not result.note
    assert packet_times(out, "a:0") == packet_times(clip, "a:0")
    assert heard(out)[0] == pytest.approx(BEEP, abs=0.03)


def test_a_variable_rate_keeps_its_times(
    uneven: tuple[Path, list[Fraction]], tmp_path: Path, serve: Callable[[Path], str]
) -> None:
    path, times = uneven
    out = tmp_path / "out.mp4"
    export(Job(serve(path), (out,)))
    assert packet_times(out) == pytest.approx([float(time) for time in times], abs=0.002)
