"""The demo clip that ships with the program."""

from __future__ import annotations

from uvanet.errors import SourceError, UvanetError
from uvanet.paths import resource
from uvanet.sources.base import SourceKind
from uvanet.sources.video import VideoSource


def demo_source(note: str = "") -> VideoSource:
    """Returns the demo as a closed source.

    Args:
        note: See `SourceInfo.note`.

    Raises:
        SourceError: The clip is not installed.
    """
    try:
        path = resource("demo.mp4")
    except UvanetError as error:
        raise SourceError(error.message, error.hint) from None
    return VideoSource(path, spec="demo", title="Demo", kind=SourceKind.DEMO, note=note)
