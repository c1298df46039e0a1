"""A playlist from the network reaches what is of its own kind, and never a local file."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import corpus
import pytest

from uvanet.errors import SourceError
from uvanet.sources import NetworkSource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE = 60.0


class Files(BaseHTTPRequestHandler):
    """Serves `files` by their paths; a path of `moved` is redirected."""

    files: dict[str, bytes]
    moved: dict[str, str]
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path in self.moved:
            self.send_response(302)
            self.send_header("Location", self.moved[self.path])
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        data = self.files.get(self.path)
        self.send_response(404 if data is None else 200)
        self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        self.wfile.write(data or b"")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    Files.files, Files.moved, Files.asked = {}, {}, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def segment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("segment") / "part.ts"
    return corpus.write(path, "libx264", options={"g": "10", "bf": "0"})


def playlist(*entries: str) -> bytes:
    lines = [f"#EXTINF:1.6,\n{entry}\n" for entry in entries]
    head = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n"
    return f"{head}{''.join(lines)}#EXT-X-ENDLIST\n".encode()


def url(server: ThreadingHTTPServer, path: str) -> str:
    return f"http://127.0.0.1:{server.server_port}{path}"


def test_a_playlist_of_its_own_server_plays(server: ThreadingHTTPServer, segment: Path) -> None:
    Files.files = {"/list.m3u8": playlist("part.ts"), "/part.ts": segment.read_bytes()}
    with NetworkSource(url(server, "/list.m3u8"), open_timeout=PATIENCE) as source:
        frames = [source.read() for _ in range(corpus.FRAMES)]
    numbers = [corpus.number_in(frame.image) for frame in frames if frame is not None]
    assert numbers == list(range(corpus.FRAMES))


@pytest.mark.parametrize(
    "entry", ["{path}", "file:{path}", "file://{path}", "concat:{path}|{path}", "subfile:{path}"]
)
def test_a_playlist_reaches_no_local_file(
    server: ThreadingHTTPServer, segment: Path, entry: str
) -> None:
    Files.files = {"/list.m3u8": playlist(entry.format(path=segment))}
    with pytest.raises(SourceError):
        NetworkSource(url(server, "/list.m3u8"), open_timeout=PATIENCE).open()


@pytest.mark.parametrize("target", ["file://{path}", "concat:{path}", "{path}"])
def test_a_redirect_reaches_no_local_file(
    server: ThreadingHTTPServer, segment: Path, target: str
) -> None:
    Files.moved = {"/film.ts": target.format(path=segment)}
    with pytest.raises(SourceError):
        NetworkSource(url(server, "/film.ts"), open_timeout=PATIENCE).open()


def test_a_redirect_to_the_same_kind_is_followed(
    server: ThreadingHTTPServer, segment: Path
) -> None:
    Files.files, Files.moved = {"/real.ts": segment.read_bytes()}, {"/film.ts": "/real.ts"}
    with NetworkSource(url(server, "/film.ts"), open_timeout=PATIENCE) as source:
        frame = source.read()
    assert frame is not None
    assert corpus.number_in(frame.image) == 0
