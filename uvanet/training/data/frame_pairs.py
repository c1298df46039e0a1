"""Moments of a scene: a frame, the frame about 100 ms before it, and the teacher's map.

Unlike `uvanet.data.synthetic`, whose motion is made from stills, these pairs are as the camera
saw them, so that the temporal branch learns the scene's own motion.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from uvanet.atomic_io import atomic_write
from uvanet.data.gaze_files import read_rgb
from uvanet.errors import OutputError, UsageError, UvanetError
from uvanet.runtime.engine import LAG
from uvanet.runtime.preprocess import resize_to_input
from uvanet.sources import make_source
from uvanet.sources.base import SourceKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from uvanet.sources.base import Frame, Source

    Image = NDArray[np.uint8]

    Labeller = Callable[[Image, Image], NDArray[np.float32]]
    """From a frame and the one about 100 ms before, RGB of any size, to a map of any scale."""

LABEL_SIDE = 48
MOST = 240
"""Moments of one scene; more of the same teach little and take long to label."""

LEAST = 16
"""Moments without which nothing can be learned and measured."""


@dataclass(frozen=True, slots=True)
class FramePair:
    """A moment.

    Attributes:
        now: RGB, uint8, (h, w, 3).
        before: The same scene about 100 ms earlier; `now` itself for a still picture.
        t: Seconds since the scene's start.
        group: The file it comes from; empty for a scene.
        label: Where people looked, (h, w), of any size and scale; None to ask the teacher.
    """

    now: Image
    before: Image
    t: float
    group: str = ""
    label: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class FramePairs:
    """Labelled moments in memory.

    Attributes:
        frames: RGB, uint8, (n, s, s, 3), stretched to squares.
        earlier: Likewise, about 100 ms before.
        labels: The teacher's maps, float16, (n, 48, 48), the largest value of each 1.
        times: Seconds since the scene's start, (n,), ascending.
        groups: What belongs together, for the bootstrap: a block of seconds, or a file; (n,).
        ratios: The frames' own width over height, float32, (n,).
    """

    frames: NDArray[np.uint8]
    earlier: NDArray[np.uint8]
    labels: NDArray[np.float16]
    times: NDArray[np.float32]
    groups: NDArray[np.str_]
    ratios: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.frames)

    def take(self, chosen: NDArray[np.intp] | slice) -> FramePairs:
        """Some of them."""
        return FramePairs(
            self.frames[chosen],
            self.earlier[chosen],
            self.labels[chosen],
            self.times[chosen],
            self.groups[chosen],
            self.ratios[chosen],
        )

    def save(self, path: Path) -> None:
        """Writes them, whole or not at all; readable by the user alone.

        Raises:
            OutputError: The disk is full, or the folder has gone.
        """
        try:
            with atomic_write(path) as part, part.open("wb") as file:
                part.chmod(0o600)
                np.savez(
                    file,
                    frames=self.frames,
                    earlier=self.earlier,
                    labels=self.labels,
                    times=self.times,
                    groups=self.groups,
                    ratios=self.ratios,
                )
        except OSError as error:
            raise OutputError(
                f"What was seen cannot be kept in {path.parent}: {error.strerror or error}.",
                "Make room on the disk, and start again.",
            ) from error


def load_moments(path: Path) -> FramePairs | None:
    """Reads moments; None where there are none, or no whole ones."""
    try:
        with np.load(path) as held:
            return FramePairs(*(held[name] for name in FramePairs.__slots__))
    except (OSError, ValueError, KeyError, EOFError):
        return None
    except Exception as error:
        if type(error).__name__ == "BadZipFile":
            return None
        raise


def watch_source(
    spec: str, seconds: float, most: int = MOST, begin: float = 0.0
) -> Iterator[tuple[FramePair, float]]:
    """Watches a source.

    Args:
        spec: What `make_source` takes.
        seconds: How long, in the source's time; a file that is shorter is read to its end.
        most: How many moments at most, spread over that time.
        begin: Where in a file, seconds; earlier where less than `seconds` would be left of it.

    Yields:
        A moment and the share of the watching that is done.

    Raises:
        UvanetError: The source cannot be opened, is a still picture, or breaks before there is
            anything of use.
    """
    with make_source(spec) as source:
        info = source.info
        if info.kind is SourceKind.PICTURE:
            raise UsageError(
                f"{info.title} is a still picture; it has no later frames to be measured on.",
                "Choose a camera, a video or a folder of pictures.",
            )
        span = seconds if info.duration is None else min(seconds, info.duration)
        gap = span / most
        if begin and info.seekable and info.duration is not None:
            source.seek(max(0.0, min(begin, info.duration - span)))
        count = 0
        try:
            for moment in _pairs(source, span, gap):
                count += 1
                yield moment, min(1.0, moment.t / span)
        except UvanetError:
            # A video that breaks half-way has taught something until then.
            if count < LEAST:
                raise


def _pairs(source: Source, span: float, gap: float) -> Iterator[FramePair]:
    recent: deque[tuple[float, Frame]] = deque()
    begin: float | None = None
    due = LAG
    while (frame := source.read()) is not None:
        begin = frame.pts if begin is None else begin
        t = frame.pts - begin
        if t > span:
            return
        recent.append((t, frame))
        while len(recent) > 1 and recent[1][0] <= t - LAG:
            recent.popleft()
        if t >= due:
            due = max(due + gap, t)
            before = min(recent, key=lambda entry: abs(entry[0] - (t - LAG)))[1]
            yield FramePair(_rgb(frame.image), _rgb(before.image), t)


def _rgb(image: Image) -> Image:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


NOW, BEFORE = "-now.jpg", "-before.jpg"


def read_recording(folder: Path) -> Iterator[tuple[FramePair, float]]:
    """Reads what a recorder left: `<milliseconds>-now.jpg` and `<milliseconds>-before.jpg`.

    Yields:
        A moment and the share of the reading that is done; pairs that are damaged are left out.

    Raises:
        UsageError: The folder is missing or holds no pair.
    """
    files = sorted(folder.glob(f"*{NOW}")) if folder.is_dir() else []
    files = [path for path in files if path.name.removesuffix(NOW).isdecimal()]
    if not files:
        raise UsageError(f"{folder} holds no recording.", "Record the scene again.")
    for place, path in enumerate(files, start=1):
        stem = path.name.removesuffix(NOW)
        try:
            now, before = read_rgb(path), read_rgb(folder / f"{stem}{BEFORE}")
        except UvanetError:
            continue
        yield FramePair(now, before, int(stem) / 1000), place / len(files)


def label_moments(
    watched: Iterable[tuple[FramePair, float]],
    label: Labeller,
    side: int,
    advance: Callable[[float], bool],
) -> FramePairs:
    """Labels moment by moment as they come: no large frame is kept.

    Args:
        watched: Moments and the share done.
        label: Asked for moments that come without a label.
        side: At which frames are kept, pixels.
        advance: Told the share done; gives False where it is enough.

    Raises:
        UsageError: There was no moment.
    """
    frames, earlier, labels, times, groups, ratios = [], [], [], [], [], []
    for moment, share in watched:
        known = moment.label
        labels.append(square(label(moment.now, moment.before) if known is None else known))
        frames.append(resize_to_input(moment.now, (side, side)))
        earlier.append(resize_to_input(moment.before, (side, side)))
        times.append(moment.t)
        groups.append(moment.group)
        ratios.append(moment.now.shape[1] / moment.now.shape[0])
        if not advance(share):
            break
    if not frames:
        raise UsageError("Nothing was seen that could be learned from.", "Watch for longer.")
    if not any(groups):
        # Frames near in time are alike: the bootstrap draws blocks of them.
        block = min(3.0, max(0.2, times[-1] / 40))
        groups = [f"block {int(t // block)}" for t in times]
    return FramePairs(
        np.stack(frames),
        np.stack(earlier),
        np.stack(labels),
        np.array(times, np.float32),
        np.array(groups),
        np.array(ratios, np.float32),
    )


def square(saliency: NDArray[np.float32]) -> NDArray[np.float16]:
    """A teacher's map as a label: (48, 48), the largest value 1.

    Raises:
        UsageError: It is no map, or holds NaN.
    """
    if saliency.ndim != 2 or not np.isfinite(saliency).all():
        raise UsageError("The teacher gives no map.", "Choose another teacher.")
    resized = cv2.resize(
        np.asarray(saliency, np.float32), (LABEL_SIDE, LABEL_SIDE), interpolation=cv2.INTER_CUBIC
    )
    resized = np.maximum(resized, 0)
    return np.asarray(resized / max(float(resized.max()), 1e-12), np.float16)


def split_later(moments: FramePairs, held_out: float = 0.3) -> tuple[FramePairs, FramePairs]:
    """Parts a scene in time: what to learn from, and the later frames to be measured on.

    A stretch of up to two seconds between the two is left out, so that no frame to be measured
    on is nearly one that was learned.

    Raises:
        UsageError: There are too few moments.
    """
    if len(moments) < LEAST:
        raise UsageError(
            f"Only {len(moments)} moments of the scene were seen; {LEAST} are needed.",
            "Watch for longer.",
        )
    end = float(moments.times[-1])
    cut = np.quantile(moments.times, 1 - held_out)
    gap = min(2.0, 0.05 * end)
    learned = np.flatnonzero(moments.times < cut - gap)
    later = np.flatnonzero(moments.times >= cut)
    return moments.take(learned), moments.take(later)
