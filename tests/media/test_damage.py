"""What is damaged loses only its damaged frames, and the loss is told; what is not is not."""

from __future__ import annotations

import functools
import os
import threading
from fractions import Fraction
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import corpus
import numpy as np
import pytest

from uvanet.errors import SourceError
from uvanet.sources import make_source

if TYPE_CHECKING:
    from pathlib import Path

    from uvanet.sources import Frame

NOISE = [
    np.random.default_rng(number).integers(0, 255, (108, 192, 3), np.uint8)
    for number in range(corpus.FRAMES)
]


def play(path: Path) -> tuple[list[Frame], str]:
    """All frames, and the error that came after them."""
    frames = []
    try:
        with make_source(str(path)) as source:
            while (frame := source.read()) is not None:
                frames.append(frame)
    except SourceError as error:
        return frames, error.message
    return frames, ""


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.avi", "clip.ts", "clip.mov"])
@pytest.mark.parametrize("length", [1.2, 2.2])
def test_sound_of_another_length_is_no_damage(tmp_path: Path, name: str, length: float) -> None:
    sound = "ac3" if name.endswith("avi") else "aac"
    options = {"bf": "0"}
    path = corpus.write(
        tmp_path / name, "libx264", sound=sound, sound_seconds=length, options=options
    )
    frames, error = play(path)
    assert error == ""
    assert len(frames) == corpus.FRAMES


@pytest.mark.parametrize("name", ["clip.mkv", "clip.ts", "clip.mp4"])
def test_sound_that_starts_later_is_no_damage(tmp_path: Path, name: str) -> None:
    path = corpus.write(tmp_path / name, "libx264", sound="aac", sound_start=0.6, sound_seconds=1.6)
    frames, error = play(path)
    assert error == ""
    assert len(frames) == corpus.FRAMES


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.avi"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_a_file_that_was_cut_off_says_so(tmp_path: Path, name: str, part: float) -> None:
    path = corpus.write(
        tmp_path / name, "mjpeg", images=NOISE, pix_fmt="yuvj420p", muxer=_index_first(name)
    )
    os.truncate(path, int(path.stat().st_size * part))
    frames, error = play(path)
    assert 0 < len(frames) < corpus.FRAMES
    assert "damaged" in error
    assert len(frames) > 0.4 * part * corpus.FRAMES


def _index_first(name: str) -> dict[str, str]:
    return {"movflags": "+faststart"} if name.endswith("mp4") else {}


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.avi", "clip.mov"])
def test_garbage_in_the_middle_loses_only_its_frames(tmp_path: Path, name: str) -> None:
    images = [corpus.numbered(number) for number in range(corpus.FRAMES)]
    codec, pix_fmt = ("mjpeg", "yuvj420p") if name.endswith("mkv") else ("png", "rgb24")
    path = corpus.write(tmp_path / name, codec, images=images, pix_fmt=pix_fmt)
    data = bytearray(path.read_bytes())
    place = len(data) // 2
    data[place : place + 40] = bytes(40)
    path.write_bytes(data)
    frames, error = play(path)
    numbers = [corpus.number_in(frame.image) for frame in frames]
    assert len(numbers) >= corpus.FRAMES - 3
    assert set(range(corpus.FRAMES)) - set(numbers) <= set(range(10, 28))
    assert numbers[-1] == corpus.FRAMES - 1
    if len(numbers) < corpus.FRAMES:
        assert "damaged" in error


def test_the_last_boundary_of_a_multipart_file_is_no_damage(tmp_path: Path) -> None:
    path = corpus.write(tmp_path / "clip.mpjpeg", "mjpeg", pix_fmt="yuvj420p", format_name="mpjpeg")
    assert path.read_bytes().endswith(b"--ffmpeg\r\n")
    frames, error = play(path)
    assert error == ""
    assert len(frames) == corpus.FRAMES


