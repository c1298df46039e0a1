"""A webcam for tests on a machine without one: real V4L2 calls, a driver in user space.

A command runs in a mount namespace of its own, where /dev/video0 is there and /sys names it, with
`camera/v4l2_camera.c` preloaded. Tests change the camera while the command runs.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
_SOURCE = Path(__file__).with_name("camera") / "v4l2_camera.c"
_FRAMES = 60
_BITS = 6
MODES = (("YUYV", 640, 480), ("MJPG", 640, 480), ("MJPG", 1280, 720))
FPS = 30


class State(StrEnum):
    """What the camera does.

    RUN: sends numbered frames. STALL: sends none. BUSY: another program streams. FREEZE: the same
    frame for ever. GARBAGE: random bytes. CUT: the first half of each frame. FLICKER: the first
    half of every other frame. EMPTY: frames of no bytes. GONE: the driver is not there, though the
    device file may be.
    """

    RUN = "run"
    STALL = "stall"
    BUSY = "busy"
    FREEZE = "freeze"
    GARBAGE = "garbage"
    CUT = "cut"
    FLICKER = "flicker"
    EMPTY = "empty"
    GONE = "gone"


class CameraRig:
    """A camera that is plugged in, and the commands that see it.

    Args:
        folder: An empty folder.
        built: The folder with the results of `build_camera`.
    """

    def __init__(self, folder: Path, built: Path) -> None:
        self.folder = folder
        self._built = built
        self._state = State.RUN
        self._dev, self._class = folder / "dev", folder / "class"
        (self._dev / "host").mkdir(parents=True)
        (self._class / "video4linux").mkdir(parents=True)
        for name in os.listdir("/dev"):
            (self._dev / name).symlink_to(f"host/{name}")
        self._generation = 0
        self.plug()

    def set(self, state: State) -> None:
        """Changes what the camera does; open handles stay valid."""
        self._state = state
        partial = self.folder / "state.part"
        partial.write_text(f"{state} {self._generation}\n")
        partial.replace(self.folder / "state")

    def plug(self, name: str = "Desk camera", state: State = State.RUN) -> None:
        """Connects a camera, with the names that udev and the kernel give it."""
        self._generation += 1
        self.set(state)
        links = self._dev / "v4l" / "by-id"
        links.mkdir(parents=True, exist_ok=True)
        facts = self._class / "video4linux" / "video0"
        facts.mkdir(exist_ok=True)
        (facts / "name").write_text(f"{name}\n")
        (self._dev / "video0").touch()
        (links / f"usb-{name.replace(' ', '_')}-index0").symlink_to("../../video0")

    def unplug(self) -> None:
        """Disconnects the camera: its files vanish, open handles fail."""
        self._generation += 1
        self.set(State.GONE)
        (self._dev / "video0").unlink()
        shutil.rmtree(self._dev / "v4l")
        shutil.rmtree(self._class / "video4linux" / "video0")

    def command(self, *arguments: str) -> list[str]:
        """A command line that runs another one where the camera is."""
        script = (
            'mount --rbind /dev "$0/dev/host" && mount --rbind "$0/dev" /dev && '
            'mount --bind "$0/class" /sys/class && LD_PRELOAD="$0/camera.so" exec "$@"'
        )
        library = self.folder / "camera.so"
        if not library.exists():
            library.symlink_to(self._built / "camera.so")
        return ["unshare", "--mount", "bash", "-c", script, str(self.folder), *arguments]

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a command that runs where the camera is."""
        return os.environ | {
            "V4L2_CAMERA_FRAMES": str(self._built / "frames.bin"),
            "V4L2_CAMERA_STATE": str(self.folder / "state"),
        }

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Starts a command where the camera is, with pipes for its output as text."""
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(
            self.command(*arguments),
            env=self.environment,
            text=True,
            cwd=ROOT,
            **(pipes | options),
        )

    def uvanet(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Starts `uvanet` where the camera is."""
        return self.start(sys.executable, "-m", "uvanet", *arguments, **options)


def numbered(number: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """A BGR picture that shows a number as a row of black and white bars over a gradient."""
    width, height = size
    ramp = np.linspace(0, 255, width, dtype=np.uint8)
    image = np.repeat(np.tile(ramp, (height, 1))[:, :, None], 3, axis=2)
    for bit in range(_BITS):
        left, right = bit * width // _BITS, (bit + 1) * width // _BITS
        image[: height // 2, left:right] = 235 if number >> bit & 1 else 16
    return image


def number_in(image: NDArray[np.uint8]) -> int:
    """The number in a picture of `numbered`, at any size."""
    height, width = image.shape[:2]
    centers = [int((bit + 0.5) * width / _BITS) for bit in range(_BITS)]
    return sum(int(image[height // 4, x].mean() > 126) << bit for bit, x in enumerate(centers))


def build_camera(folder: Path) -> Path:
    """Compiles the driver and makes its frames; skips the test where that cannot be."""
    if sys.platform != "linux":
        pytest.skip("the camera of the tests needs Linux")
    if os.geteuid() != 0 or shutil.which("gcc") is None or shutil.which("unshare") is None:
        pytest.skip("the camera of the tests needs root, gcc and unshare")
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode != 0:
        pytest.skip("mount namespaces are not allowed here")
    options = ["-O2", "-Wall", "-Werror", "-shared", "-fPIC"]
    target = str(folder / "camera.so")
    subprocess.run(["gcc", *options, "-o", target, str(_SOURCE), "-ldl"], check=True)
    with (folder / "frames.bin").open("wb") as file:
        for code, width, height in MODES:
            pictures = [numbered(number, (width, height)) for number in range(_FRAMES)]
            _write_mode(file, code, (width, height), [_encode(code, p) for p in pictures])
    return folder


def _write_mode(file: Any, code: str, size: tuple[int, int], frames: Sequence[bytes]) -> None:
    file.write(struct.pack("=4s4I", code.encode(), *size, FPS, len(frames)))
    for frame in frames:
        file.write(struct.pack("=I", len(frame)) + frame)


def _encode(code: str, image: NDArray[np.uint8]) -> bytes:
    if code == "MJPG":
        return cv2.imencode(".jpg", image)[1].tobytes()
    yuv = cv2.cvtColor(image, cv2.COLOR_BGR2YUV)
    packed = yuv[:, :, :2].copy()
    packed[:, 0::2, 1], packed[:, 1::2, 1] = yuv[:, 0::2, 1], yuv[:, 0::2, 2]
    return packed.tobytes()
