"""Projects: saved, moved, dropped, damaged; with their regions, marks, model and view."""

import json
import select
import shutil
import socket
from pathlib import Path

import msgspec
import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox
from region_kit import BOX, LEFT_HALF, analyse, answer, regions
from studio_kit import answer_question

from app.features.gaze.feature import GazeOfPeople
from app.features.project.feature import Projects
from app.features.project.find import find_project
from app.shell.project import GazePart, Project, read_project
from app.shell.project_files import ProjectFile
from uvanet.analysis import load_regions
from uvanet.analysis.record_file import unpack_record
from uvanet.errors import UsageError
from uvanet.sources.orientation import Orientation


@pytest.fixture
def folder(clip, tmp_path):
    """A folder with a film."""
    folder = tmp_path / "work"
    folder.mkdir()
    shutil.copy(clip, folder / "film.mp4")
    return folder


def test_a_name_that_the_system_refuses_counts_as_missing(tmp_path):
    path = tmp_path / "long.uvanet"
    names = ["x" * 300 + ".mp4", "/" + "y" * 300]
    project = Project(source=names[0], relative=True)
    project.gaze = GazePart(tables=[ProjectFile(path=names[1])])
    path.write_bytes(msgspec.json.encode(project))
    found = find_project(path)
    assert found.spec is None
    assert found.project.gaze is None


def save(bench, path):
    bench.trigger("save_project")
    answer(bench, path)
    bench.until(path.exists)


def opened(bench, path):
    """Drops a project, as the window does it, and waits until it is open."""
    assert bench.find(Projects).open_drop(str(path))
    bench.until(lambda: bench.banner.message == f"Opened {path.name}.")


def state(bench):
    style = bench.presenter.heat.style
    return (
        bench.session.regions,
        bench.session.marks,
        style,
        bench.presenter.heat.smoothing,
        bench.actions["scanpath"].isChecked(),
        bench.session.orientations.of(bench.session.info.spec),
    )


def test_a_project_gives_back_what_was_there_wherever_it_is_moved(launch, folder, tmp_path):
    bench = launch(folder / "film.mp4")
    bench.until(lambda: bench.presenter.overlay_seen)
    regions(bench).replace_all([LEFT_HALF, BOX])
    bench.session.set_marks(0.5, 1.5)
    bench.trigger("colormap_viridis")
    bench.trigger("more_opacity")
    bench.trigger("scanpath")
    bench.session.turn(Orientation(True, 0))
    before = state(bench)
    save(bench, folder / "mine.uvanet")
    stored = json.loads((folder / "mine.uvanet").read_text(encoding="utf-8"))
    assert stored["teacher"] == ""  # none is compared with
    assert (stored["source"], stored["relative"]) == ("film.mp4", True)
    assert str(folder) not in json.dumps(stored)
    # Something else is opened and changed; the folder moves.
    bench.open("demo")
    bench.trigger("reset_overlay")
    bench.trigger("scanpath")
    moved = tmp_path / "elsewhere"
    folder.rename(moved)
    opened(bench, moved / "mine.uvanet")
    assert bench.session.info.spec == str(moved / "film.mp4")
    assert state(bench) == before
    assert bench.session.teacher.running == ""
    assert regions(bench).all == (LEFT_HALF, BOX)


def test_a_source_elsewhere_is_kept_by_its_path(player, clip, tmp_path):
    regions(player).replace_all([BOX])
    save(player, tmp_path / "far.uvanet")
    stored = json.loads((tmp_path / "far.uvanet").read_text(encoding="utf-8"))
    assert (stored["source"], stored["relative"]) == (str(clip), False)
    player.open("demo")
    opened(player, tmp_path / "far.uvanet")
    assert player.session.info.spec == str(clip)
    assert player.session.regions == (BOX,)


