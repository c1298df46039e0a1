"""Cameras with rare formats, broken clocks and shared names, read through OpenCV's V4L2 code."""

from __future__ import annotations

import itertools
import json
import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest
from camera_kit import FPS, CameraRig, Mode, State

if TYPE_CHECKING:
    from collections.abc import Sequence

PATIENCE = 120.0
FRAMES = 6
# Reads cameras one after the other, and prints what came from each as a line of JSON.
READ = """
import json, os, sys
sys.path.insert(0, "tests")
from camera_kit import number_in
from uvanet.errors import UvanetError
from uvanet.sources import camera, make_source
camera._STALLED_S, camera._GIVE_UP_S = 1.0, 2.0
for spec in sys.argv[2:]:
    answer = {"frames": []}
    source = make_source(spec)
    try:
        with source:
            info = source.info
            answer["title"] = info.title
            answer["format"] = [info.width, info.height, info.fps, info.pixel_format]
            for _ in range(int(sys.argv[1])):
                frame = source.read()
                size = frame.image.shape[1::-1]
                answer["frames"].append([number_in(frame.image), frame.pts, size])
    except UvanetError as error:
        answer |= {"error": type(error).__name__, "message": error.message, "hint": error.hint}
        answer["damaged"] = source.status.damaged
    answer["handles"] = len(os.listdir("/proc/self/fd"))
    with open("/proc/self/maps") as maps:
        answer["buffers"] = maps.read().count("memfd:camera")
    print(json.dumps(answer), flush=True)
"""


