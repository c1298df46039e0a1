"""Webcams for tests on a machine without one: real V4L2 calls, a driver in user space.

A command runs in a mount namespace of its own, where /dev/video0 is there and /sys names it, with
`camera/v4l2_camera.c` preloaded. Tests change the cameras while the command runs.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from dataclasses import dataclass
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
FPS = 30


@dataclass(frozen=True)
class Mode:
    """A format of a camera.

    Attributes:
        code: FourCC code.
        width: Pixels.
        height: Pixels.
        fps: Frames per second; 0 for a driver that does not tell rates and sends 30.
        count: Number of different frames; 0 for YUYV of any even size up to this one.
        sent: Size of the frames where it differs from the size that the driver tells.
    """

    code: str
    width: int
    height: int
    fps: int = FPS
    count: int = _FRAMES
    sent: tuple[int, int] | None = None


MODES = (Mode("YUYV", 640, 480), Mode("MJPG", 640, 480), Mode("MJPG", 1280, 720))


class State(StrEnum):
    """What a camera does.

    RUN: sends numbered frames. STALL: sends none. BUSY: another program streams. FREEZE: the same
    frame for ever. HANG: no call to the driver returns. DARK: black with the noise of a sensor, in
    YUYV. GARBAGE: random bytes. CUT: the first half of each frame. FLICKER: the first half of every
    other frame. EMPTY: frames of no bytes. GONE: the driver is not there, though the device file
    may be.

    The clock of the time stamps: BACK goes back by half a second every other second, STILL stands,
    ZERO gives none, AHEAD is 5 seconds ahead, WALL is that of the date.

    METADATA and OUTPUT: a device that captures no video.
    """

    RUN = "run"
    STALL = "stall"
    BUSY = "busy"
    FREEZE = "freeze"
    HANG = "hang"
    DARK = "dark"
    GARBAGE = "garbage"
    CUT = "cut"
    FLICKER = "flicker"
    EMPTY = "empty"
    GONE = "gone"
    BACK = "back"
    STILL = "still"
    ZERO = "zero"
    AHEAD = "ahead"
    WALL = "wall"
    METADATA = "metadata"
    OUTPUT = "output"


class CameraRig:
    """Cameras that are plugged in, and the commands that see them. Camera 0 is there at first.

    Args:
        folder: An empty folder.
        built: The folder with the results of `build_camera`.
    """

    def __init__(self, folder: Path, built: Path) -> None:
        self.folder = folder
        self._built = built
        self._dev, self._class = folder / "dev", folder / "class"
        (self._dev / "host").mkdir(parents=True)
        (self._class / "video4linux").mkdir(parents=True)
        for name in os.listdir("/dev"):
            (self._dev / name).symlink_to(f"host/{name}")
        self._generations: dict[int, int] = {}
        self._links: dict[int, Path] = {}
        self.plug()

    def set(self, state: State, number: int = 0) -> None:
        """Changes what a camera does; open handles stay valid."""
        set_state(self.folder, state, number, self._generations[number])

    def plug(
        self,
        name: str | bytes = "Desk camera",
        state: State = State.RUN,
        number: int = 0,
        *,
        modes: Sequence[Mode] = MODES,
        link: str | None = None,
    ) -> None:
        """Connects a camera, with the names that udev and the kernel give it.

        Args:
            name: Its name in /sys.
            state: What it does.
            number: N of /dev/videoN.
            modes: Its formats.
            link: Its name in /dev/v4l/by-id; None for one that is made of `name`, empty for none.
        """
        self._generations[number] = self._generations.get(number, 0) + 1
        frames = self.folder / f"{number}.frames"
        frames.unlink(missing_ok=True)
        if modes == MODES:
            frames.symlink_to(self._built / "frames.bin")
        else:
            write_modes(frames, modes)
        self.set(state, number)
        facts = self._class / "video4linux" / f"video{number}"
        facts.mkdir(exist_ok=True)
        shown = name.encode() if isinstance(name, str) else name
        (facts / "name").write_bytes(shown + b"\n")
        (self._dev / f"video{number}").touch()
        if link is None:
            link = f"usb-{shown.decode().replace(' ', '_')}-index0"
        if link:
            links = self._dev / "v4l" / "by-id"
            links.mkdir(parents=True, exist_ok=True)
            self._links[number] = links / link
            self._links[number].symlink_to(f"../../video{number}")

    def unplug(self, number: int = 0) -> None:
        """Disconnects a camera: its files vanish, open handles fail."""
        self._generations[number] += 1
        self.set(State.GONE, number)
        (self._dev / f"video{number}").unlink()
        if number in self._links:
            self._links.pop(number).unlink()
        shutil.rmtree(self._class / "video4linux" / f"video{number}")

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
            "V4L2_CAMERA_FOLDER": str(self.folder),
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


def set_state(folder: Path, state: State, number: int = 0, generation: int = 1) -> None:
    """Changes what a camera does, from any process.

    Args:
        folder: That of its rig, in the variable `V4L2_CAMERA_FOLDER`.
        state: What it does.
        number: N of /dev/videoN.
        generation: How often it was plugged in.
    """
    partial = folder / "state.part"
    partial.write_text(f"{state} {generation}\n")
    partial.replace(folder / f"{number}.state")


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
    write_modes(folder / "frames.bin", MODES)
    return folder


def write_modes(path: Path, modes: Sequence[Mode]) -> None:
    """Writes the frames of a camera's formats, as v4l2_camera.c reads them."""
    with path.open("wb") as file:
        for mode in modes:
            size = (mode.width, mode.height)
            file.write(struct.pack("=4s4I", mode.code.encode(), *size, mode.fps, mode.count))
            for number in range(mode.count):
                frame = _encode(mode.code, numbered(number, mode.sent or size))
                file.write(struct.pack("=I", len(frame)) + frame)


def _encode(code: str, image: NDArray[np.uint8]) -> bytes:
    gray = image[:, :, 0]
    if code in ("MJPG", "JPEG"):
        return cv2.imencode(".jpg", image)[1].tobytes()
    if code == "GREY":
        return gray.tobytes()
    if code == "Y16 ":
        return (gray.astype("<u2") << 8).tobytes()
    if code == "NV12":
        return gray.tobytes() + bytes([128]) * (gray.size // 2)
    if code == "BGR3":
        return image.tobytes()
    if code == "H264":
        return bytes(1000)
    yuv = cv2.cvtColor(image, cv2.COLOR_BGR2YUV)
    packed = yuv[:, :, :2].copy()
    packed[:, 0::2, 1], packed[:, 1::2, 1] = yuv[:, 0::2, 1], yuv[:, 0::2, 2]
    return packed.tobytes()
