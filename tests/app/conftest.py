"""The real program in this process, on real clips; only the network and cameras are fakes."""

from __future__ import annotations

import gc
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pytest

from app.runtime import import_guards as environment

environment.import_cv2()
os.environ["LC_ALL"] = "C.UTF-8"  # the texts that tests name are English

from compare_kit import Corner  # noqa: E402
from home_kit import home_variables  # noqa: E402
from PySide6.QtCore import QCoreApplication, QEvent  # noqa: E402 - after OpenCV, see there
from PySide6.QtGui import QDesktopServices  # noqa: E402
from PySide6.QtWidgets import QApplication, QDialog, QMenu  # noqa: E402
from studio_kit import PATIENCE, start_forked  # noqa: E402
from training_kit import write_gaze, write_scene, write_teacher  # noqa: E402
from window_bench import Bench, Contrast  # noqa: E402

from app.features import FEATURES  # noqa: E402
from app.features.training.feature import Training  # noqa: E402
from app.main import Options, Program  # noqa: E402
from app.runtime.child_process import DetachedProcess  # noqa: E402
from app.session import teacher as teacher_model  # noqa: E402
from uvanet.training.run_lock import holder  # noqa: E402
from uvanet.user_models import runs_folder  # noqa: E402
from uvanet.video.writer import VideoWriter  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

    from app.shell.feature import Feature

FRAMES, FPS = 60, 30


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a bright square that crosses a dark ground; 160x120."""
    path = tmp_path_factory.mktemp("clips") / "square.mp4"
    with VideoWriter(path, (160, 120), FPS, quality="best") as writer:
        for number in range(FRAMES):
            image = np.full((120, 160, 3), 40, np.uint8)
            image[40:80, 2 * number : 2 * number + 40] = (80, 160, 240)
            writer.write(image)
    return path


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for each test, and no camera, screen dialogs or the like from outside."""
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _: True)  # no other program may start
    folder = tmp_path / "home"
    for name, place in home_variables(folder).items():
        Path(place).mkdir(parents=True, exist_ok=True)
        monkeypatch.setenv(name, place)
    return folder


@pytest.fixture
def launch(qtbot: QtBot) -> Iterator[Callable[..., Bench]]:
    """Starts the program; at the end closes it and looks for what it left behind.

    The network is a fake, unless `real` is set: then it is the program's own choice.
    """
    before = set(threading.enumerate())
    benches: list[Bench] = []

    def start(
        source: str | None = "demo",
        features: tuple[type[Feature], ...] = FEATURES,
        *,
        real: bool = False,
        **options: object,
    ) -> Bench:
        predictor = Contrast()
        chosen = Options(None if source is None else str(source), **options)
        program = Program(chosen, None if real else predictor, features)
        bench = Bench(program, predictor, qtbot)
        benches.append(bench)
        return bench

    yield start
    for bench in benches:
        bench.leave()
        for window in QApplication.topLevelWidgets():
            if isinstance(window, QDialog | QMenu):
                window.close()
        bench.program.window.deleteLater()
        bench.program.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()
    deadline = time.monotonic() + 60
    while (left := set(threading.enumerate()) - before) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not left, f"threads were left behind: {left}"
    for bench in benches:
        assert len(bench.problems) == bench.expected_problems, bench.problems


@pytest.fixture
def player(launch: Callable[..., Bench], clip: Path) -> Bench:
    """The program, playing the clip in a loop."""
    bench = launch(clip)
    bench.until(lambda: bench.presenter.overlay_seen)
    return bench


@pytest.fixture
def still(player: Bench) -> Bench:
    """The program, paused in the middle of the clip."""
    player.pause()
    player.seek(1.0)
    return player


@pytest.fixture
def use_teacher(monkeypatch: pytest.MonkeyPatch) -> Callable[[Bench, Callable[[], object]], None]:
    """Chooses a teacher that is no installed model: its name is "corner"."""
    load, available = teacher_model.load_predictor, teacher_model.if_available

    def use(bench: Bench, make: Callable[[], object]) -> None:
        monkeypatch.setattr(
            teacher_model,
            "load_predictor",
            lambda name, *rest: make() if name == "corner" else load(name, *rest),
        )
        monkeypatch.setattr(
            teacher_model,
            "if_available",
            lambda name: name if name == "corner" else available(name),
        )
        bench.session.teacher.use("corner")

    return use


@pytest.fixture
def corner() -> Corner:
    """A teacher that looks at a corner, can be held up and made to raise."""
    return Corner()


@pytest.fixture
def side(
    player: Bench,
    corner: Corner,
    use_teacher: Callable[[Bench, Callable[[], object]], None],
) -> Bench:
    """The program with student, teacher and difference side by side."""
    use_teacher(player, lambda: corner)
    second = player.slots.panes.extra[0].canvas
    player.until(lambda: second.has_picture and not second.has_unpainted_picture)
    return player


@pytest.fixture
def external(tmp_path: Path) -> Path:
    """An ONNX file of any size of input, whose map is the brightness of the red channel."""
    from model_kit import write_red_model

    return write_red_model(tmp_path / "my model.onnx")


@pytest.fixture(scope="session")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thinks that people look at what is green."""
    return write_teacher(tmp_path_factory.mktemp("teacher") / "green.onnx")


@pytest.fixture(scope="session")
def squares(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of a red and a green square."""
    return write_scene(tmp_path_factory.mktemp("scene") / "squares.mp4")


@pytest.fixture(scope="session")
def gaze_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve pictures with gaze: read only."""
    return write_gaze(tmp_path_factory.mktemp("gaze"))


@pytest.fixture
def new_interpreters() -> None:
    """Runs of `studio` are started as the program does it, and not by fork."""


@pytest.fixture
def studio(
    launch: Callable[..., Bench],
    squares: Path,
    teacher: Path,
    gaze_tree: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Iterator[Bench]:
    """The program, paused on a scene, with a teacher chosen; no child outlives the test.

    A film that plays would take a fourth of a core from the training for as long as that lasts.
    """
    if os.name == "posix" and "new_interpreters" not in request.fixturenames:
        monkeypatch.setattr(DetachedProcess, "start", start_forked)
    # The gaze data of the machine would add hundreds of pictures to the measuring of each run.
    monkeypatch.setenv("UVANET_DATA", str(gaze_tree))
    bench = launch(squares)
    bench.until(lambda: bench.presenter.overlay_seen)
    bench.pause()
    bench.seek(0)
    bench.settings.training_teacher = str(teacher)
    bench.settings.training_background = False
    bench.patience = PATIENCE
    bench.feature = bench.find(Training)
    yield bench
    run = bench.feature.controller.run
    folders = list(runs_folder().glob("*")) if runs_folder().is_dir() else []
    if run is not None:
        run.detach()
    for folder in folders:
        if (pid := holder(folder)) is not None:
            psutil.Process(pid).kill()
