"""Decodes damaged variants of the corpus, each in a child process, and counts what goes wrong.

    python tests/media/fuzz.py RESULTS.jsonl [--variants 100] [--seed 1]

A call with the same arguments continues where the last one ended. docs/decoding.md has the result
of a long run. Linux only.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import dataclasses
import json
import os
import resource
import select
import signal
import sys
import tempfile
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import av.error
import corpus
import numpy as np
from PIL import Image
from test_containers import CLIPS, MUXERS

from uvanet.errors import UvanetError
from uvanet.sources import make_source
from uvanet.video.codecs import CONTAINERS
from uvanet.video.muxing import open_output
from uvanet.video.sound import Sound, SoundReader
from uvanet.video.timing import timing_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIZE = (96, 64)
FRAMES = 12
CPU_SECONDS = 20  # of one variant; more counts as a hang
WALL_SECONDS = 180.0
MAX_GROWTH_MB = 1024
_PICTURES = ("still.png", "still.jpg", "still.bmp", "moving.webp", "moving.png", "pages.tif")
_WHOLE, _REFUSED, _FAULT, _MEMORY = 0, 3, 4, 5
NAMES = {_WHOLE: "read", _REFUSED: "refused", _FAULT: "fault", _MEMORY: "memory"}
GOOD = ("read", "refused")


@dataclasses.dataclass(frozen=True, slots=True)
class Result:
    """What became of one variant.

    Attributes:
        file: The undamaged file.
        number: Of the variant; with file and seed it determines the damage.
        damage: Kind of damage.
        result: "read" (to the end, or up to an error that says so), "refused" (at opening),
            "fault" (another exception), "memory", "hang" or "crash".
        detail: The signal or the exception.
        seconds: CPU time.
        growth_mb: Growth of the resident memory.
    """

    file: str
    number: int
    damage: str
    result: str
    detail: str
    seconds: float
    growth_mb: float


def make_corpus(folder: Path) -> list[Path]:
    """Writes a small file of each container and codec, and of each kind of picture."""
    images = [corpus.numbered(number, SIZE) for number in range(FRAMES)]
    files = []
    for name, (codec, format_name, options, sound, pix_fmt) in CLIPS.items():
        with contextlib.suppress(ValueError):  # an encoder that takes no pictures this small
            files.append(
                corpus.write(
                    folder / name,
                    codec,
                    format_name=format_name,
                    options=options,
                    muxer=MUXERS.get(name),
                    sound=sound,
                    pix_fmt=pix_fmt,
                    images=images,
                )
            )
    first, *rest = (Image.fromarray(image) for image in images[:3])
    for name in _PICTURES:
        several = {"save_all": True, "append_images": rest} if "still" not in name else {}
        first.save(folder / name, **several)
        files.append(folder / name)
    return files


def damaged(data: bytes, rng: np.random.Generator) -> tuple[bytes, str]:
    """A damaged copy, and the kind of the damage."""
    values = np.frombuffer(data, np.uint8).copy()
    kind = ("bytes", "header", "cut", "zeros", "repeat")[int(rng.integers(5))]
    length = int(rng.integers(1, max(2, len(values) // 4)))
    begin = int(rng.integers(max(1, len(values) - length)))
    match kind:
        case "bytes" | "header":
            end = len(values) if kind == "bytes" else min(len(values), 2048)
            places = rng.integers(0, end, int(rng.integers(1, 32)))
            values[places] = rng.integers(0, 256, len(places))
        case "cut":
            values = values[: int(rng.integers(1, len(values)))]
        case "zeros":
            values[begin : begin + length] = 0
        case _:
            values = np.concatenate([values[: begin + length], values[begin:]])
    return values.tobytes(), kind


def use(path: Path) -> None:
    """Does everything that the program does with a file: frames, a jump, times and sound."""
    with make_source(str(path)) as source:
        info = source.info
        with contextlib.suppress(UvanetError):
            for _ in range(4 * FRAMES):
                if source.read() is None:
                    break
        if info.seekable:
            with contextlib.suppress(UvanetError):
                source.seek(0.3)
                source.read()
    timing_of(info, path)
    with (
        contextlib.suppress(av.error.FFmpegError, OSError),
        contextlib.closing(SoundReader(Sound(path), 1.0)) as sound,
    ):
        if sound.track is not None:
            with open_output(path.with_suffix(".sound"), "mp4", {}) as output:
                for packet in sound.add_encoded(output, CONTAINERS[".mp4"]):
                    output.mux(packet)


def try_variant(path: Path, work: Callable[[Path], None] = use) -> tuple[str, str, float, float]:
    """Runs `work` in a child process within bounds of time and memory.

    Returns:
        Result, detail, seconds of CPU time, and growth of the resident memory in MB.
    """
    before = _resident_mb()
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os._exit(_in_child(path, work, write_end))
    os.close(write_end)
    handle = os.pidfd_open(child)
    slept = not select.select([handle], [], [], WALL_SECONDS)[0]
    if slept:
        os.kill(child, signal.SIGKILL)
    _, status, usage = os.wait4(child, 0)
    os.close(handle)
    with os.fdopen(read_end) as pipe:
        detail = pipe.read()
    seconds = usage.ru_utime + usage.ru_stime
    growth = max(0.0, usage.ru_maxrss / 1024 - before)
    if os.WIFEXITED(status):
        result = NAMES.get(os.WEXITSTATUS(status), "crash")
        return result, detail, seconds, growth
    name = signal.Signals(os.WTERMSIG(status)).name
    return ("hang" if slept or name == "SIGXCPU" else "crash"), name, seconds, growth


def _in_child(path: Path, work: Callable[[Path], None], write_end: int) -> int:
    # FFmpeg and libjpeg may write to the terminal.
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    os.dup2(null, 2)
    bound = _virtual_bytes() + (MAX_GROWTH_MB << 20)
    resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        work(path)
    except UvanetError:
        return _REFUSED
    except MemoryError:
        return _MEMORY
    except BaseException as error:  # noqa: BLE001 - exactly what this looks for
        os.write(write_end, f"{type(error).__name__}: {error}"[:300].encode(errors="replace"))
        return _FAULT
    return _WHOLE


def _virtual_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def run(
    files: list[Path], variants: int, seed: int, done: set[tuple[str, int]]
) -> Iterator[Result]:
    """Tries `variants` variants of each file, except those that are `done`."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(variants):
            for file in files:
                if (file.name, number) in done:
                    continue
                rng = np.random.default_rng([seed, number, zlib.crc32(file.name.encode())])
                data, damage = damaged(file.read_bytes(), rng)
                path = Path(folder) / file.name
                path.write_bytes(data)
                result, detail, seconds, growth = try_variant(path)
                yield Result(
                    file.name, number, damage, result, detail, round(seconds, 3), round(growth, 1)
                )


