"""Follows a change of the video codec within a file, as of recordings that were joined."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import av.error

from uvanet.errors import SourceError
from uvanet.sources.media_input import open_file

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.codeccontext import VideoCodecContext

    from uvanet.sources.media_input import Damage, MediaInput

# Packets without a frame after which the codec is looked up. Decoders hold back fewer.
_SILENT_PACKETS = 25
_KEYLESS = "no key frame"


class CodecChanges:
    """Notices that a decoder gives no more frames, since the packets have another codec.

    PyAV 18 does not tell that a track of MPEG-TS has changed its codec.

    Args:
        media: The container.
        codec: Name of the first codec.
        damage: Losses in the packets of another codec are removed from it.
    """

    def __init__(self, media: MediaInput, codec: str, damage: Damage) -> None:
        self._media = media
        self._codec = codec
        self._damage = damage
        self._before = damage.copy()
        self._silent: list[Packet[Any]] = []  # since the last frame
        self._keyless = False  # whether no key frame of the new codec came yet
        self._used = media.file is not None and media.container.format.name == "mpegts"

    def skips(self, packet: Packet[Any], position: float) -> bool:
        """Whether a packet is lost, since no key frame of the new codec came before it."""
        self._keyless = self._keyless and not packet.is_keyframe
        if self._keyless and packet.size:
            self._damage.add(position, _KEYLESS)
        return self._keyless

    def saw(
        self, packet: Packet[Any], position: float, *, frames: bool
    ) -> tuple[VideoCodecContext, list[Packet[Any]]] | None:
        """Takes a packet after it was decoded.

        Args:
            packet: The packet; an empty one at the end.
            position: Seconds of the last frame since the first one.
            frames: Whether it gave frames.

        Returns:
            A decoder of another codec, and the packets to decode with it, from a key frame on; None
            without a change.
        """
        if not self._used:
            return None
        if frames:
            self._silent.clear()
            return None
        if not self._silent:
            self._before = self._damage.copy()
        if packet.size or self._silent:
            self._silent.append(packet)
        if len(self._silent) != _SILENT_PACKETS and (packet.size or not self._silent):
            return None
        codec = self._codec_at(next((each.pos for each in self._silent if each.pos), 0))
        if codec in ("", self._codec):
            return None
        self._codec = codec
        self._damage.restore(self._before)
        waiting, self._silent = self._silent, []
        while waiting and not waiting[0].is_keyframe:
            if waiting.pop(0).size:
                self._damage.add(position, _KEYLESS)
        self._keyless = not waiting
        # PyAV declares CodecContext; for a video codec it is a VideoCodecContext.
        return av.CodecContext.create(codec, "r"), waiting  # type: ignore[return-value]

    def _codec_at(self, place: int) -> str:
        """Name of the codec behind a byte of the file; empty if unknown."""
        assert self._media.file is not None
        try:
            with open_file(Path(self._media.file.name), place) as rest:
                return rest.video.codec_context.name if rest.video is not None else ""
        except (av.error.FFmpegError, OSError, SourceError):
            return ""
