"""Lists cameras and finds a camera by its name.

The list comes from the system. Opening one index after the other would take seconds, turn on the
cameras' lights, and freeze some drivers.
"""

from __future__ import annotations

import logging
import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from uvanet.errors import SourceAbsentError, SourceError
from uvanet.i18n import tr

_LOG = logging.getLogger(__name__)

_BACKENDS = {
    "win32": (cv2.CAP_MSMF, cv2.CAP_DSHOW),
    "darwin": (cv2.CAP_AVFOUNDATION,),
}


@dataclass(frozen=True, slots=True)
class CameraDevice:
    """A camera.

    Attributes:
        name: Product name, followed by the index where cameras share it.
        index: OpenCV's current index; it may belong to another camera later.
        stable_id: Persistent identity: the system's persistent path, else vendor, product and
            name, else the name.
        spec: The string that opens the camera: by `stable_id` if no other camera shares it, else by
            the index.
        backend: OpenCV's backend of the index.
        aliases: Further names of the camera, which another camera may share.
        node: The device file on Linux, else empty.
    """

    name: str
    index: int
    stable_id: str
    spec: str
    backend: int = cv2.CAP_ANY
    aliases: tuple[str, ...] = ()
    node: str = ""


@dataclass(frozen=True, slots=True)
class ListedCamera:
    """A camera in the system's list; `path` is the device file on Linux."""

    index: int
    name: str
    path: str = ""
    vid: int | None = None
    pid: int | None = None


def list_cameras() -> list[CameraDevice]:
    """Lists the cameras in the order of their index; empty if the system cannot list them."""
    import cv2_enumerate_cameras

    for backend in _BACKENDS.get(sys.platform, (cv2.CAP_V4L2,)):
        try:
            entries = cv2_enumerate_cameras.enumerate_cameras(backend)
        except (OSError, RuntimeError, NotImplementedError, ValueError) as error:
            _LOG.debug("cameras of backend %s cannot be listed: %s", backend, error)
            continue
        if entries:
            listed = [
                ListedCamera(
                    int(entry.index),
                    entry.name or tr("Camera {name}").format(name=entry.index),
                    entry.path or "",
                    entry.vid,
                    entry.pid,
                )
                for entry in entries
            ]
            return identify(listed, backend)
    return []


def identify(listed: Sequence[ListedCamera], backend: int = cv2.CAP_ANY) -> list[CameraDevice]:
    """Gives every camera a persistent name.

    Args:
        listed: The cameras of the system, in any order.
        backend: OpenCV's backend of the indices.

    Returns:
        The cameras in the order of their indices.
    """
    ordered = sorted(listed, key=lambda entry: entry.index)
    names = [_identities(entry) for entry in ordered]
    shown = Counter(entry.name for entry in ordered)
    devices = []
    for entry, own in zip(ordered, names, strict=True):
        # A name that two cameras share cannot select one of them, so the index is used.
        shared = sum(own[0] in others for others in names) > 1
        devices.append(
            CameraDevice(
                name=entry.name if shown[entry.name] == 1 else f"{entry.name} #{entry.index}",
                index=entry.index,
                stable_id=own[0],
                spec=f"camera:{entry.index if shared else own[0]}",
                backend=backend,
                aliases=own[1:],
                node=entry.path if entry.path.startswith("/dev/") else "",
            )
        )
    return devices


def camera_text(spec: str) -> str | None:
    """Returns what `choose` takes for a string that selects a camera; None for other sources."""
    text = spec.strip()
    if text.isdecimal() or re.fullmatch(r"/dev/(video\d+|v4l/.+)", text):
        return text
    head, colon, rest = text.partition(":")
    return rest if head == "camera" and (colon or not Path(text).exists()) else None


def choose(text: str, devices: Sequence[CameraDevice]) -> CameraDevice:
    """Finds the camera that a text selects.

    Args:
        text: The text after `camera:`: an index, a stable id, a device file, a name or a part of a
            name; empty for the first camera.
        devices: The connected cameras.

    Raises:
        SourceAbsentError: No camera matches.
        SourceError: More than one camera matches.
    """
    if not devices:
        raise SourceAbsentError(
            tr("No camera was found."), tr("Plug one in, or choose a file, the screen or the demo.")
        )
    wanted = text.strip()
    if not wanted:
        return devices[0]
    folded = wanted.casefold()
    tests: list[Callable[[CameraDevice], bool]] = [
        lambda d: str(d.index) == wanted,
        lambda d: wanted in (d.stable_id, d.node),
        lambda d: wanted in d.aliases,
        lambda d: folded == d.name.casefold(),
        lambda d: folded in d.name.casefold(),
    ]
    # A number is always an index; otherwise "camera:2" could select a "Camera 2000".
    for test in tests[:1] if wanted.isdecimal() else tests[1:]:
        matches = [device for device in devices if test(device)]
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise SourceError(
                tr("{count} cameras match {wanted!r}.").format(count=len(matches), wanted=wanted),
                tr("Name one by its number: {matches}.").format(matches=_listing(matches)),
            )
    raise SourceAbsentError(
        tr("There is no camera {wanted!r}.").format(wanted=wanted),
        tr("Plug it in, or choose one of these: {devices}.").format(devices=_listing(devices)),
    )


def find_again(known: CameraDevice, devices: Sequence[CameraDevice]) -> CameraDevice:
    """Finds a camera that was open before; its index may have changed if nothing else has its name.

    Raises:
        SourceAbsentError: The camera is not among the devices. Another camera with its index does
            not count.
    """
    # The last alias is the product name. With another one, another camera has the port that is the
    # id, or the list was read while cameras were swapped.
    wanted = known.stable_id, known.aliases[-1:]
    same = [device for device in devices if (device.stable_id, device.aliases[-1:]) == wanted]
    if len(same) > 1 or known.spec == f"camera:{known.index}":
        same = [device for device in same if device.index == known.index]
    if same:
        return same[0]
    hint = tr("Plug it in again.")
    if devices:
        hint += " " + tr("Or choose one of these: {devices}.").format(devices=_listing(devices))
    raise SourceAbsentError(
        tr("The camera {name} is not connected.").format(name=known.name),
        hint,
    )


def _identities(entry: ListedCamera) -> tuple[str, ...]:
    """Persistent names of a device, best first."""
    product = (
        f"{entry.vid:04x}:{entry.pid:04x} {entry.name}"
        if entry.vid is not None and entry.pid is not None
        else ""
    )
    # /dev/video0 is the first camera that was plugged in; the links of udev are persistent.
    lasting = _links(entry.path) if entry.path.startswith("/dev/") else [entry.path]
    return tuple(dict.fromkeys(name for name in [*lasting, product, entry.name] if name))


def _links(node: str, root: Path = Path("/dev/v4l")) -> list[str]:
    """The persistent names that udev gives a device file: by serial number, then by port."""
    try:
        real = Path(node).resolve()
        return [
            str(link)
            for folder in ("by-id", "by-path")
            for link in sorted((root / folder).glob("*"))
            if link.resolve() == real
        ]
    except OSError:
        return []


def _listing(devices: Sequence[CameraDevice]) -> str:
    return ", ".join(f"camera:{device.index} ({device.name})" for device in devices)
