"""States in words what a file, or a video on a server, has lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvanet.errors import SourceError
from uvanet.i18n import tr
from uvanet.sources.media_reader import ENCRYPTED_HINT

if TYPE_CHECKING:
    from uvanet.sources.media_reader import MediaReader


def find_loss(reader: MediaReader, name: str, end: float) -> SourceError | None:
    """The error for a video that has less than it states, is damaged, or has changed.

    Args:
        reader: Has read the video to its end.
        name: Name for people.
        end: End of the last frame, seconds.

    Returns:
        The error, which states how much is missing and where; None for a complete video.
    """
    read = f"{end:.1f}"
    if change := reader.change():
        return SourceError(
            tr("{name} {change} while it was read; {read} seconds were read.").format(
                name=name, change=change, read=read
            ),
            tr("The frames before are good; read it again when it no longer changes."),
        )
    if reader.damage.encrypted:
        return SourceError(
            tr("{name} is encrypted from {read} s on.").format(name=name, read=read),
            tr(ENCRYPTED_HINT),
        )
    if missing := reader.missing_seconds():
        if reader.is_playlist:
            missing += reader.damage.count / reader.fps
            return SourceError(
                tr(
                    "{name} is incomplete: {missing:.1f} of its {stated:.1f} seconds could not be "
                    "loaded."
                ).format(name=name, missing=missing, stated=reader.duration),
                tr("The other frames are good; try again later for the rest."),
            )
        stated = max(reader.duration or 0.0, end + missing)
        return SourceError(
            tr("{name} is damaged: its video ends after {read} of {stated:.1f} seconds.").format(
                name=name, read=read, stated=stated
            ),
            tr("The frames before are good; copy or download the file again for the rest."),
        )
    if reader.hides_another_recording():
        return SourceError(
            tr("{name} goes on with another recording after {read} s, which is not shown.").format(
                name=name, read=read
            ),
            tr("Cut the file there, or convert it to MP4."),
        )
    return _damage(reader, name)


def _damage(reader: MediaReader, name: str) -> SourceError | None:
    damage = reader.damage
    if not damage.count:
        return None
    text = tr(
        "{name} is damaged: {count} frames could not be decoded, or not completely, the first at "
        "{first:.1f} s."
    )
    if damage.count == 1:
        text = tr(
            "{name} is damaged: 1 frame could not be decoded, or not completely, at {first:.1f} s."
        )
    return SourceError(
        text.format(name=name, count=damage.count, first=damage.first),
        tr("The other frames are good; copy or download the file again for the rest."),
    )
