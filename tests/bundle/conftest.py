"""The built bundle; its tests are skipped where it was not built."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from home_kit import home_variables
from system_commands import check

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "e2e")]
BUNDLE = Path(os.environ.get("UVANET_BUNDLE", ROOT / "dist" / "uvanet-live"))


@pytest.fixture(scope="session")
def program() -> str:
    """The path of the bundled program."""
    path = BUNDLE / "uvanet-live"
    if not path.is_file():
        pytest.skip(f"there is no bundle at {BUNDLE}; build it with: make bundle")
    return str(path)


@pytest.fixture(scope="session")
def package(program: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Debian package of the bundle."""
    if shutil.which("dpkg-deb") is None:
        pytest.skip("dpkg-deb is not installed")
    folder = tmp_path_factory.mktemp("package")
    script = ROOT / "packaging" / "bundle" / "make_deb.py"
    check(sys.executable, script, "--bundle", Path(program).parent, "--out", folder)
    (package,) = folder.glob("*.deb")
    return package


@pytest.fixture
def environment(x_display: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """An empty home and a screen; nothing of this Python leads into the bundle.

    The log is checked at the end: the window shows an unexpected error and goes on.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    yield kept | {
        **home_variables(tmp_path),
        "DISPLAY": x_display,
        "QT_QPA_PLATFORM": "xcb",
    }
    log = tmp_path / ".local" / "state" / "uvanet" / "log" / "uvanet.log"
    assert not log.is_file() or " CRITICAL " not in log.read_text(), log.read_text()


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Two seconds of the demo with a tone."""
    import imageio_ffmpeg

    path = tmp_path / "film.mp4"
    demo = str(ROOT / "resources" / "demo.mp4")
    tone = ("-f", "lavfi", "-i", "sine=440:duration=2", "-t", "2")
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", demo, *tone]
    subprocess.run([*command, "-c:v", "libx264", "-c:a", "aac", str(path)], check=True)
    return path
