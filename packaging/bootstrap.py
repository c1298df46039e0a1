"""Sets up the checkout: system libraries, virtual environment, pinned dependencies.

    python3 packaging/bootstrap.py live     dependencies of the program
    python3 packaging/bootstrap.py test     also those of training and the tests

Needs Python 3.11 or newer and nothing else. A second call returns at once if nothing changed.
"""

import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
EXTRAS = {"live": "", "test": "[train,test,cluster,docs,virtualcam]"}

# Shared libraries that the wheels of Qt and OpenCV load, and their Debian packages.
LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}

# The sender of the RTSP tests, which are skipped without it. It runs in Debian's own Python.
RTSP_PACKAGES = ("python3-gi", "gir1.2-gst-rtsp-server-1.0", "gstreamer1.0-plugins-good")
RTSP_PYTHON = "/usr/bin/python3"
# The compositor of the test on Wayland, which is skipped without it.
WAYLAND_PACKAGES = ("weston",)
# The compiler of the test camera; tests with a camera are skipped without it.
CAMERA_PACKAGES = ("gcc", "libc6-dev")


def stop(message: str) -> None:
    """Ends the program with an error message."""
    print(f"set-up: {message}", file=sys.stderr)
    sys.exit(2)


def missing_packages(goal: str) -> list[str]:
    """Names of the missing Debian packages."""
    missing = []
    for library, package in LIBRARIES.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(package)
    # Without a font, Qt draws every character as a box.
    fonts = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts")
    if not any(next(folder.rglob("*.[to]t[fc]"), None) for folder in fonts if folder.is_dir()):
        missing.append("fonts-dejavu-core")
    if goal == "test" and not shutil.which("Xvfb"):
        missing.append("xvfb")
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        missing.append(f"python{sys.version_info.major}.{sys.version_info.minor}-venv")
    return missing


def install_system_libraries(goal: str) -> None:
    """Installs missing libraries if run as root; otherwise prints the command and ends."""
    missing = missing_packages(goal)
    if not missing:
        return
    line = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if not shutil.which("apt-get"):
        stop(f"system libraries are missing; install what Debian calls: {' '.join(missing)}")
    if os.geteuid() != 0:
        stop(
            f"system libraries are missing. Run this line, then try again:\n  sudo {' '.join(line)}"
        )
    print(f"set-up: installing {' '.join(missing)}")
    if not apt_get_install(*missing):
        stop(f"'{' '.join(line)}' failed; see its message above, then try again")
    if missing_packages(goal):
        stop(f"still missing after the installation: {' '.join(missing_packages(goal))}")


def install_test_programs() -> None:
    """Installs the programs of some tests, if run as root; without them these tests are skipped."""
    script = "import gi; gi.require_version('GstRtspServer', '1.0')"
    sender = (
        Path(RTSP_PYTHON).exists()
        and not subprocess.run(
            [RTSP_PYTHON, "-c", script], stderr=subprocess.DEVNULL, check=False
        ).returncode
    )
    wanted = {"RTSP": () if sender else RTSP_PACKAGES}
    wanted["cameras"] = () if shutil.which("gcc") else CAMERA_PACKAGES
    wanted["Wayland"] = () if shutil.which("weston") else WAYLAND_PACKAGES
    for what, packages in wanted.items():
        if packages and shutil.which("apt-get") and os.geteuid() == 0:
            print(f"set-up: installing {' '.join(packages)}")
            if not apt_get_install(*packages):
                print(f"set-up: that failed; the tests of {what} will be skipped")


def apt_get_install(*packages: str) -> bool:
    """Installs Debian packages; returns whether that worked."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    commands = (["update", "-qq"], ["install", "-y", "--no-install-recommends", *packages])
    return not any(
        subprocess.run(
            ["apt-get", *command], env=environment, stdout=subprocess.DEVNULL, check=False
        ).returncode
        for command in commands
    )


def fingerprint(goal: str) -> str:
    """Hash of everything that the environment depends on."""
    parts = [goal, sys.version, str(ROOT)]
    parts += [(ROOT / name).read_text() for name in ("pyproject.toml", "packaging/constraints.txt")]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def python() -> Path:
    """Path of the environment's interpreter."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def make_environment(goal: str) -> None:
    """Creates the virtual environment with the pinned dependencies, unless it is up to date."""
    # The set-up for the tests includes that of the program.
    for done in ("live", "test") if goal == "live" else ("test",):
        stamp = VENV / f"stamp-{done}"
        if stamp.is_file() and stamp.read_text() == fingerprint(done) and python().exists():
            return
    what = "the program" if goal == "live" else "program, training and tests"
    print(f"set-up: installing {what} into .venv (once; this takes some minutes)", flush=True)
    if not python().exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
    pip = [str(python()), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    target = f"{ROOT}{EXTRAS[goal]}"
    constraints = ["--constraint", str(ROOT / "packaging/constraints.txt")]
    done = subprocess.run([*pip, *constraints, "--editable", target], check=False)
    if done.returncode:
        stop("pip could not install the dependencies; check the network and try again")
    (VENV / f"stamp-{goal}").write_text(fingerprint(goal))


def main() -> None:
    """Sets up the goal of the command line."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this file may be run by any Python
        found = ".".join(map(str, sys.version_info[:2]))
        stop(f"Python 3.11 or newer is needed, this is {found}; try: make PYTHON=python3.12 ...")
    goal = sys.argv[1] if len(sys.argv) == 2 else ""
    if goal not in EXTRAS:
        stop(f"usage: bootstrap.py {'|'.join(EXTRAS)}")
    if sys.platform == "linux":
        install_system_libraries(goal)
        if goal == "test":
            install_test_programs()
    make_environment(goal)


if __name__ == "__main__":
    main()
