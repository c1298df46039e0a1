"""A playlist from the network reaches what is of its own kind, and never a local file."""

from __future__ import annotations

import math
import re
import threading
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import corpus
import numpy as np
import pytest
from PIL import Image

from uvanet.errors import SourceError
from uvanet.sources import NetworkSource
from uvanet.video.sound import Sound
from uvanet.video.writer import VideoWriter

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


def play(address: str, reconnect: float = 0.0) -> tuple[list[int], str]:
    """The numbers of all frames, and the error that came after them."""
    numbers = []
    try:
        with NetworkSource(address, open_timeout=PATIENCE, reconnect=reconnect) as source:
            for frame in iter(source.read, None):
                numbers.append(corpus.number_in(frame.image))
    except SourceError as error:
        return numbers, error.message
    return numbers, ""


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


def test_the_largest_variant_is_shown_and_the_others_are_not_loaded(
    server: ThreadingHTTPServer, segment: Path, tmp_path: Path
) -> None:
    images = [corpus.numbered(number, (96, 54)) for number in range(corpus.FRAMES)]
    small = corpus.write(tmp_path / "small.ts", "libx264", images=images)
    variants = [f"#EXT-X-STREAM-INF:BANDWIDTH={rate}00000\n{rate}.m3u8\n" for rate in (1, 9)]
    Files.files = {"/list.m3u8": f"#EXTM3U\n{''.join(variants)}".encode()}
    Files.files |= {f"/{n}.m3u8": playlist(*[f"{n}-{k}.ts" for k in range(9)]) for n in (1, 9)}
    Files.files |= {f"/1-{k}.ts": small.read_bytes() for k in range(9)}
    Files.files |= {f"/9-{k}.ts": segment.read_bytes() for k in range(9)}
    with NetworkSource(url(server, "/list.m3u8"), open_timeout=PATIENCE) as source:
        numbers = [corpus.number_in(f.image) for f in iter(source.read, None)]
        assert (source.info.width, source.info.height) == corpus.SIZE
    assert numbers == 9 * list(range(corpus.FRAMES))
    assert "/1-8.ts" not in Files.asked


