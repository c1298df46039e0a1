"""Times exact seeks and a dragged timeline in a 1080p video with few key frames."""

from __future__ import annotations

import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from uvanet.bench.program import bench_program
from uvanet.paths import resource
from uvanet.sources import make_source

SIZE, RATE, GROUP = (1920, 1080), 30, 250
"""Size, frame rate and key frame interval (in frames) of the video."""

VIDEO_SECONDS = 60.0
EXACT_SEEKS = 15


def bench_seeking(
    model: str, seconds: float, video_seconds: float = VIDEO_SECONDS
) -> dict[str, Any]:
    """Times exact seeks, and drags the timeline of the program from start to end and back.

    Args:
        model: Model of the live view.
        seconds: Duration of dragging.
        video_seconds: Length of the video.

    Returns:
        For the library: `exact_p50_ms` and `exact_p95_ms`, from the request to the picture. For the
        program: requested positions per second (`requests_per_s`), paints per second
        (`paints_per_s`), and paints of a new frame per second (`positions_per_s`).

    Raises:
        UvanetError: The program gave no result.
    """
    with tempfile.TemporaryDirectory() as folder:
        video = write_long_groups(Path(folder, "1080p.mp4"), video_seconds)
        times = []
        with make_source(str(video)) as source:
            for share in np.random.default_rng(0).permutation(EXACT_SEEKS) / EXACT_SEEKS:
                began = time.perf_counter()
                source.seek(float(share) * video_seconds)
                frame = source.read()
                assert frame is not None
                frame.image  # noqa: B018 - converts the frame
                times.append(1e3 * (time.perf_counter() - began))
        program = bench_program(model, seconds, str(video), drag=True)
    p50, p95 = np.percentile(times, [50, 95])
    names = ("requests_per_s", "paints_per_s", "positions_per_s")
    return {
        "width": SIZE[0],
        "height": SIZE[1],
        "group": GROUP,
        "exact_p50_ms": round(float(p50), 1),
        "exact_p95_ms": round(float(p95), 1),
        **{name: program[f"drag_{name}"] for name in names},
    }


def write_long_groups(path: Path, seconds: float) -> Path:
    """Writes the demo, enlarged and repeated, as H.264 with a key frame every `GROUP` frames."""
    demo = cv2.VideoCapture(str(resource("demo.mp4")))
    with av.open(str(path), "w") as output:
        options = {"preset": "superfast", "bf": "3", "sc_threshold": "0"}
        stream = output.add_stream("libx264", rate=RATE, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        stream.codec_context.gop_size = GROUP
        for number in range(round(seconds * RATE)):
            done, image = demo.read()
            if not done:
                demo.set(cv2.CAP_PROP_POS_FRAMES, 0)
                done, image = demo.read()
            large = cv2.resize(image, SIZE, interpolation=cv2.INTER_LINEAR)
            frame = av.VideoFrame.from_ndarray(np.asarray(large, np.uint8), "bgr24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path