def read_all(
    rig: CameraRig, *specs: str, frames: int = FRAMES, before: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """What a process reads of each camera; `before` is a command that starts it."""
    process = rig.start(*before, sys.executable, "-c", READ, str(frames), *specs)
    out, noise = process.communicate(timeout=PATIENCE)
    assert noise == ""
    return [json.loads(line) for line in out.splitlines()]


# The modes of a camera, and the format that is chosen among them.
CHOICES = [
    ([Mode("NV12", 640, 480, count=8)], (640, 480, 30, "NV12")),
    ([Mode("GREY", 640, 480, count=8)], (640, 480, 30, "GREY")),
    ([Mode("Y16 ", 640, 480, count=8)], (640, 480, 30, "Y16 ")),
    ([Mode("BGR3", 640, 480, count=8)], (640, 480, 30, "BGR3")),
    ([Mode("JPEG", 640, 480, count=8)], (640, 480, 30, "JPEG")),
    ([Mode("MJPG", 1021, 577, count=8)], (1021, 577, 30, "MJPG")),
    ([Mode("YUYV", 320, 240, 10, 8)], (320, 240, 10, "YUYV")),
    ([Mode("MJPG", 1920, 1080, count=8)], (1920, 1080, 30, "MJPG")),
    # Upright, as a phone that is used as a webcam.
    (
        [Mode("MJPG", 480, 640, count=8), Mode("MJPG", 720, 1280, count=8)],
        (720, 1280, 30, "MJPG"),
    ),
    # Any size of a range.
    ([Mode("YUYV", 1920, 1080, count=0)], (1280, 720, 30, "YUYV")),
    # A driver that does not tell rates.
    ([Mode("MJPG", 640, 480, 0, 8)], (640, 480, 30, "MJPG")),
    # The pictures are smaller than the driver tells.
    ([Mode("MJPG", 1280, 720, count=8, sent=(640, 480))], (640, 480, 30, "MJPG")),
    # Motion JPEG where uncompressed frames come slower.
    ([Mode("YUYV", 1280, 720, 10, 4), Mode("MJPG", 1280, 720, count=8)], (1280, 720, 30, "MJPG")),
]


def test_the_best_of_what_each_camera_offers_is_read(camera_rig: CameraRig) -> None:
    for number, (modes, _) in enumerate(CHOICES):
        if number == 0:
            camera_rig.unplug()
        camera_rig.plug(f"Camera of kind {number}", number=number, modes=modes)
    answers = read_all(camera_rig, *(f"camera:{number}" for number in range(len(CHOICES))))
    for number, ((modes, chosen), answer) in enumerate(zip(CHOICES, answers, strict=True)):
        assert "error" not in answer, answer
        assert answer["title"] == f"Camera of kind {number}"
        assert tuple(answer["format"]) == chosen
        width, height, fps, _ = chosen
        count = modes[-1].count or 60
        for before, after in itertools.pairwise(answer["frames"]):
            assert after[2] == [width, height]
            # Each picture is that of its time stamp.
            steps = round((after[1] - before[1]) * fps)
            assert steps >= 1
            assert (after[0] - before[0]) % count == steps % count


def test_a_camera_of_unreadable_formats_is_not_called_busy(camera_rig: CameraRig) -> None:
    camera_rig.plug(number=1, modes=[Mode("H264", 640, 480, count=1)], name="Film camera")
    (answer,) = read_all(camera_rig, "camera:1")
    # Not a SourceUnavailableError, so no further attempts are made.
    assert answer["error"] == "SourceError"
    assert answer["message"] == "The camera Film camera sends only H264, which cannot be read."
    assert "Choose another camera" in answer["hint"]


def test_cut_and_empty_frames_of_rare_formats_are_damaged(camera_rig: CameraRig) -> None:
    kinds = [("BGR3", State.CUT), ("BGR3", State.EMPTY), ("JPEG", State.EMPTY), ("JPEG", State.CUT)]
    for number, (code, state) in enumerate(kinds, start=1):
        camera_rig.plug(f"Camera {number}", state, number, modes=[Mode(code, 640, 480, count=4)])
    for answer in read_all(camera_rig, "camera:1", "camera:2", "camera:3", "camera:4"):
        assert answer["error"] == "SourceUnavailableError"
        assert "has sent only damaged frames" in answer["message"]
        assert answer["damaged"] > 0


def test_a_clock_of_the_driver_that_fails_is_replaced_by_the_time_of_arrival(
    camera_rig: CameraRig,
) -> None:
    clocks = (State.BACK, State.STILL, State.ZERO, State.AHEAD, State.WALL)
    for number, state in enumerate(clocks, start=1):
        camera_rig.plug(f"Camera {number}", state, number)
    specs = [f"camera:{number}" for number in range(1, 1 + len(clocks))]
    for answer in read_all(camera_rig, *specs, frames=60):
        numbers, times = [[frame[n] for frame in answer["frames"]] for n in (0, 1)]
        assert times == sorted(set(times))
        pairs = zip(itertools.pairwise(numbers), itertools.pairwise(times), strict=True)
        exposed = [((b - a) % 60 / FPS, t - s) for (a, b), (s, t) in pairs]
        # By then the clock has failed, as BACK does after a second.
        late = exposed[31:]
        # A frame may be read late on a busy machine, but never early.
        assert sum(given for _, given in late) >= sum(true for true, _ in late) - 0.6
        # No half second is lost or doubled, as by a clock that goes back.
        assert all(abs(given - true) < 0.4 for true, given in late)


def test_a_dark_room_is_not_a_frozen_camera(camera_rig: CameraRig) -> None:
    camera_rig.plug("Night camera", State.DARK, 1, modes=[Mode("YUYV", 640, 480, count=0)])
    script = """
import sys
from uvanet.sources import camera, make_source
camera._FROZEN_S = 1.0
source = make_source("camera:1")
told = []
source.on_status = told.append
with source:
    while source.read().pts < 3.0:
        pass
print(told)
"""
    process = camera_rig.start(sys.executable, "-c", script)
    assert process.communicate(timeout=PATIENCE) == ("[]\n", "")


def test_opening_and_closing_leaves_no_handle_and_no_buffer(camera_rig: CameraRig) -> None:
    answers = read_all(camera_rig, *["camera:0"] * 20, frames=1)
    assert [answer["handles"] for answer in answers] == [answers[0]["handles"]] * 20
    assert [answer["buffers"] for answer in answers] == [0] * 20


def test_devices_that_capture_no_video_are_not_listed(camera_rig: CameraRig) -> None:
    camera_rig.plug("Desk camera", State.METADATA, 1, link="")
    camera_rig.plug("Loopback", State.OUTPUT, 2, link="")
    specs = ("camera:Desk camera", "/dev/video0", "camera:1")
    named, node, wrong = read_all(camera_rig, *specs, frames=1)
    assert named["title"] == node["title"] == "Desk camera"
    assert wrong["message"] == "There is no camera '1'."
    assert "camera:0 (Desk camera)." in wrong["hint"]


def test_two_cameras_of_one_name_are_told_apart(camera_rig: CameraRig) -> None:
    camera_rig.plug("Desk camera", number=2, link="usb-Other-index0")
    named, second = read_all(camera_rig, "camera:Desk camera", "camera:2", frames=1)
    assert named["message"] == "2 cameras match 'Desk camera'."
    assert "camera:0 (Desk camera #0), camera:2 (Desk camera #2)" in named["hint"]
    assert second["title"] == "Desk camera #2"


def test_names_of_all_kinds_open_their_camera(camera_rig: CameraRig) -> None:
    names = ["Kamera für 日本", "a/b <c> & d", "x" * 300, b"Caf\xe9 \xff", "", "red\x1b[31m"]
    for number, name in enumerate(names, start=1):
        camera_rig.plug(name, number=number, link="")
    script = """
from uvanet.sources import list_cameras, make_source
for device in list_cameras():
    with make_source(device.spec) as source:
        assert source.read() is not None
        assert source.info.title == device.name, (source.info.title, device.name)
        print(device.index)
"""
    process = camera_rig.start(sys.executable, "-c", script)
    out, noise = process.communicate(timeout=PATIENCE)
    assert (out.split(), noise) == ([str(n) for n in range(len(names) + 1)], "")


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv takes away the permission")
def test_missing_permission_is_told_with_the_command_that_gives_it(camera_rig: CameraRig) -> None:
    (camera_rig.folder / "dev" / "video0").chmod(0)
    drop = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
    (answer,) = read_all(camera_rig, "camera:0", before=drop)
    assert answer["error"] == "SourceError"
    expected = "You have no permission to use the camera Desk camera (/dev/video0)."
    assert answer["message"] == expected
    assert "sudo usermod -aG video $USER" in answer["hint"]
