"""Creates a source from a string."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

from uvanet.errors import SourceError
from uvanet.i18n import tr, tr_noop
from uvanet.paths import expand_user
from uvanet.redaction import printable
from uvanet.sources.base import Source
from uvanet.sources.camera import CameraSource
from uvanet.sources.camera_format import CameraFormat
from uvanet.sources.cameras import camera_text, list_cameras
from uvanet.sources.demo import demo_source
from uvanet.sources.folder import FolderSource
from uvanet.sources.network import NETWORK_SCHEMES, NetworkSource
from uvanet.sources.picture import PictureSource, is_animation, is_picture
from uvanet.sources.screen import is_x11, screen_source
from uvanet.sources.video import VideoSource

_FORMS = tr_noop(
    "Name a video, a picture, a folder of pictures, camera:0, screen:, demo, or an "
    "address such as rtsp://host/stream."
)


def make_source(
    spec: str,
    *,
    fps: float | None = None,
    camera: CameraFormat | None = None,
    reconnect: float = 0.0,
) -> Source:
    """Returns the closed source that a string selects.

    ==================================  ==================================================
    "demo"                              the clip that comes with the program
    "camera:", "camera:0", "0"          the first camera; a camera by its index
    "camera:NAME", "camera:ID"          a camera by its name, a part of the name, or its
                                        stable id
    "/dev/video0"                       a camera by its device file (Linux)
    "screen:", "screen:2"               the main screen; the second
    "screen:x,y,w,h"                    a region of the desktop, in pixels
                                        (under Wayland only "screen:", the desktop asks which)
    "window:TITLE", "window:0x400007"   a window of another program, by a part of its title
                                        or by its number (X11 only)
    "http://…", "rtsp://…", …           a stream or a video over the network
    anything else                       a video file, a picture, or a folder of pictures
    ==================================  ==================================================

    Args:
        spec: The string.
        fps: Frames per second of a folder, see `FolderSource`; ignored for other sources.
        camera: Format requested from a camera; ignored for other sources. None for the best format
            up to 1280 x 720 at 30 frames per second.
        reconnect: Seconds for which to reconnect a camera or live stream that failed; 0 for never,
            infinity for no limit; see `uvanet.sources._reconnecting`.

    Raises:
        SourceError: The string selects no source. A missing file or device is an error of `open`.
    """
    text = spec.strip()
    # The name of a file may begin or end with spaces.
    if text != spec and os.path.lexists(spec):
        return _from_path(Path(spec), fps)
    if not text:
        raise SourceError(tr("No source was named."), tr(_FORMS))
    if "\0" in text:
        raise SourceError(tr("The name of the source holds a zero byte."), tr(_FORMS))
    if text == "demo":
        return demo_source()
    wanted = camera_text(text)
    if wanted is not None:
        return CameraSource(wanted, requested=camera, reconnect=reconnect)
    head, colon, rest = text.partition(":")
    if head == "screen" and (colon or not Path(text).exists()):
        return screen_source(rest)
    if head == "window" and (colon or not Path(text).exists()):
        return _window(rest)
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]+)://", text)
    if scheme is None:
        return _from_path(Path(text), fps)
    kind = scheme[1].lower()
    if kind == "file":
        return _from_path(_file_url(text), fps)
    if kind in NETWORK_SCHEMES:
        return NetworkSource(text, reconnect=reconnect)
    raise SourceError(
        tr("Addresses of the kind {scheme} are not supported.").format(scheme=scheme[0]),
        tr("Choose {choices}.").format(choices=", ".join(NETWORK_SCHEMES)),
    )


def default_source(*, camera: CameraFormat | None = None, reconnect: float = 0.0) -> Source:
    """Returns the source to start with: the first camera, or the demo with a note."""
    devices = list_cameras()
    if devices:
        return make_source(devices[0].spec, camera=camera, reconnect=reconnect)
    return demo_source(note=tr("No camera was found, so the demo is shown."))


def _window(where: str) -> Source:
    if not is_x11():
        raise SourceError(
            tr("Windows of other programs can be watched under X11 only."),
            tr("Write screen: for the screen, or open a recording of the window."),
        )
    from uvanet.sources.window import WindowSource  # python-xlib is for Linux only

    return WindowSource(where)


def _from_path(path: Path, fps: float | None) -> Source:
    try:
        if not os.path.lexists(path):
            path = expand_user(path)
        if path.is_dir():
            return FolderSource(path, fps)
        still = is_picture(path) and not is_animation(path)
        return PictureSource(path) if still else VideoSource(path)
    except (OSError, RuntimeError, ValueError) as error:
        raise SourceError(
            tr("{path} cannot be read: {reason}.").format(path=printable(path), reason=error),
            tr(_FORMS),
        ) from None


def _file_url(url: str) -> Path:
    """The path of a file URL, such as a file manager gives for a dropped file.

    Raises:
        SourceError: The URL is invalid.
    """
    try:
        path = os.fsdecode(unquote_to_bytes(urlsplit(url).path))
    except ValueError as error:
        raise SourceError(
            tr("{shown} is not a valid address: {error}.").format(shown=url, error=error),
            tr("Give the path of the file instead."),
        ) from None
    if sys.platform == "win32":
        path = path.lstrip("/")
    return Path(path)
