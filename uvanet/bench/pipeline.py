"""Times the steps around the network: frame sizes, streams, other models, a parallel teacher."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from uvanet.bench.network import noise
from uvanet.bench.timing import time_calls
from uvanet.evaluation.baselines import BASELINES
from uvanet.evaluation.onnx_predictor import OnnxPredictor
from uvanet.model import Model, load
from uvanet.runtime.external_onnx import ExternalOnnx
from uvanet.runtime.input_size import input_size
from uvanet.runtime.preprocess import InputResizer
from uvanet.stream import Stream

FRAMES = {"480p": (480, 854), "720p": (720, 1280), "1080p": (1080, 1920), "2160p": (2160, 3840)}
STREAMS = (1, 2, 4, 8)


def bench_frames(model: Model, seconds: float) -> list[dict[str, Any]]:
    """Times resizing, an area filter for comparison, and whole steps, on frames of usual sizes."""
    rows = []
    for label, shape in FRAMES.items():
        image = noise((*shape, 3))
        resizer, stream = InputResizer(input_size(model.engine, image)), Stream(model)
        ticks = iter(range(10**9))
        rows.append(
            {
                "frame": label,
                "resize": time_calls(partial(resizer, image, bgr=True), seconds),
                "area_filter": time_calls(partial(_area, image, resizer.size), seconds),
                "step": time_calls(
                    lambda s=stream, i=image, n=ticks: s.step(i, next(n) / 30, bgr=True),  # type: ignore[misc]  # defaults of a lambda
                    seconds,
                ),
            }
        )
    return rows


def _area(image: NDArray[np.uint8], size: tuple[int, int]) -> object:
    small = cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_BGR2RGB)


def bench_peers(specs: Sequence[ExternalOnnx], seconds: float) -> list[dict[str, Any]]:
    """Times other saliency models on a 720p frame, resizing included."""
    image = noise((720, 1280, 3))
    rows = [
        {"name": name, **time_calls(partial(function, image), seconds)}
        for name, function in BASELINES.items()
    ]
    for spec in specs:
        predictor = OnnxPredictor(spec)
        times = time_calls(partial(predictor.predict, image, 0.0), seconds)
        rows.append({"name": spec.name, **times})
    return rows


def bench_streams(name: str, seconds: float) -> list[dict[str, Any]]:
    """Measures the frame rate of several 720p streams at once, one thread each, without pauses."""
    image = noise((720, 1280, 3))
    rows = []
    for count in STREAMS:
        streams = [Stream(load(name)) for _ in range(count)]
        counts, stop = [0] * count, threading.Event()

        def run(k: int, stream: Stream, counts: list[int] = counts, stop: Any = stop) -> None:
            while not stop.is_set():
                stream.step(image, counts[k] / 30, bgr=True)
                counts[k] += 1

        threads = [threading.Thread(target=run, args=pair) for pair in enumerate(streams)]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        stop.set()
        for thread in threads:
            thread.join()
        total = sum(counts) / (time.perf_counter() - began)
        rows.append({"streams": count, "fps": round(total, 1), "fps_each": round(total / count, 1)})
    return rows


def bench_with_teacher(student: str, teacher: str, seconds: float) -> dict[str, Any]:
    """Times a student at 30 frames a second, alone and while a teacher runs without pauses."""
    image = noise((720, 1280, 3))
    stream = Stream(load(student))
    alone = _paced(stream, image, seconds)
    other, stop = Stream(load(teacher)), threading.Event()

    def run() -> None:
        t = 0.0
        while not stop.is_set():
            other.step(image, t, bgr=True)
            t += 0.1

    thread = threading.Thread(target=run)
    thread.start()
    try:
        beside = _paced(stream, image, seconds)
    finally:
        stop.set()
        thread.join()
    return {"student": student, "teacher": teacher, "alone": alone, "beside": beside}


def _paced(stream: Stream, image: NDArray[np.uint8], seconds: float) -> dict[str, float]:
    """Times steps that start 30 times a second, without the pauses."""
    times: list[float] = []
    while len(times) < max(2, 30 * seconds):
        began = time.perf_counter()
        stream.step(image, len(times) / 30, bgr=True)
        times.append(time.perf_counter() - began)
        time.sleep(max(0.0, 1 / 30 - times[-1]))
    p50, p95 = np.percentile(times, [50, 95]) * 1e3
    return {"p50_ms": round(float(p50), 3), "p95_ms": round(float(p95), 3)}
