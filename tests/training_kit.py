"""A teacher of a few lines, clips to learn from, and training commands. Does not import torch."""

from __future__ import annotations

import csv
import gzip
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from command_kit import run_command
from fork_kit import ForkedProcess, run_uvanet
from imageio_ffmpeg import get_ffmpeg_exe

from uvanet.training.control import Callback
from uvanet.training.progress import LineReader
from uvanet.video.writer import VideoWriter

if TYPE_CHECKING:
    from collections.abc import Callable

    from uvanet.training.progress import Event

ROOT = Path(__file__).resolve().parents[1]


def write_teacher(path: Path, output: str = "saliency", *, streams: bool = False) -> Path:
    """A teacher who thinks that people look at what is green, and writes no card.

    One that streams also looks at where it was green before.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    def constant(name: str, values: Any) -> Any:
        return numpy_helper.from_array(values, name)

    green = np.zeros((1, 3, 8, 8), np.float32)
    green[0, 1], green[0, 0], green[0, 2] = 1 / 64, -0.5 / 64, -0.5 / 64
    nodes = [
        helper.make_node("Cast", ["frame"], ["bytes"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["bytes"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["planes", "green"], ["greens"], strides=[8, 8]),
        helper.make_node("Relu", ["greens"], ["positive"]),
        helper.make_node("Add", ["positive", "little"], ["some"]),
        helper.make_node("Squeeze", ["some", "axis"], [output]),
    ]
    inputs = [helper.make_tensor_value_info("frame", TensorProto.UINT8, ["n", "h", "w", 3])]
    outputs = [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", "rows", "columns"])]
    if streams:
        wide = {"strides": [4, 4], "pads": [2, 2, 2, 2]}
        nodes[-1:] = [
            helper.make_node("Conv", ["planes", "green"], ["features"], **wide),
            helper.make_node(
                "AveragePool", ["earlier"], ["faded"], kernel_shape=[2, 2], strides=[2, 2]
            ),
            helper.make_node("Add", ["some", "faded"], ["both"]),
            helper.make_node("Squeeze", ["both", "axis"], [output]),
        ]
        state = [TensorProto.FLOAT, ["n", 1, "rows / 4", "columns / 4"]]
        inputs.append(helper.make_tensor_value_info("earlier", *state))
        outputs.append(helper.make_tensor_value_info("features", *state))
    graph = helper.make_graph(
        nodes,
        "teacher",
        inputs,
        outputs,
        [
            constant("green", green),
            constant("little", np.array(0.5, np.float32)),
            constant("axis", np.array([1], np.int64)),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, str(path))
    return path


def scene(number: int) -> np.ndarray:
    """A frame: a red square that draws the eye, a green one that the teacher looks at."""
    image = np.full((120, 160, 3), 60, np.uint8)
    image[:, ::16] = 75
    place = number % 100
    image[20:50, place : place + 30] = (40, 40, 230)
    image[75:105, 120 - place : 150 - place] = (60, 200, 60)
    return image


def write_scene(path: Path, frames: int = 60, start: int = 0) -> Path:
    """A clip of it, 30 frames a second."""
    with VideoWriter(path, (160, 120), 30, quality="best") as writer:
        for number in range(start, start + frames):
            writer.write(scene(number))
    return path


def write_cut(path: Path, clip: Path) -> Path:
    """A video whose second half never came, though its header tells of all."""
    whole = path.with_name("whole.mp4")
    front = ["-movflags", "+faststart", "-c", "copy", str(whole)]
    subprocess.run([get_ffmpeg_exe(), "-v", "error", "-i", str(clip), *front], check=True)
    data = whole.read_bytes()
    whole.unlink()
    path.write_bytes(data[: len(data) // 2])
    return path


def write_film(path: Path, step: int) -> Path:
    """Two seconds of a bright square that moves to the right by `step` pixels a frame."""
    with VideoWriter(path, (320, 240), 30, quality="best") as writer:
        for index in range(60):
            frame = np.full((240, 320, 3), 60, np.uint8)
            left = 20 + step * index
            frame[100:140, left : left + 40] = 220
            writer.write(frame)
    return path


def write_pool(folder: Path) -> Path:
    """Two pictures, one in a folder of its own, a clip of one second, and a table."""
    rng = np.random.default_rng(8)
    (folder / "more").mkdir(parents=True)
    for path in (folder / "a.jpg", folder / "more" / "b.png"):
        cv2.imwrite(str(path), rng.integers(0, 255, (60, 80, 3), np.uint8))
    with VideoWriter(folder / "clip.mp4", (64, 48), 10) as writer:
        for shade in range(10):
            writer.write(np.full((48, 64, 3), 20 * shade, np.uint8))
    rows = ["file,source,license,credit", "a.jpg,made,CC0,us", "more/b.png,made,CC0,us"]
    (folder / "sources.csv").write_text("\n".join([*rows, "clip.mp4,film,MIT,us"]))
    return folder


def write_gaze(root: Path) -> Path:
    """Twelve pictures of a bright disc on noise; every observer looks at the disc."""
    rng = np.random.default_rng(4)
    folder = root / "fixations"
    (folder / "made").mkdir(parents=True)
    fixations, splits = [], []
    for split, count in (("train", 8), ("val", 2), ("test", 2)):
        for i in range(count):
            name = f"{split}{i}.jpg"
            image = rng.integers(0, 90, (90, 120, 3), np.uint8)
            x, y = int(rng.integers(20, 100)), int(rng.integers(20, 70))
            cv2.circle(image, (x, y), 12, (240, 240, 240), -1)
            cv2.imwrite(str(folder / "made" / name), image)
            splits.append({"image": f"made/{name}", "split": split})
            for observer in range(5):
                dx, dy = rng.normal(0, 3, 2)
                row = ["made", name, observer, round(x + dx, 1), round(y + dy, 1), 0.2]
                fixations.append(row)
    with gzip.open(folder / "fixations.csv.gz", "wt", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(["dataset", "image", "observer", "x", "y", "duration_s"])
        writer.writerows(fixations)
    with (folder / "split.csv").open("w", newline="") as table:
        rows = csv.DictWriter(table, ["image", "split"])
        rows.writeheader()
        rows.writerows(splits)
    return root


def kind_of(event: Event) -> str:
    """The name of an event's kind, as in its line."""
    return str(type(event).__struct_config__.tag)


