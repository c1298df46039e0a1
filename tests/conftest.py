"""What every test shares: a private home, and a real X server for those that ask."""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from display_kit import x_server
from home_kit import home_variables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from camera_kit import CameraRig

ROOT = Path(__file__).resolve().parents[1]
_LAST_S = 60.0  # a bound for threads that end on a busy machine
_LONG = ("training", "e2e", "cluster", "uvanet", "trust", "docs")

# No test may read or write the real home: every program here follows these.
_HOME = tempfile.mkdtemp(prefix="uvanet-home-")
os.environ.update(home_variables(Path(_HOME)))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Threads of torch that wait for each other shall sleep. By default they spin, and where there are
# more threads than cores, as here, that takes several times what the steps themselves take.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@pytest.fixture(scope="module", autouse=True)
def _frozen_heap() -> None:
    """Takes what stands at the start of a module out of garbage collection.

    Imports and shared objects stay until the end. To look through them at each collection was half
    of the time of a test that starts the window, and more after torch had been imported.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    """Fails a test that leaves a thread of ours, a modal dialog or a visible window behind.

    The idle threads of a model that batches end with the model, which tests may share.
    """
    before = set(threading.enumerate())
    yield
    end = time.monotonic() + _LAST_S
    while left := [
        one.name
        for one in threading.enumerate()
        if one not in before
        and one.name.startswith("uvanet-")
        and not one.name.startswith("uvanet-batch")
    ]:
        assert time.monotonic() < end, f"threads were left behind: {left}"
        time.sleep(0.01)
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is None or widgets.QApplication.instance() is None:
        return
    shown = [one for one in widgets.QApplication.topLevelWidgets() if one.isVisible()]
    names = [f"{type(one).__name__} {one.windowTitle()!r}" for one in shown]
    for one in shown:  # of this test alone
        one.close()
    assert not names, f"windows were left behind: {names}"


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The gaze data, or a skip that says where it was looked for."""
    root = Path(os.environ.get("UVANET_DATA", ROOT.parent / "shared" / "data"))
    if not (root / "fixations" / "fixations.csv.gz").is_file():
        pytest.skip(f"no gaze data at {root}; set UVANET_DATA")
    return root


@pytest.fixture(scope="session")
def x_display() -> Iterator[str]:
    """The name of a real X server (Xvfb) of our own."""
    if sys.platform != "linux":
        pytest.skip("Xvfb is for Linux")
    with x_server() as name:
        yield name


@pytest.fixture(scope="session")
def large_display() -> Iterator[str]:
    """The name of an X server whose screen has room for a window at two pixels a point."""
    if sys.platform != "linux":
        pytest.skip("Xvfb is for Linux")
    with x_server("2400x1600") as name:
        yield name


@pytest.fixture
def make_display() -> Iterator[Callable[[str], str]]:
    """Starts X servers with screens of a size, such as "1920x1080", and gives their names."""
    if sys.platform != "linux":
        pytest.skip("Xvfb is for Linux")
    with contextlib.ExitStack() as servers:
        yield lambda size: servers.enter_context(x_server(size))


@pytest.fixture(scope="session")
def camera_driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The driver of `camera_rig`, built; a skip where cameras cannot be had."""
    from camera_kit import build_camera

    return build_camera(tmp_path_factory.mktemp("camera"))


@pytest.fixture
def camera_rig(camera_driver: Path, tmp_path: Path) -> CameraRig:
    """A webcam that is plugged in, for commands that `camera_rig` starts."""
    from camera_kit import CameraRig

    return CameraRig(tmp_path / "rig", camera_driver)


def pytest_configure(config: pytest.Config) -> None:
    config.add_cleanup(lambda: shutil.rmtree(_HOME, ignore_errors=True))
    # The window's tests on a real X server must not open windows on the user's own, and each
    # worker of xdist needs a server of its own: only one window of a server is active.
    if os.environ["QT_QPA_PLATFORM"] == "xcb":
        server = x_server()
        os.environ["DISPLAY"] = server.__enter__()
        config.add_cleanup(lambda: server.__exit__(None, None, None))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Files of these names and folders train or run the program for minutes: begun last, one of
    # them would keep the other workers waiting.
    def rank(item: pytest.Item) -> int:
        words = {item.path.parent.name, *item.path.stem.split("_")}
        return next((place for place, name in enumerate(_LONG) if name in words), len(_LONG))

    items.sort(key=rank)
