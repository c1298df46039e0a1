"""What ffmpeg is told for each kind of file: MP4 with H.264, WebM with VP9, and their sound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Quality = Literal["small", "good", "best"]
QUALITIES: tuple[Quality, ...] = ("small", "good", "best")

# The planes come in BT.601; the tags say so, or players would guess BT.709 from 720 lines on.
COLOUR_FILTER = "setparams=colorspace=smpte170m:color_primaries=bt709:color_trc=bt709:range=tv"

# What is written reaches the disk, so that it is there when the writing breaks off.
_AT_ONCE = ("-flush_packets", "1")
_H264 = ("-c:v", "libx264")
_LIGHT = ("-x264-params", "bframes=0:aq-mode=0:weightp=0:scenecut=0")
_VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-row-mt", "1", "-b:v", "0")


@dataclass(frozen=True, slots=True)
class Container:
    """A kind of file.

    Attributes:
        growing: Arguments for a file that is playable while it grows.
        whole: Arguments for the finished file; empty where the growing one is as good.
        encoders: Arguments for the pictures, by quality.
        carries: Codecs of sound that can be copied and that players of such files know.
        sound: Arguments for sound that cannot be copied.
    """

    growing: tuple[str, ...]
    whole: tuple[str, ...]
    encoders: dict[Quality, tuple[str, ...]]
    carries: frozenset[str]
    sound: tuple[str, ...]


CONTAINERS = {
    ".mp4": Container(
        growing=(
            "-movflags",
            "+frag_keyframe+empty_moov+default_base_moof",
            *_AT_ONCE,
            "-f",
            "mp4",
        ),
        # The index in front: it plays before all of it has come over a network.
        whole=("-movflags", "+faststart", "-f", "mp4"),
        # Rate factor 18 is called visually lossless, every 6 more halve the size. "superfast"
        # without its dearest parts takes 0.4 of the time of "veryfast" and gives files up to
        # twice as large; time matters more here, and "small" and "best" are there for size.
        encoders={
            "small": (*_H264, "-preset", "veryfast", "-crf", "27"),
            "good": (*_H264, "-preset", "superfast", *_LIGHT, "-crf", "20"),
            "best": (*_H264, "-preset", "veryfast", "-crf", "14"),
        },
        carries=frozenset({"aac", "mp3", "ac3", "eac3", "alac", "opus", "flac"}),
        sound=("-c:a", "aac", "-b:a", "160k"),
    ),
    ".webm": Container(
        growing=(*_AT_ONCE, "-f", "webm"),
        whole=(),
        encoders={
            "small": (*_VP9, "-cpu-used", "7", "-crf", "42"),
            "good": (*_VP9, "-cpu-used", "8", "-crf", "33"),
            "best": (*_VP9, "-cpu-used", "5", "-crf", "20"),
        },
        carries=frozenset({"opus", "vorbis"}),
        sound=("-c:a", "libopus", "-b:a", "128k"),
    ),
}
"""By the ending of the file's name."""