def test_a_missing_source_is_asked_for(launch, clip, folder):
    project = Project(source=str(folder / "gone.mp4"), regions=[BOX])
    project.write(folder / "p.uvanet")
    bench = launch(clip)
    bench.until(lambda: bench.presenter.overlay_seen)
    bench.find(Projects).open_drop(str(folder / "p.uvanet"))
    bench.until(lambda: bench.window.findChild(QFileDialog) is not None)
    assert "gone.mp4" in bench.banner.message
    assert "gone.mp4" in bench.window.findChild(QFileDialog).windowTitle()
    answer(bench, folder / "film.mp4")
    bench.until(lambda: bench.session.regions == (BOX,))
    assert bench.session.info.spec == str(folder / "film.mp4")
    assert not [one for one in bench.banner.alerts if "gone.mp4" in one]


GAZE = "time,x,y,duration,person\n0.1,40,60,0.4,ann\n0.6,90,60,0.5,ben\n"


def test_gaze_and_scan_are_kept_and_found_beside_a_moved_project(launch, folder, tmp_path):
    bench = launch(folder / "film.mp4")
    bench.until(lambda: bench.presenter.overlay_seen)
    gaze, history = bench.find(GazeOfPeople), analyse(bench).history
    table = tmp_path / "looks.csv"  # not in the folder of the project
    table.write_text(GAZE, encoding="utf-8")
    gaze.load([str(table)])
    bench.until(lambda: gaze.table is not None)
    gaze.card.offset.setValue(0.25)
    bench.trigger("scan_clip")
    bench.until(lambda: analyse(bench)._scan.part is not None)
    scan = analyse(bench)._scan.part
    save(bench, folder / "mine.uvanet")
    bench.open("demo")
    assert gaze.table is None
    moved = tmp_path / "elsewhere"
    folder.rename(moved)
    table.rename(moved / table.name)
    opened(bench, moved / "mine.uvanet")
    bench.until(lambda: gaze.table is not None)
    assert gaze.table.persons == ("ann", "ben")
    assert gaze.card.offset.value() == pytest.approx(0.25)
    bench.until(lambda: analyse(bench)._scan.part is not None)
    assert analyse(bench)._scan.part == scan
    assert history.record.covered == pytest.approx(2.0, abs=0.1)
    assert len(unpack_record(scan.maps)) == 20
    # Without its table, and with another film of the name, that is told.
    (moved / table.name).unlink()
    (moved / "film.mp4").write_bytes((moved / "film.mp4").read_bytes() + bytes(9))
    bench.open("demo")
    bench.find(Projects).open_drop(str(moved / "mine.uvanet"))
    bench.until(lambda: bench.banner.level == "warning")
    assert bench.banner.message == "Opened mine.uvanet."
    project = find_project(moved / "mine.uvanet")
    assert [note.split()[0] for note in project.notes] == ["film.mp4", "The"]
    assert "looks.csv" in project.notes[1]
    assert project.project.scan is None
    assert gaze.table is None


def test_a_file_beside_a_project_counts_only_if_it_is_the_same(folder, tmp_path):
    film = tmp_path / "film.mp4"
    shutil.copy(folder / "film.mp4", film)
    Project(source=str(film)).write(folder / "p.uvanet")
    film.unlink()
    assert find_project(folder / "p.uvanet").spec == str(folder / "film.mp4")
    (folder / "film.mp4").write_bytes(b"another")
    assert find_project(folder / "p.uvanet").spec is None
    pictures = folder / "pictures"
    pictures.mkdir()
    Project(source=str(pictures)).write(folder / "q.uvanet")
    assert find_project(folder / "q.uvanet").project.source_file.is_folder


def test_regions_of_a_project_go_to_another_clip(player, folder):
    Project(source="demo", regions=[BOX, LEFT_HALF]).write(folder / "p.uvanet")
    assert load_regions(folder / "p.uvanet") == [BOX, LEFT_HALF]
    player.trigger("load_regions")
    answer(player, folder / "p.uvanet")
    player.until(lambda: player.session.regions == (BOX, LEFT_HALF))