@pytest.mark.parametrize("kind", ["mpegts", "fmp4"])
@pytest.mark.parametrize(
    ("lost", "told"),
    [
        ([], ""),
        ([1], "10 frames .* the first at 0.9 s"),
        ([1, 3, 4], "30 frames .* the first at 0.9 s"),
        ([0], "1.0 of its 6.0 seconds"),
        ([2, 5], "2.0 of its 6.0 seconds"),
    ],
)
def test_segments_that_are_missing_are_told(
    server: ThreadingHTTPServer, tmp_path: Path, kind: str, lost: list[int], told: str
) -> None:
    corpus.write(
        tmp_path / "a.m3u8",
        "libx264",
        images=[corpus.numbered(number) for number in range(60)],
        rate=10,
        options={"g": "10", "bf": "0", "sc_threshold": "0"},
        muxer={"hls_time": "1", "hls_list_size": "0", "hls_segment_type": kind},
    )
    Files.files = {f"/{path.name}": path.read_bytes() for path in tmp_path.iterdir()}
    for number in lost:
        del Files.files[f"/a{number}.{'ts' if kind == 'mpegts' else 'm4s'}"]
    numbers, message = play(url(server, "/a.m3u8"))
    assert numbers == [number for number in range(60) if number // 10 not in lost]
    assert re.search(told, message) if told else not message


@pytest.mark.parametrize("reconnect", [0.0, math.inf])
def test_a_missing_first_variant_does_not_make_a_film_endless(
    server: ThreadingHTTPServer, segment: Path, reconnect: float
) -> None:
    variants = [f"#EXT-X-STREAM-INF:BANDWIDTH={rate}00000\n{rate}.m3u8\n" for rate in (9, 1)]
    Files.files = {
        "/list.m3u8": f"#EXTM3U\n{''.join(variants)}".encode(),
        "/1.m3u8": playlist("part.ts"),
        "/part.ts": segment.read_bytes(),
    }
    numbers, message = play(url(server, "/list.m3u8"), reconnect)
    assert message == ""
    assert numbers == list(range(corpus.FRAMES))


def test_a_live_playlist_that_ends_is_not_played_again(
    server: ThreadingHTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus.write(
        tmp_path / "a.m3u8",
        "libx264",
        options={"g": "10", "bf": "0", "sc_threshold": "0"},
        muxer={"hls_time": "0.4", "hls_list_size": "0"},
    )
    Files.files = {f"/{path.name}": path.read_bytes() for path in tmp_path.iterdir()}
    whole = Files.files["/a.m3u8"]
    Files.files["/a.m3u8"] = whole.replace(b"#EXT-X-ENDLIST\n", b"")

    class Ending(Files):
        def do_GET(self) -> None:
            if self.asked.count("/a.m3u8") == 2:
                self.files["/a.m3u8"] = whole
            super().do_GET()

    monkeypatch.setattr(server, "RequestHandlerClass", Ending)
    with NetworkSource(
        url(server, "/a.m3u8"), open_timeout=PATIENCE, read_timeout=PATIENCE, reconnect=math.inf
    ) as source:
        assert source.info.live
        numbers = [corpus.number_in(frame.image) for frame in iter(source.read, None)]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == corpus.FRAMES - 1


def test_a_still_picture_in_a_playlist_is_no_loss(
    server: ThreadingHTTPServer, tmp_path: Path
) -> None:
    times = [Fraction(n, 25) + (2 if n >= 20 else 0) for n in range(corpus.FRAMES)]
    muxer = {"hls_time": "0.4", "hls_list_size": "0"}
    corpus.write(tmp_path / "a.m3u8", "libx264", times=times, options={"g": "10"}, muxer=muxer)
    Files.files = {f"/{path.name}": path.read_bytes() for path in tmp_path.iterdir()}
    assert play(url(server, "/a.m3u8")) == (list(range(corpus.FRAMES)), "")


@pytest.mark.parametrize("ending", [".jpg", ".jpg?token=.ts", ""])
def test_segments_may_have_any_ending(
    server: ThreadingHTTPServer, segment: Path, ending: str
) -> None:
    Files.files = {"/list.m3u8": playlist(f"part{ending}")}
    Files.files[f"/part{ending}"] = segment.read_bytes()
    with NetworkSource(url(server, "/list.m3u8"), open_timeout=PATIENCE) as source:
        assert len(list(iter(source.read, None))) == corpus.FRAMES


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "avif", "gif", "bmp"])
def test_a_picture_on_a_server_ends_after_its_frame(
    server: ThreadingHTTPServer, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"a.{ending}"
    Image.fromarray(corpus.numbered(7)).save(path)
    Files.files = {f"/{path.name}": path.read_bytes()}
    with NetworkSource(url(server, f"/{path.name}"), open_timeout=PATIENCE) as source:
        assert not source.info.live
        numbers = [corpus.number_in(frame.image) for frame in iter(source.read, None)]
    assert numbers == [7]


def test_a_server_that_allows_no_jumps_is_read_anew(
    server: ThreadingHTTPServer, tmp_path: Path
) -> None:
    path = corpus.write(tmp_path / "a.mp4", "libx264", muxer={"movflags": "+faststart"})
    Files.files = {"/a.mp4": path.read_bytes()}
    with NetworkSource(url(server, "/a.mp4"), open_timeout=PATIENCE) as source:
        assert sum(1 for _ in iter(source.read, None)) == corpus.FRAMES
        source.seek(0.4)
        frame = source.read()
    assert frame is not None
    assert corpus.number_in(frame.image) == 10


def test_an_index_at_the_end_behind_a_server_without_jumps_is_told(
    server: ThreadingHTTPServer, tmp_path: Path
) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (corpus.FRAMES, 240, 320, 3), np.uint8)
    path = corpus.write(tmp_path / "a.mp4", "libx264", images=list(noise), options={"qp": "5"})
    Files.files = {"/a.mp4": path.read_bytes()}
    with pytest.raises(SourceError, match="allows no jumps") as raised:
        NetworkSource(url(server, "/a.mp4"), open_timeout=PATIENCE).open()
    assert "Download" in raised.value.hint


def test_a_dash_manifest_is_refused_in_plain_words(server: ThreadingHTTPServer) -> None:
    Files.files = {"/film.mpd": b'<?xml version="1.0"?><MPD type="static"></MPD>'}
    with pytest.raises(SourceError, match="DASH manifest"):
        NetworkSource(url(server, "/film.mpd"), open_timeout=PATIENCE).open()


def test_a_server_that_ends_before_its_sound_was_copied_is_told(
    server: ThreadingHTTPServer, tmp_path: Path
) -> None:
    with VideoWriter(tmp_path / "out.mp4", (64, 48), 25.0, sound=Sound(url(server, "/a"))) as out:
        out.write(np.zeros((48, 64, 3), np.uint8))
    assert "sound could not be added" in out.note
