"""Measures the cost of decoding in a child process for a live view of 1080p video.

    python packaging/measure_decoder_process.py [--frames 300]

Compares reading in this process with reading in a child that passes frames through shared memory:
start, time a frame, delay of a frame, processor time and memory. See docs/decoding.md.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np

from uvanet.sources import make_source

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

SIZE = (1920, 1080)
SLOTS = 3
_BYTES = SIZE[0] * SIZE[1] * 3


def make_film(path: Path, frames: int) -> None:
    """Writes a video of 30 frames a second in which the whole picture moves."""
    picture = np.random.default_rng(1).integers(0, 255, (SIZE[1] // 8, SIZE[0] // 8 + frames, 3))
    picture = np.kron(picture.astype(np.uint8), np.ones((8, 8, 1), np.uint8))
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=30, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number in range(frames):
            image = np.ascontiguousarray(picture[:, 8 * number : 8 * number + SIZE[0]])
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        out.mux(stream.encode(None))


def read_in_child(path: str, name: str, ready: Connection, free: Connection) -> None:
    """Reads all frames into the slots of a shared memory; sends slot and time of each."""
    memory = SharedMemory(name)
    slots = np.frombuffer(memory.buf, np.uint8).reshape(SLOTS, SIZE[1], SIZE[0], 3)
    used = 0.0
    with make_source(path) as source:
        while (frame := source.read()) is not None:
            used = used or time.process_time()
            decoded = time.monotonic()
            slot = free.recv()
            slots[slot] = frame.image
            ready.send((slot, decoded, 0.0))
    rollup = Path("/proc/self/smaps_rollup").read_text()
    pss = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
    ready.send((-1, int(pss.split()[1]) / 1024, time.process_time() - used))
    del slots
    memory.close()


def here(path: str) -> dict[str, float]:
    """Reads in this process."""
    began, used = time.monotonic(), 0.0
    count, first = 0, 0.0
    with make_source(path) as source:
        while source.read() is not None:
            first = first or time.monotonic() - began
            used = used or time.process_time()
            count += 1
    seconds = time.monotonic() - began
    return {
        "first frame, ms": 1e3 * first,
        "time a frame, ms": 1e3 * (seconds - first) / (count - 1),
        "processor a frame, ms": 1e3 * (time.process_time() - used) / (count - 1),
    }


def in_child(path: str) -> dict[str, float]:
    """Reads in a child process."""
    began, used = time.monotonic(), 0.0
    context = multiprocessing.get_context("spawn")
    memory = SharedMemory(create=True, size=SLOTS * _BYTES)
    slots = np.frombuffer(memory.buf, np.uint8).reshape(SLOTS, SIZE[1], SIZE[0], 3)
    ready, sender = context.Pipe(duplex=False)
    receiver, free = context.Pipe(duplex=False)
    child = context.Process(target=read_in_child, args=(path, memory.name, sender, receiver))
    child.start()
    for slot in range(SLOTS):
        free.send(slot)
    first, delays = 0.0, []
    while True:
        slot, value, child_seconds = ready.recv()
        if slot < 0:
            break
        used = used or time.process_time()
        image = slots[slot].copy()  # the receiver owns its frame
        first = first or time.monotonic() - began
        delays.append(time.monotonic() - value)
        free.send(slot)
        del image
    seconds = time.monotonic() - began
    processor = time.process_time() - used + child_seconds
    child.join()
    del slots
    memory.close()
    memory.unlink()
    return {
        "first frame, ms": 1e3 * first,
        "time a frame, ms": 1e3 * (seconds - first) / (len(delays) - 1),
        "processor a frame, ms": 1e3 * processor / (len(delays) - 1),
        "delay of a frame, ms": 1e3 * float(np.median(delays)),
        "memory of the child, MB": value,
    }


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=300)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder, "film.mp4")
        make_film(film, arguments.frames)
        here(str(film))
        for name, measure in (("this process", here), ("child process", in_child)):
            print(name)
            for key, figure in measure(str(film)).items():
                print(f"  {key}: {figure:.1f}")


if __name__ == "__main__":
    main()