def test_a_project_is_opened_from_the_command_line(launch, folder):
    Project(source=str(folder / "film.mp4"), regions=[BOX], start=0.5).write(folder / "p.uvanet")
    bench = launch(folder / "p.uvanet")
    bench.until(lambda: bench.session.regions == (BOX,))
    assert bench.session.marks == (0.5, None)


def test_another_source_that_is_opened_meanwhile_keeps_its_own(player, folder):
    Project(source=str(folder / "film.mp4"), regions=[BOX]).write(folder / "p.uvanet")
    ours = player.find(Projects)
    ours._open(find_project(folder / "p.uvanet"), folder / "p.uvanet", str(folder / "film.mp4"))
    player.open("demo")
    assert player.session.regions == ()


@pytest.mark.parametrize(
    "change",
    [
        {"format": "uvanet-regions"},
        {"version": 99},
        {"source": 5},
        {"view": {"opacity": 7}},
        {"view": {"quarters": 9}},
        {"start": -1},
        {"regions": [{"name": "a", "shape": "rectangle", "points": [[5, 5], [6, 6]]}]},
        {"relative": True, "source": "/etc/passwd"},
        {"model": ["?"]},
        {"gaze": {"tables": [{"path": "/a.csv", "relative": True}]}},
        {"gaze": {"tables": [], "offset": 1e9}},
        {"scan": {"model": "uvanet-64", "maps": 5}},
    ],
    ids=str,
)
def test_a_damaged_project_is_refused_by_name(tmp_path, change):
    path = tmp_path / "bad.uvanet"
    Project(source="demo").write(path)
    stored = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**stored, **change}))
    with pytest.raises(UsageError, match=r"bad\.uvanet"):
        read_project(path)


@pytest.mark.parametrize("content", [b"", b"[" * 100_000, b"null", b"\xff\xfe", b"{}"])
def test_what_is_no_project_is_refused(player, tmp_path, content):
    path = tmp_path / "bad.uvanet"
    path.write_bytes(content)
    player.find(Projects).open_drop(str(path))
    player.until(lambda: player.banner.level == "error")
    assert "bad.uvanet" in player.banner.message
    assert player.session.info is not None


def test_no_password_is_written(tmp_path):
    path = tmp_path / "p.uvanet"
    Project(source="rtsp://user:s3cret@host/film?token=t0p").write(path)
    text = path.read_text(encoding="utf-8")
    assert "s3cret" not in text
    assert "t0p" not in text
    assert read_project(path).spec_beside(path) == "rtsp://host/film"


def test_a_folder_that_cannot_be_written_is_named(player, tmp_path):
    player.trigger("save_project")
    answer(player, Path("/proc/nowhere/p.uvanet"))
    player.until(lambda: player.banner.level == "error")
    assert "nowhere" in player.banner.message


def test_a_project_of_a_stream_connects_only_where_the_user_agrees(player, tmp_path):
    server = socket.create_server(("127.0.0.1", 0))
    path, projects = tmp_path / "of a stranger.uvanet", player.find(Projects)
    address = f"http://127.0.0.1:{server.getsockname()[1]}/film.mp4"
    Project(source=address).write(path)

    def asked():
        projects.open_file(str(path))
        player.until(
            lambda: any(box.isVisible() for box in player.window.findChildren(QMessageBox))
        )

    asked()
    said = answer_question(player, "Cancel")
    assert "of a stranger.uvanet opens a stream of the network" in said
    assert address in said
    player.until(lambda: not player.program._jobs.busy())
    assert not select.select([server], [], [], 0)[0]
    asked()
    answer_question(player, "Connect")
    player.until(lambda: select.select([server], [], [], 0)[0])
    server.accept()[0].close()
    server.close()
    player.until(lambda: "127.0.0.1" in player.banner.message)
