"""Outputs never replace inputs or other files of the user; names may hold any bytes."""

from __future__ import annotations

import csv
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from export_bench import FRAMES, read_back

from uvanet.cli import main
from uvanet.errors import OutputError, UsageError
from uvanet.video.batch import make_task, run_clip
from uvanet.video.exporter import export
from uvanet.video.job import Job
from uvanet.video.output_names import free_names, number_pattern, protect_inputs

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links and names of POSIX")


def same(folder: Path) -> Path:
    return folder / "a.mp4"


def symlink(folder: Path) -> Path:
    (folder / "link.mp4").symlink_to(folder / "a.mp4")
    return folder / "link.mp4"


def hard_link(folder: Path) -> Path:
    (folder / "hard.mp4").hardlink_to(folder / "a.mp4")
    return folder / "hard.mp4"


def linked_folder(folder: Path) -> Path:
    (folder / "there").symlink_to(folder)
    return folder / "there" / "a.mp4"


def detour(folder: Path) -> Path:
    (folder / "sub").mkdir()
    return folder / "sub" / ".." / "a.mp4"


@pytest.mark.parametrize("name", [same, symlink, hard_link, linked_folder, detour])
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_source_is_never_replaced(
    clip: Path, tmp_path: Path, name: Callable[[Path], Path], overwrite: bool
) -> None:
    shutil.copy(clip, tmp_path / "a.mp4")
    before = (tmp_path / "a.mp4").read_bytes()
    out = name(tmp_path)
    with pytest.raises(UsageError, match="would replace"):
        export(Job(str(tmp_path / "a.mp4"), (out,), overwrite=overwrite))
    with pytest.raises(UsageError, match="would replace"):
        export(Job(str(out), (tmp_path / "a.mp4",), overwrite=overwrite))
    assert (tmp_path / "a.mp4").read_bytes() == before


def test_pictures_of_a_source_folder_are_never_replaced(tmp_path: Path) -> None:
    for number in range(3):
        path = tmp_path / f"{number:05d}.png"
        path.write_bytes(_png(number))
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(UsageError, match="would replace"):
        export(Job(str(tmp_path), (tmp_path / "%05d.png",), overwrite=True))
    with pytest.raises(UsageError, match="would replace"):
        export(Job(str(tmp_path / "00001.png"), (tmp_path / "00001.png",), overwrite=True))
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def _png(number: int) -> bytes:
    import cv2

    image = np.full((48, 64, 3), 40 * number, np.uint8)
    return cv2.imencode(".png", image)[1].tobytes()


def test_regions_are_never_replaced(clip: Path, tmp_path: Path) -> None:
    regions = tmp_path / "regions.json"
    regions.write_text('{"format": "uvanet-regions", "version": 1, "regions": []}')
    before = regions.read_bytes()
    arguments = ["predict", str(clip), "-o", str(regions), "--regions", str(regions)]
    assert main([*arguments, "--overwrite", "--quiet"]) == 2
    assert regions.read_bytes() == before


