"""Makes the sources of the live view, and names them for users."""

from __future__ import annotations

import math

from uvanet.redaction import redact_source
from uvanet.sources import CameraFormat
from uvanet.sources.base import Source
from uvanet.sources.orientation import Orientations, OrientedSource
from uvanet.sources.screen import HiddenAreas


def make_oriented_source(
    spec: str | None,
    camera: CameraFormat | None,
    orientations: Orientations,
    *,
    reconnect: float = math.inf,
    fps: float | None = None,
    hidden_areas: HiddenAreas | None = None,
) -> Source:
    """Makes a closed source that mirrors and rotates its frames. May look for cameras: slow.

    Args:
        spec: What `uvanet.sources.make_source` takes; None for the first camera or the demo.
        camera: Format to request from cameras; None for their default.
        orientations: Mirroring and rotation of each source; read at every frame.
        reconnect: Seconds during which opening a lost or busy camera or stream is tried again;
            closing the source ends the attempts, too.
        fps: Frames per second of a folder, see `FolderSource`; None for the source's own choice.
        hidden_areas: Areas of the desktop that a screen source leaves out; None for none.

    Raises:
        UvanetError: There is no such source.
    """
    from uvanet.sources import ScreenSource, default_source, make_source

    if spec is None:
        source = default_source(camera=camera, reconnect=reconnect)
    else:
        source = make_source(spec, fps=fps, camera=camera, reconnect=reconnect)
    if isinstance(source, ScreenSource):
        source.hidden_areas = hidden_areas
    return OrientedSource(source, orientations)


def source_label(spec: str) -> str:
    """Short name of a source for messages, without the user name and password of a URL."""
    if "://" in spec:
        scheme, _, rest = redact_source(spec).partition("://")
        return f"{scheme}://{rest.partition('/')[0]}"
    return spec.replace("\\", "/").rstrip("/").rpartition("/")[2] or spec
