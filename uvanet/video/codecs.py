"""Encoder settings of the containers: MP4 with H.264 and AAC, WebM with VP9 and Opus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Quality = Literal["small", "good", "best"]
QUALITIES: tuple[Quality, ...] = ("small", "good", "best")

# Without B-frames, the first n frames of an incomplete file can be shown.
_LIGHT = "bframes=0:aq-mode=0:weightp=0:scenecut=0"


@dataclass(frozen=True, slots=True)
class Container:
    """Settings of a container format.

    Attributes:
        format: FFmpeg's name of the format.
        growing: Muxer options of a file that is playable while it grows.
        final: Muxer options of the finished file.
        encoder: FFmpeg's name of the video encoder.
        options: Options of the video encoder, by quality.
        copied_sound: Sound codecs that are copied, since players support them in this container.
        sound_encoder: FFmpeg's name of the encoder for sound of other codecs.
        sound_bit_rate: Bits per second of encoded sound.
    """

    format: str
    growing: dict[str, str]
    final: dict[str, str]
    encoder: str
    options: dict[Quality, dict[str, str]]
    copied_sound: frozenset[str]
    sound_encoder: str
    sound_bit_rate: int


def _vp9(speed: int, quality: int) -> dict[str, str]:
    return {
        "deadline": "realtime",
        "row-mt": "1",
        "b": "0",
        "lag-in-frames": "0",
        "cpu-used": str(speed),
        "crf": str(quality),
    }


CONTAINERS = {
    ".mp4": Container(
        format="mp4",
        growing={"movflags": "+frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1"},
        # The index comes first, so that the file plays while it is still being loaded.
        final={"movflags": "+faststart"},
        encoder="libx264",
        # Rate factor 18 counts as visually lossless; 6 more halve the size. "superfast" without
        # its slowest parts takes 0.4 of the time of "veryfast" and gives files up to twice as
        # large. "good" prefers speed; "small" and "best" prefer size.
        options={
            "small": {"preset": "veryfast", "bf": "0", "crf": "28"},
            "good": {"preset": "superfast", "x264-params": _LIGHT, "crf": "20"},
            "best": {"preset": "veryfast", "bf": "0", "crf": "14"},
        },
        copied_sound=frozenset({"aac", "mp3", "ac3", "eac3", "alac", "opus", "flac"}),
        sound_encoder="aac",
        sound_bit_rate=160_000,
    ),
    ".webm": Container(
        format="webm",
        growing={"flush_packets": "1"},
        final={},
        encoder="libvpx-vp9",
        options={"small": _vp9(7, 42), "good": _vp9(8, 33), "best": _vp9(5, 20)},
        copied_sound=frozenset({"opus", "vorbis"}),
        sound_encoder="libopus",
        sound_bit_rate=128_000,
    ),
}
"""Container settings by the ending of the file name."""
