"""Files of JPEG frames with their times: segments of a replay buffer, and Motion JPEG in Matroska.

A segment is a sequence of records. A record consists of a head (`_HEAD`: mark, time in seconds,
length of the picture) and the picture. Each record is written with one call, so that a crash leaves
all earlier frames intact.
"""

from __future__ import annotations

import contextlib
import errno
import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from io import FileIO
from pathlib import Path
from typing import NamedTuple, Self

import av

from uvanet.video.muxing import open_output

SUFFIX = ".jpegs"
_HEAD = struct.Struct("<4sdI")
_MARK = b"UVAF"
_TICK = Fraction(1, 1000)  # unit of Matroska's time stamps, seconds


class Place(NamedTuple):
    """The place of a frame in a segment.

    Attributes:
        path: File of the segment.
        offset: Position of the picture in the file, bytes.
        length: Length of the picture, bytes.
        t: Time of the frame, seconds.
    """

    path: Path
    offset: int
    length: int
    t: float

    def read(self) -> bytes:
        """Reads the picture."""
        with self.path.open("rb") as file:
            file.seek(self.offset)
            return file.read(self.length)


@dataclass(slots=True)
class Segment:
    """A file with a few seconds of frames.

    Attributes:
        path: The path of the file.
        file: The open file.
        places: The frames in the file.
    """

    path: Path
    file: FileIO
    places: list[Place] = field(default_factory=list)

    @classmethod
    def create(cls, path: Path) -> Self:
        """Creates the file."""
        return cls(path, path.open("wb", buffering=0))

    def append(self, t: float, data: bytes) -> None:
        """Writes a frame.

        Raises:
            OSError: The frame could not be written completely.
        """
        offset = self.file.tell() + _HEAD.size
        record = _HEAD.pack(_MARK, t, len(data)) + data
        if self.file.write(record) != len(record):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.places.append(Place(self.path, offset, len(data), t))

    def take(self) -> Iterator[tuple[float, bytes]]:
        """Reads the file, deletes it, and yields time and picture of each frame."""
        data = self.path.read_bytes()
        self.drop()
        for place in self.places:
            yield place.t, data[place.offset : place.offset + place.length]

    def drop(self) -> None:
        """Deletes the file."""
        with contextlib.suppress(OSError):
            self.file.close()
        with contextlib.suppress(OSError):
            self.path.unlink()


def places_in(path: Path) -> list[Place]:
    """Finds the frames of a segment that a killed program left, up to the first incomplete one.

    Raises:
        OSError: The segment cannot be read.
    """
    places: list[Place] = []
    size = path.stat().st_size
    with path.open("rb") as file:
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            mark, t, length = _HEAD.unpack(head)
            offset = file.tell()
            if mark != _MARK or offset + length > size:
                break
            places.append(Place(path, offset, length, t))
            file.seek(length, os.SEEK_CUR)
    return places


class MotionJpegFile:
    """A Matroska file of JPEG pictures, each with its own time, to the millisecond.

    Args:
        path: The file.
        size: (width, height) of the pictures.
        times: Times of all pictures, seconds; the mean rate in the file follows from them.
    """

    def __init__(self, path: Path, size: tuple[int, int], times: Sequence[float]) -> None:
        self._zero = times[0]
        rate = Fraction((len(times) - 1) / (times[-1] - times[0])).limit_denominator(1000)
        rate = max(rate, Fraction(1, 1000))  # a source that paused for long would give 0
        width, height = size
        self._output = open_output(path, "matroska", {"flush_packets": "1"})
        self._stream = self._output.add_mux_stream("mjpeg", rate, width=width, height=height)

    def write(self, data: bytes, t: float) -> None:
        """Adds a picture with its time, one of `times`."""
        packet = av.Packet(data)
        packet.stream = self._stream
        packet.time_base = _TICK
        packet.pts = packet.dts = round((t - self._zero) / _TICK)
        packet.is_keyframe = True
        self._output.mux(packet)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._output.close()
