"""Makes media files with PyAV: numbered frames, beeps at known times, every flag a player obeys."""

from __future__ import annotations

import contextlib
import os
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

BITS = 6
SIZE = (192, 108)
RATE = 25
FRAMES = 40
BEEP_AT, BEEP_SECONDS = 1.0, 0.1
_SAMPLE_RATE = 48_000


def numbered(number: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """An RGB picture that shows a number as a row of black and white bars over gray."""
    width, height = size
    image = np.full((height, width, 3), 96, np.uint8)
    for bit in range(BITS):
        left, right = bit * width // BITS, (bit + 1) * width // BITS
        image[: height // 2, left:right] = 235 if number >> bit & 1 else 16
    return image


def number_in(image: np.ndarray) -> int:
    """The number in a picture of `numbered`, at any size."""
    height, width = image.shape[:2]
    row = image[height // 8 : height * 3 // 8].mean(axis=(0, 2))
    found = 0
    for bit in range(BITS):
        left, right = bit * width / BITS, (bit + 1) * width / BITS
        middle = row[round(left + (right - left) / 4) : round(right - (right - left) / 4)]
        found |= (middle.mean() > 126) << bit
    return found


@contextlib.contextmanager
def _scheduling_kept() -> Iterator[None]:
    """Restores the scheduling of this thread, which later threads and processes inherit.

    Run by root, SVT-AV1 makes the thread that opens it a real-time one (SCHED_FIFO, priority 99):
    all other programs starve beside it.
    """
    if not hasattr(os, "sched_setscheduler"):
        yield
        return
    policy, parameter = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, parameter)


def write(
    path: Path,
    codec: str,
    *,
    format_name: str | None = None,
    pix_fmt: str = "yuv420p",
    images: Sequence[np.ndarray] | None = None,
    times: Sequence[Fraction] | None = None,
    options: dict[str, str] | None = None,
    muxer: dict[str, str] | None = None,
    sound: str = "",
    sound_start: float = 0.0,
    sound_seconds: float | None = None,
    layout: str = "stereo",
    sound_rate: int = _SAMPLE_RATE,
    sar: Fraction | None = None,
    matrix: Sequence[float] | None = None,
    color: dict[str, int] | None = None,
    source_format: str = "rgb24",
    rate: int = RATE,
) -> Path:
    """Writes a clip.

    Args:
        path: The file.
        codec: FFmpeg's name of the video encoder.
        format_name: FFmpeg's name of the container, where the ending does not tell it.
        pix_fmt: Pixel format of the encoder.
        images: RGB pictures; `FRAMES` numbered ones if None.
        times: Seconds of each picture; by the rate if None.
        options: Of the encoder.
        muxer: Of the container.
        sound: FFmpeg's name of a sound encoder; a beep at `BEEP_AT`.
        sound_start: Seconds at which the sound begins.
        sound_seconds: Length of the sound; that of the pictures if None.
        layout: Of the sound's channels.
        sound_rate: Samples per second.
        sar: Aspect ratio of a pixel.
        matrix: Display matrix, nine numbers.
        color: `colorspace`, `color_range`, `color_primaries`, `color_trc` by FFmpeg's numbers; the
            pictures are converted to the first two.
        source_format: Of the pictures, such as rgba.
        rate: Frames per second.
    """
    images = [numbered(n) for n in range(FRAMES)] if images is None else images
    color = color or {}
    base = Fraction(1, rate * 1000 if times is not None else rate)
    with (
        _scheduling_kept(),
        av.open(str(path), "w", format=format_name, container_options=muxer or {}) as out,
    ):
        stream = out.add_stream(codec, rate=rate, options=options or {})
        context = stream.codec_context
        context.width, context.height = images[0].shape[1], images[0].shape[0]
        context.pix_fmt = pix_fmt
        # The threads of libvpx's VP8 encoder wait actively: on a busy machine it takes minutes.
        context.thread_count = 1
        if times is not None:
            context.time_base = base
        if sar is not None:
            context.sample_aspect_ratio = sar
        for name, value in color.items():
            setattr(context, name, value)
        if matrix is not None:
            stream.set_display_matrix(list(matrix))
        audio = out.add_stream(sound, rate=sound_rate, layout=layout) if sound else None
        for number, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), source_format)
            # FFmpeg's numbers of matrices and PyAV's agree for these.
            wanted = {
                "dst_colorspace": {1: 1, 5: 5, 6: 5, 9: 9}.get(color.get("colorspace", 0)),
                "dst_color_range": color.get("color_range"),
            }
            frame = frame.reformat(format=pix_fmt, **{k: v for k, v in wanted.items() if v})
            for name, value in color.items():
                setattr(frame, name, value)
            at = Fraction(number, rate) if times is None else times[number]
            frame.pts, frame.time_base = round(at / base), base
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if audio is not None:
            seconds = len(images) / rate if sound_seconds is None else sound_seconds
            for frame in _beep(audio, sound_start, seconds):
                out.mux(audio.encode(frame))
            out.mux(audio.encode(None))
    return path


def _beep(audio: av.AudioStream, start: float, seconds: float) -> list[av.AudioFrame]:
    t = start + np.arange(round(seconds * _SAMPLE_RATE)) / _SAMPLE_RATE
    loud = (t >= BEEP_AT) & (t < BEEP_AT + BEEP_SECONDS)
    wave = (np.sin(2 * np.pi * 1000 * t) * loud * 20_000).astype(np.int16)
    resampler = av.AudioResampler(
        audio.codec_context.format,
        audio.codec_context.layout,
        audio.codec_context.sample_rate,
        audio.codec_context.frame_size or 1024,
    )
    frame = av.AudioFrame.from_ndarray(np.repeat(wave, 2)[None], "s16", "stereo")
    frame.sample_rate, frame.time_base = _SAMPLE_RATE, Fraction(1, _SAMPLE_RATE)
    frame.pts = round(start * _SAMPLE_RATE)
    return [*resampler.resample(frame), *resampler.resample(None)]


def heard_at(path: Path) -> float | None:
    """Seconds of the first loud sample after the first frame of the video; None without sound."""
    return next(iter(beeps(path)), None)


def beeps(path: Path) -> list[float]:
    """Seconds of the start of each beep, after the first frame of the video."""
    with av.open(str(path)) as media:
        if not media.streams.audio:
            return []
        first = next(frame.time for frame in media.decode(video=0))
    found: list[float] = []
    end = -1.0
    with av.open(str(path)) as media:
        for frame in media.decode(audio=0):
            # A new one each time: the form of the sound may change.
            for mono in av.AudioResampler("flt", "mono", _SAMPLE_RATE).resample(frame):
                for index in np.flatnonzero(np.abs(mono.to_ndarray()[0]) > 0.15):
                    at = (frame.time or 0.0) + index / _SAMPLE_RATE - (first or 0.0)
                    if at > end + BEEP_SECONDS:
                        found.append(at)
                    end = at
    return found


def frame_times(path: Path) -> list[float]:
    """Presentation times of all decoded frames, from the first one."""
    with av.open(str(path)) as media:
        times = [frame.time or 0.0 for frame in media.decode(video=0)]
    return [time - times[0] for time in times]