def test_a_damaged_head_in_a_multipart_file_is_told(tmp_path: Path) -> None:
    path = corpus.write(
        tmp_path / "clip.mpjpeg",
        "mjpeg",
        images=NOISE,
        pix_fmt="yuvj420p",
        format_name="mpjpeg",
        options={"qmin": "1", "qmax": "1"},
    )
    data = path.read_bytes()
    place = data.index(b"--ffmpeg", len(data) // 2)
    path.write_bytes(data[:place] + bytes(8) + data[place + 8 :])
    frames, error = play(path)
    assert len(frames) == corpus.FRAMES - 1
    assert "1 frame could not be decoded" in error


def test_packets_lost_from_a_broadcast_are_told(tmp_path: Path) -> None:
    images = [corpus.numbered(number, (640, 360)) for number in range(corpus.FRAMES)]
    path = corpus.write(
        tmp_path / "clip.ts", "libx264", images=images, options={"bf": "0", "g": "5", "qp": "10"}
    )
    data = path.read_bytes()
    packets = [data[place : place + 188] for place in range(0, len(data), 188)]
    path.write_bytes(b"".join([*packets[: len(packets) // 2], *packets[len(packets) // 2 + 3 :]]))
    frames, error = play(path)
    assert 0 < len(frames) <= corpus.FRAMES
    assert "damaged" in error


@pytest.mark.parametrize("lost", [[], [1], [1, 3, 4]])
def test_fragments_that_are_missing_are_told(tmp_path: Path, lost: list[int]) -> None:
    """As of a download in pieces: pictures of uneven duration, ten in a fragment."""
    times = [Fraction(n // 10 * 12 + n % 10 + (n % 10 > 4), 25) for n in range(60)]
    path = corpus.write(
        tmp_path / "clip.mp4",
        "libx264",
        images=[corpus.numbered(number) for number in range(60)],
        times=times,
        options={"g": "10", "bf": "0", "sc_threshold": "0"},
        muxer={"movflags": "frag_keyframe+empty_moov+default_base_moof+skip_trailer"},
    )
    head, *fragments = path.read_bytes().split(b"moof")
    ends = [head[-4:], *(fragment[-4:] for fragment in fragments)]
    kept = [n for n in range(6) if n not in lost]
    whole = [head[:-4], *(ends[n] + b"moof" + fragments[n][:-4] for n in kept)]
    whole[-1] += ends[-1]
    path.write_bytes(b"".join(whole))
    frames, error = play(path)
    assert [corpus.number_in(frame.image) for frame in frames] == [
        number for number in range(60) if number // 10 not in lost
    ]
    assert ("damaged" in error) == bool(lost)


@pytest.mark.parametrize("sound", ["", "aac"])
def test_a_damaged_place_that_ffmpeg_skips_is_told(tmp_path: Path, sound: str) -> None:
    path = corpus.write(tmp_path / "clip.mkv", "mjpeg", pix_fmt="yuvj420p", sound=sound)
    data = bytearray(path.read_bytes())
    place, size = len(data) // 2, 3000
    data[place : place + size] = np.random.default_rng(1).bytes(size)
    path.write_bytes(data)
    frames, error = play(path)
    assert 20 < len(frames) < corpus.FRAMES
    assert "damaged" in error


@pytest.mark.parametrize("sound", ["", "flac"])
def test_a_picture_that_is_shown_for_long_is_no_damage(tmp_path: Path, sound: str) -> None:
    times = [Fraction(n, 25) if n < 20 else Fraction(n, 25) + 2 for n in range(corpus.FRAMES)]
    path = tmp_path / "clip.mkv"
    corpus.write(path, "mjpeg", pix_fmt="yuvj420p", times=times, sound=sound, sound_seconds=3.6)
    frames, error = play(path)
    assert len(frames) == corpus.FRAMES
    assert not error


def test_alpha_between_the_packets_is_no_damage(tmp_path: Path) -> None:
    times = [Fraction(n, 25) if n < 10 else Fraction(n, 25) + 2 for n in range(20)]
    images = [np.random.default_rng(n).integers(0, 255, (108, 192, 4), np.uint8) for n in range(20)]
    path = tmp_path / "clip.webm"
    options = {"auto-alt-ref": "0", "deadline": "realtime"}
    corpus.write(
        path,
        "libvpx",
        images=images,
        times=times,
        source_format="rgba",
        pix_fmt="yuva420p",
        options=options,
    )
    frames, error = play(path)
    assert len(frames) == len(images)
    assert not error


def test_frames_with_errors_are_shown_and_told(tmp_path: Path) -> None:
    path = corpus.write(
        tmp_path / "clip.mp4", "libx264", images=NOISE, options={"bf": "0", "g": "1"}
    )
    data = bytearray(path.read_bytes())
    place = len(data) // 2
    data[place : place + 60] = bytes(60)
    path.write_bytes(data)
    frames, error = play(path)
    assert len(frames) >= corpus.FRAMES - 1
    assert "damaged" in error


@pytest.mark.parametrize("what", ["shorter", "empty", "overwritten"])
def test_a_source_that_changes_while_it_is_read_is_told(tmp_path: Path, what: str) -> None:
    path = corpus.write(tmp_path / "clip.mkv", "mjpeg", images=NOISE * 4, pix_fmt="yuvj420p")
    size = path.stat().st_size
    assert size > 500_000
    with make_source(str(path)) as source:
        for _ in range(3):
            assert source.read() is not None
        if what == "overwritten":
            with path.open("r+b") as file:
                file.seek(size // 2)
                file.write(b"\xff" * 1000)
            os.utime(path, ns=(1, 1))
        else:
            os.truncate(path, 0 if what == "empty" else size // 2)
        with pytest.raises(SourceError, match=r"shorter|changed") as caught:
            list(iter(source.read, None))
    assert "clip.mkv" in caught.value.message


def test_a_source_that_vanishes_is_read_to_its_end(tmp_path: Path) -> None:
    path = corpus.write(tmp_path / "clip.mkv", "mjpeg", images=NOISE, pix_fmt="yuvj420p")
    with make_source(str(path)) as source:
        assert source.read() is not None
        path.unlink()
        assert len(list(iter(source.read, None))) == corpus.FRAMES - 1


def test_a_source_that_grows_is_no_damage(tmp_path: Path) -> None:
    path = corpus.write(tmp_path / "clip.ts", "libx264")
    with make_source(str(path)) as source:
        assert source.read() is not None
        with path.open("ab") as file:
            file.write(b"\x47" * 188)
        assert len(list(iter(source.read, None))) == corpus.FRAMES - 1


def test_video_without_a_start_is_not_called_sound(tmp_path: Path) -> None:
    """The only key frame is lost, as of a broadcast with one per recording."""
    options = {"g": "1000", "x264-params": "scenecut=0"}
    path = corpus.write(tmp_path / "clip.ts", "libx264", sound="aac", options=options)
    data = path.read_bytes()
    path.write_bytes(data[len(data) // 3 // 188 * 188 :])
    frames, error = play(path)
    assert frames == []
    assert "no video that can be decoded (video h264, audio aac)" in error


@pytest.mark.parametrize("name", ["song.mp3", "song.mp4", "song.flac", "song.mka"])
def test_a_cover_is_never_the_video(tmp_path: Path, name: str) -> None:
    import av

    path = tmp_path / name
    codec = {"song.mp3": "libmp3lame", "song.flac": "flac"}.get(name, "aac")
    cover = av.VideoFrame.from_ndarray(corpus.numbered(1), "rgb24").reformat(format="yuvj420p")
    with av.open(str(path), "w") as out:
        sound = out.add_stream(codec, rate=48_000, layout="stereo")
        picture = None
        if name != "song.mka":
            picture = out.add_stream("mjpeg", rate=25)
            picture.width, picture.height, picture.pix_fmt = *corpus.SIZE, "yuvj420p"
            picture.disposition = av.stream.Disposition.attached_pic
        for frame in corpus._beep(sound, 0.0, 2.0):
            out.mux(sound.encode(frame))
        out.mux(sound.encode(None))
        if picture is not None:
            out.mux(picture.encode(cover))
            out.mux(picture.encode(None))
    frames, error = play(path)
    assert frames == []
    assert "holds sound but no video" in error


@pytest.mark.parametrize("flags", ["faststart", "frag_keyframe+empty_moov"])
@pytest.mark.parametrize("served", [False, True])
def test_an_encrypted_video_is_named_as_such(tmp_path: Path, flags: str, served: bool) -> None:
    import av

    clear = corpus.write(tmp_path / "clear.mp4", "libx264", sound="aac")
    path = tmp_path / "bought.mp4"
    key = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": "0f" * 16}
    options = {**key, "encryption_kid": "1e" * 16, "movflags": flags}
    with (
        av.open(str(clear)) as source,
        av.open(str(path), "w", container_options=options) as out,
    ):
        tracks = {track: out.add_stream_from_template(track) for track in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = tracks[packet.stream]
                out.mux(packet)
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        spec = f"http://127.0.0.1:{server.server_port}/bought.mp4" if served else str(path)
        with pytest.raises(SourceError, match=r"bought\.mp4 is encrypted\.") as caught:
            make_source(spec).open()
        server.shutdown()
    assert "without copy protection" in caught.value.hint
