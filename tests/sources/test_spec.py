from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from uvanet.errors import SourceError, UvanetError
from uvanet.paths import resource
from uvanet.sources import (
    CameraSource,
    FolderSource,
    NetworkSource,
    PictureSource,
    ScreenSource,
    SourceKind,
    VideoSource,
    make_source,
)


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        ("demo", VideoSource),
        (" demo ", VideoSource),
        ("0", CameraSource),
        ("camera", CameraSource),
        ("camera:", CameraSource),
        ("camera:Logitech, the good one", CameraSource),
        ("/dev/video12", CameraSource),
        ("/dev/v4l/by-id/usb-Logitech-index0", CameraSource),
        ("/dev/video", VideoSource),
        ("screen", ScreenSource),
        ("screen:2", ScreenSource),
        ("screen:-10, 0, 300, 200", ScreenSource),
        ("rtsp://host/stream", NetworkSource),
        ("HTTP://host/stream", NetworkSource),
        ("udp://127.0.0.1:1234", NetworkSource),
        ("film.mp4", VideoSource),
        ("C:\\film.mp4", VideoSource),
        ("photo.JPG", PictureSource),
    ],
)
def test_a_string_means_a_source(spec: str, kind: type) -> None:
    assert type(make_source(spec)) is kind


def test_what_is_there_decides(picture_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(make_source(str(picture_folder)), FolderSource)
    monkeypatch.setenv("HOME", str(picture_folder.parent))
    assert isinstance(make_source(f"~/{picture_folder.name}"), FolderSource)
    (picture_folder.parent / "screen").mkdir(exist_ok=True)
    monkeypatch.chdir(picture_folder.parent)
    assert isinstance(make_source("screen"), FolderSource)
    assert isinstance(make_source("screen:"), ScreenSource)


def test_a_file_dropped_from_a_file_manager(tmp_path: Path) -> None:
    folder = tmp_path / "Füße #1"
    folder.mkdir()
    assert isinstance(make_source(folder.as_uri()), FolderSource)


def test_a_dropped_file_whose_name_is_not_utf_8(picture_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"f\xfcr")
    try:
        folder.symlink_to(picture_folder)
    except OSError as error:
        pytest.skip(f"the file system takes no such name: {error}")
    assert folder.as_uri().endswith("/f%FCr")
    assert isinstance(make_source(folder.as_uri()), FolderSource)


def test_a_relative_path_is_kept_as_an_absolute_one(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(clip.parent)
    with make_source(clip.name) as source:
        assert source.info.spec == str(clip)


@pytest.mark.parametrize("spec", ["", "   ", "gopher://host/film", "a\0b", "file://[x"])
def test_a_string_that_can_mean_nothing(spec: str) -> None:
    with pytest.raises(SourceError) as caught:
        make_source(spec)
    assert caught.value.hint


def test_the_demo_is_the_clip_that_comes_with_us() -> None:
    with make_source("demo") as source:
        info = source.info
        assert info.kind is SourceKind.DEMO
        assert info.seekable
        assert not info.live
        assert 8 <= (info.duration or 0) <= 20
    assert resource("demo.mp4").stat().st_size < 2_000_000


def test_every_photograph_of_the_demo_is_credited() -> None:
    credits = resource("CREDITS.md").read_text()
    script = Path(__file__).parents[2] / "packaging" / "make_demo.py"
    names = re.findall(r'"([\w-]+\.(?:png|jpg))"', script.read_text())
    assert names
    assert [name for name in names if f"`{name}`" not in credits] == []


def test_a_resource_that_is_missing_or_outside_is_named() -> None:
    with pytest.raises(UvanetError, match=r"weights/nothing\.onnx"):
        resource("weights/nothing.onnx")
    with pytest.raises(UvanetError, match="outside"):
        resource("../pyproject.toml")