def summary(results: list[Result]) -> str:
    """A table of the results, and a line for each that is not good."""
    counts = collections.Counter(result.result for result in results)
    lines = [f"{len(results)} variants of {len({result.file for result in results})} files"]
    lines += [f"  {name}: {count}" for name, count in counts.most_common()]
    if results:
        lines.append(f"  largest growth: {max(result.growth_mb for result in results):.0f} MB")
        lines.append(f"  longest: {max(result.seconds for result in results):.1f} s")
    lines += [
        f"  {r.result}: {r.file} variant {r.number} ({r.damage}): {r.detail}"
        for r in results
        if r.result not in GOOD
    ]
    return "\n".join(lines)


def main() -> int:
    """Runs the long form; gives 1 where a variant crashed, hung or met a fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path)
    parser.add_argument("--variants", type=int, default=100, help="of each file")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    before: list[Result] = []
    if arguments.results.exists():
        lines = arguments.results.read_text().splitlines()
        before = [Result(**json.loads(line)) for line in lines]
    done = {(result.file, result.number) for result in before}
    with tempfile.TemporaryDirectory() as folder, arguments.results.open("a") as out:
        files = make_corpus(Path(folder))
        started = time.monotonic()
        for result in run(files, arguments.variants, arguments.seed, done):
            before.append(result)
            out.write(json.dumps(dataclasses.asdict(result)) + "\n")
            out.flush()
            if len(before) % 500 == 0:
                print(f"{len(before)} after {time.monotonic() - started:.0f} s", flush=True)
    print(summary(before))
    return int(any(result.result not in GOOD for result in before))


if __name__ == "__main__":
    sys.exit(main())