def phase_of(event: Event) -> str:
    """The phase of a step; empty for other events."""
    return getattr(event, "phase", "")


class Stopper(Callback):
    """Stops a run once it has asked so many times whether to go on.

    Args:
        steps: How many times it goes on; None for always.
    """

    def __init__(self, steps: int | None = None) -> None:
        self._left = math.inf if steps is None else steps

    def proceed(self) -> bool:
        self._left -= 1
        return self._left >= 0


class Command:
    """A training command that is run in this process, to its end.

    Attributes:
        code: Its exit code.
        events: All its events.
        err: What it wrote on stderr.
    """

    def __init__(self, *arguments: object) -> None:
        done = run_command(*arguments, "--events", "jsonl", "--threads", "1")
        self.code, self.err = done.returncode, done.stderr
        reader = LineReader()
        self.events: list[Any] = reader.feed(done.stdout.encode())
        assert reader.skipped == 0

    @property
    def last(self) -> Any:
        """The last event."""
        return self.events[-1]

    def kinds(self) -> list[str]:
        """The kinds of all events."""
        return [kind_of(event) for event in self.events]


class Child:
    """A training command as a process of its own.

    Args:
        arguments: Those of the command.
        prepare: Is called in the process first; a function of `fork_kit`.
        fresh: Whether a new interpreter is started, with all its imports.
    """

    def __init__(
        self,
        *arguments: object,
        prepare: Callable[[], None] | None = None,
        fresh: bool = False,
    ) -> None:
        self.reader = LineReader()
        self.events: list[Event] = []
        words = [*map(str, arguments), "--events", "jsonl", "--threads", "1"]
        self.process = (
            subprocess.Popen(
                [sys.executable, "-m", "uvanet", *words],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            if fresh
            else ForkedProcess(run_uvanet, words, prepare)
        )

    def until(self, condition: Callable[[Event], bool]) -> Event:
        """Reads events until one fits."""
        stdout = self.process.stdout
        assert stdout is not None
        while line := stdout.readline():
            for told in self.reader.feed(line):
                self.events.append(told)
                if condition(told):
                    return told
        raise AssertionError(f"it ended: {self.events[-1:]}, {self.process.communicate()[1]!r}")

    def say(self, word: str) -> None:
        """Writes a line to its stdin."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n".encode())
        self.process.stdin.flush()

    def end(self) -> tuple[int, str]:
        """Waits for its end; gives the exit code and what it said on stderr."""
        out, err = self.process.communicate(timeout=900)
        self.events += self.reader.feed(out)
        return self.process.returncode, err.decode(errors="replace")

    def kinds(self) -> list[str]:
        """The kinds of all events so far."""
        return [kind_of(told) for told in self.events]

    @property
    def last(self) -> Event:
        """The last event."""
        return self.events[-1]


def training(step: int) -> Callable[[Event], bool]:
    """Whether the training is at a step, or beyond."""
    return lambda told: phase_of(told) == "train" and told.done >= step  # type: ignore[attr-defined]


def adapt(source: object, out: Path, teacher: Path, *more: object, **options: Any) -> Child:
    """A fine-tuning to a scene, as a process of its own; `options` are those of `Child`."""
    return Child("finetune", source, "--out", out, "--teacher", teacher, *more, **options)


def adapted(source: object, out: Path, teacher: Path, *more: object) -> Command:
    """The same in this process."""
    return Command("finetune", source, "--out", out, "--teacher", teacher, *more)


def left_in(out: Path) -> set[str]:
    """Names of all that stands in a run's folder."""
    return {path.name for path in out.rglob("*")}