def test_an_existing_output_gets_a_number_or_is_replaced_when_asked(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "rows.csv"
    arguments = ["predict", str(clip), "-o", str(out), "--end", "0.2", "--quiet"]
    out.write_text("mine")
    assert main(arguments) == 0
    assert main(arguments) == 0
    assert out.read_text() == "mine"
    assert sorted(os.listdir(tmp_path)) == ["rows-2.csv", "rows-3.csv", "rows.csv"]
    assert "rows-2.csv" in capsys.readouterr().err
    assert main([*arguments, "--overwrite"]) == 0
    assert out.read_text() == (tmp_path / "rows-2.csv").read_text()


def test_a_dangling_link_counts_as_existing(tmp_path: Path) -> None:
    (tmp_path / "a.csv").symlink_to(tmp_path / "nowhere")
    assert free_names([tmp_path / "a.csv"]) == (tmp_path / "a-2.csv",)


def test_patterns_that_would_hit_existing_pictures_are_refused(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "out-00007.png").write_text("mine")
    out = tmp_path / "out-%05d.png"
    with pytest.raises(OutputError, match="already exists"):
        export(Job(str(clip), (out,), end=0.1))
    result = export(Job(str(clip), (out,), end=0.1, overwrite=True))
    assert result.frames == 3
    assert (tmp_path / "out-00007.png").read_text() == "mine"


def test_two_videos_of_one_stem_give_two_results(clip: Path, tmp_path: Path) -> None:
    films, out = tmp_path / "films", tmp_path / "out"
    films.mkdir()
    out.mkdir()
    shutil.copy(clip, films / "a.mp4")
    shutil.copy(clip, films / "a.mov")
    pattern = str(out / "{name}.csv")
    arguments = ["predict", str(films), "--each", "-o", pattern, "--end", "0.1", "--quiet"]
    assert main(arguments) == 0
    assert sorted(os.listdir(out)) == ["a-2.csv", "a.csv"]


def test_each_never_replaces_another_video_of_the_folder(clip: Path, tmp_path: Path) -> None:
    shutil.copy(clip, tmp_path / "a.mp4")
    shutil.copy(clip, tmp_path / "a-x.mp4")
    before = (tmp_path / "a-x.mp4").read_bytes()
    pattern = str(tmp_path / "{name}-x.mp4")
    assert main(["predict", str(tmp_path), "--each", "-o", pattern, "--quiet"]) == 2
    assert (tmp_path / "a-x.mp4").read_bytes() == before


def test_a_clip_of_a_batch_that_is_missing_is_named(tmp_path: Path) -> None:
    job = Job(str(tmp_path / "missing.mp4"), (tmp_path / "missing.csv",))
    report = run_clip(make_task(job, tmp_path / "records", "1"))
    assert str(tmp_path / "missing.mp4") in report.error
    assert "cannot be read" in report.error


def test_inputs_that_are_gone_protect_nothing(tmp_path: Path) -> None:
    protect_inputs([tmp_path / "out.mp4"], [tmp_path / "gone.mp4"])


@pytest.mark.parametrize(
    ("name", "index", "expected"),
    [
        ("out-%05d.png", 7, "out-00007.png"),
        ("%d.png", 12, "12.png"),
        ("100%-%03d.png", 4, "100%-004.png"),
        ("%%-%02d.png", 4, "%%-04.png"),
        ("50%discount.png", 4, "50%discount.png"),
        ("100%.png", 4, "100%.png"),
        ("%s.png", 4, "%s.png"),
        ("%5d.jpg", 123456, "123456.jpg"),
        # Only pictures are numbered.
        ("100%d.csv", 4, "100%d.csv"),
        ("clip-%05d.mp4", 4, "clip-%05d.mp4"),
        ("%d", 4, "%d"),
    ],
)
def test_percent_signs(name: str, index: int, expected: str) -> None:
    pattern = number_pattern(Path(name))
    assert (pattern.name(index) if pattern else name) == expected
    assert pattern is None or pattern.matches(expected)


def test_two_numbers_in_a_name_are_refused(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="two numbers"):
        export(Job(str(clip), (tmp_path / "a%d-%d.png",)))


@pytest.mark.parametrize("command", ["predict", "report"])
def test_an_empty_name_is_refused(
    clip: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """As of a variable of a shell that is not set."""
    assert main([command, str(clip), "-o", ""]) == 2
    assert "the name is empty" in capsys.readouterr().err


NAMES = [b"caf\xe9.mp4", b" a.mp4", b"a.mp4 ", b"-a.mp4", b"a\nb.mp4", b"100%d.mp4", b"a:b.mp4"]


@pytest.mark.parametrize("raw", NAMES)
def test_names_of_any_bytes_in_out_and_in_tables(
    clip: Path, tmp_path: Path, raw: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    source = Path(os.fsdecode(raw))
    shutil.copy(clip, source)
    # A file of the same name without the spaces must not be taken instead.
    if source.name.strip() != source.name:
        Path(source.name.strip()).write_text("another file")
    stem = os.fsdecode(raw.replace(b".mp4", b"-heat"))
    outs = tuple(Path(f"{stem}{ending}") for ending in (".mp4", ".csv", ".json", ".npz"))
    result = export(Job(str(source), outs, end=0.5))
    assert result.frames == 15
    assert all(os.path.lexists(out) for out in outs)
    with outs[1].open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 15
    assert json.loads(outs[2].read_text(encoding="utf-8"))["source"]
    assert result.source.frames == pytest.approx(FRAMES, abs=2)


def test_what_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    assert main(["predict", str(tmp_path / "pipe.mp4"), "-o", str(tmp_path / "o.csv")]) == 2
    assert main(["predict", "/dev/stdin", "-o", str(tmp_path / "o.csv")]) == 2


def test_playlists_reach_no_other_local_file(clip: Path, tmp_path: Path) -> None:
    """The file that a playlist names is never played, whatever the ending of the playlist."""
    lists = {
        "list.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{clip}\n#EXT-X-ENDLIST\n",
        "list.ffconcat": f"ffconcat version 1.0\nfile '{clip}'\n",
        "list.mp4": f"ffconcat version 1.0\nfile '{clip}'\n",
        "list.sdp": "v=0\nm=video 9 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    }
    for name, text in lists.items():
        (tmp_path / name).write_text(text)
        assert main(["predict", str(tmp_path / name), "-o", str(tmp_path / "o.csv")]) == 2
    assert not (tmp_path / "o.csv").exists()


def test_a_file_written_is_readable_by_others(clip: Path, tmp_path: Path) -> None:
    outs = tuple(tmp_path / name for name in ("o.mp4", "o.csv", "o.json", "o.npz", "o-%03d.png"))
    export(Job(str(clip), outs, end=0.1))
    mask = os.umask(0)
    os.umask(mask)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert set(modes.values()) == {0o666 & ~mask}, modes
    assert len(read_back(tmp_path / "o.mp4")) == 3


def test_a_table_whose_name_looks_like_a_pattern_is_not_replaced(
    clip: Path, tmp_path: Path
) -> None:
    out = tmp_path / "100%d.csv"
    out.write_text("mine")
    result = export(Job(str(clip), (out,), end=0.1))
    assert out.read_text() == "mine"
    assert result.paths == (tmp_path / "100%d-2.csv",)


def test_the_name_of_the_source_is_put_into_the_output(clip: Path, tmp_path: Path) -> None:
    shutil.copy(clip, tmp_path / "my talk.mp4")
    out = str(tmp_path / "{name}-heat.csv")
    arguments = ["--end", "0.1", "--quiet", "-o", out]
    assert main(["predict", str(tmp_path / "my talk.mp4"), *arguments]) == 0
    assert (tmp_path / "my talk-heat.csv").exists()
    assert main(["predict", "demo", *arguments]) == 2
    assert main(["predict", str(tmp_path), "--each", "-o", str(tmp_path / "o.csv")]) == 2


def test_a_pipe_or_device_is_written_and_takes_no_number(clip: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "rows.csv"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    result = export(Job(str(clip), (pipe,), end=0.1))
    assert result.paths == (pipe,)
    assert os.read(reader, 10_000).count(b"\n") == 1 + result.frames
    os.close(reader)
    # Without a reader, the export is refused at once.
    with pytest.raises(OutputError, match="The pipe has no reader"):
        export(Job(str(clip), (pipe,), end=0.1))
    with pytest.raises(OutputError, match="takes no pictures"):
        export(Job(str(clip), (Path("/dev/null"),), end=0.1))
    assert os.listdir(tmp_path) == ["rows.csv"]


def test_a_link_to_an_output_stays(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link = tmp_path / "o.csv"
    link.symlink_to(tmp_path / "there" / "rows.csv")
    export(Job(str(clip), (link,), end=0.1, overwrite=True))
    assert link.is_symlink()
    assert (tmp_path / "there" / "rows.csv").is_file()


def test_two_names_of_one_file_give_two_outputs(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.csv").symlink_to(tmp_path / "o.csv")
    names = ["o.csv", "sub/../o.csv", "link.csv"]
    outs = tuple(tmp_path / name for name in names)
    result = export(Job(str(clip), outs, end=0.1, overwrite=True))
    assert len({os.path.realpath(path) for path in result.paths}) == 3
    assert {len(path.read_text().splitlines()) for path in result.paths} == {1 + result.frames}
