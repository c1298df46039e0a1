"""The file that `uvanet run` writes where there is no display."""

import pytest

from app.runtime.headless import output_path


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("demo", "uvanet-demo.mp4"),
        ("holiday/my film.mkv", "uvanet-my-film.mp4"),
        ("camera:0", "uvanet-camera-0.mp4"),
        ("screen:", "uvanet-screen.mp4"),
        ("rtsp://user:s3cret@host/live?token=abc", "uvanet-stream.mp4"),
        ("x" * 400 + ".mp4", f"uvanet-{'x' * 60}.mp4"),
        ("..", "uvanet-clip.mp4"),
    ],
)
def test_the_name_is_taken_from_the_source_but_not_from_a_url(tmp_path, source, name):
    assert output_path(source, tmp_path) == tmp_path / name


def test_an_existing_file_is_not_replaced(tmp_path):
    for name in ("uvanet-demo.mp4", "uvanet-demo-2.mp4"):
        (tmp_path / name).write_text("")
    assert output_path("demo", tmp_path) == tmp_path / "uvanet-demo-3.mp4"
