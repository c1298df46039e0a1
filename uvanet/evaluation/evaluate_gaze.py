"""`uvanet.evaluate_gaze`: measures a model against the recorded gaze of people on one source."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from uvanet.analysis.scan import Steps, scan
from uvanet.data.gaze import Gaze
from uvanet.data.gaze_table import GazeTable, is_same_stimulus
from uvanet.errors import UsageError
from uvanet.evaluation.evaluator import GroundTruth
from uvanet.evaluation.gaze_scores import GazeScores
from uvanet.evaluation.human import HumanRow
from uvanet.evaluation.progress import Progress, silent
from uvanet.i18n import tr
from uvanet.model import Model, load
from uvanet.sources import Source, SourceInfo, SourceKind, load_picture, make_source
from uvanet.stream import Stream

GAZE_METRICS = ("nss", "cc", "auc_judd", "sim", "kld")
"""Metrics of one source: functions of `uvanet.metrics` that do not need other pictures."""

DEFAULT_METRICS = GAZE_METRICS[:3]
STEP = 0.1
"""Seconds between measured moments of a clip."""

WINDOW = 0.1
"""Length of time around a moment whose gaze samples count for it, seconds."""

_WIDTH = 320  # largest width of the compared maps, pixels
_HUMAN_MOMENTS = 120


def evaluate_gaze(
    model: Model | str | Path,
    source: str | Path | Source,
    gaze: GazeTable,
    *,
    metrics: Sequence[str] = DEFAULT_METRICS,
    offset: float = 0.0,
    step: float = STEP,
    window: float | None = None,
    progress: Progress = silent,
) -> GazeScores:
    """Measures how well a model predicts the recorded gaze of people.

    A clip is measured every `step` seconds against the fixations active at that moment, or the
    samples around it. A picture is measured against all its gaze. In a folder, each picture that
    the table names is measured. Maps are compared at a width of at most 320 pixels.

    Args:
        model: A loaded model, or what `uvanet.load` takes.
        source: A video, a picture or a folder of pictures, or a closed source of one.
        gaze: The table, see `uvanet.load_gaze`.
        metrics: Subset of `GAZE_METRICS`.
        offset: Seconds to add to the times of the gaze.
        step: Seconds between measured moments, 0.01 to 60.
        window: Length of time around a moment in which gaze counts, seconds, 0 to 60; None: 0 for
            fixations and 0.1 for samples.
        progress: Called for each measured moment or picture.

    Raises:
        UsageError: An argument is invalid, the source is live, or the table has no gaze on it.
        UvanetError: Model or source cannot be read.
    """
    loaded = model if isinstance(model, Model) else load(model)
    opened = make_source(str(source)) if isinstance(source, str | Path) else source
    return measure_gaze(
        Stream(loaded),
        loaded.card.name,
        opened,
        gaze,
        metrics=metrics,
        offset=offset,
        step=step,
        window=window,
        progress=progress,
    )


def measure_gaze(
    network: Steps,
    name: str,
    source: Source,
    gaze: GazeTable,
    *,
    metrics: Sequence[str] = DEFAULT_METRICS,
    offset: float = 0.0,
    step: float = STEP,
    window: float | None = None,
    progress: Progress = silent,
) -> GazeScores:
    """Measures a loaded network as `evaluate_gaze` does.

    Args:
        network: A `uvanet.Stream`, or an object with the same `step`; no other thread may use it
            meanwhile.
        name: Name of the network.
        source: A closed source.
        gaze: See `evaluate_gaze`.
        metrics: See `evaluate_gaze`.
        offset: See `evaluate_gaze`.
        step: See `evaluate_gaze`.
        window: See `evaluate_gaze`.
        progress: See `evaluate_gaze`; an exception that it raises ends the measurement.

    Raises:
        UvanetError: See `evaluate_gaze`.
    """
    if not metrics or not set(metrics) <= set(GAZE_METRICS):
        raise UsageError(
            tr("{metrics} cannot be measured on one source.").format(
                metrics=", ".join(metrics) or "Nothing"
            ),
            tr("Choose {choices}.").format(choices=", ".join(GAZE_METRICS)),
        )
    if window is None:
        window = 0.0 if gaze.kind == "fixations" else WINDOW
    if not (0.01 <= step <= 60 and 0 <= window <= 60 and math.isfinite(offset)):
        raise UsageError(
            tr("A step, a window or an offset is out of range."),
            tr("Give a step of 0.01 to 60 and a window of 0 to 60 seconds."),
        )
    gaze = gaze.shifted(offset)
    with source:
        info = source.info
    if info.live:
        raise UsageError(
            tr("{title} is live.").format(title=info.title), tr("Gaze is measured on files.")
        )
    if info.kind is SourceKind.FOLDER and (named := named_pictures(source.files(), gaze)):
        return _pictures(network, name, info.title, named, gaze, metrics, offset, progress)
    return _clip(
        network, name, source.renew(), info, gaze, metrics, (step, window, offset), progress
    )


def named_pictures(files: Sequence[Path], gaze: GazeTable) -> list[Path]:
    """Finds the pictures of a folder that are stimuli of the table; may be empty."""
    return [
        path
        for path in files
        if any(name and is_same_stimulus(name, path.name) for name in gaze.stimuli)
    ]


def gaze_on(title: str, gaze: GazeTable) -> GazeTable:
    """Finds the gaze of a table on a clip or picture.

    Raises:
        UsageError: The table has none.
    """
    own = gaze.of(title)
    if not len(own):
        names = ", ".join(name for name in gaze.stimuli[:8] if name)
        raise UsageError(
            tr("The table has no gaze on {title}; it names {names}.").format(
                title=title, names=names
            ),
            tr("Open one of these, or a folder of pictures that holds them."),
        )
    return own


class GazeRows:
    """Collects the rows of `GazeScores`.

    Args:
        metrics: Subset of `GAZE_METRICS`.
        moments: Expected number of rows. If there are many, the human row is measured on an evenly
            spread part of them.
    """

    def __init__(self, metrics: Sequence[str], moments: int) -> None:
        self._metrics = tuple(metrics)
        self._every = max(1, math.ceil(moments / _HUMAN_MOMENTS))
        self._human = HumanRow()
        self._measured: list[int] = []  # numbers of the rows with a human NSS
        self._values: list[list[float]] = []
        self._points: list[int] = []

    def add(self, saliency: NDArray[np.float32], gaze: Gaze) -> list[float]:
        """Measures a map, 0..1, (h, w), against the gaze at its moment; NaN without gaze."""
        width = min(_WIDTH, gaze.size[0])
        size = (width, max(1, round(gaze.size[1] * width / gaze.size[0])))
        points = gaze.points(size)
        if len(points):
            truth = GroundTruth(
                size, points, points[:0], gaze.density_on(size), None, gaze.observers
            )
            self._values.append(truth.measure(saliency, self._metrics))
            if len(self._points) % self._every == 0:
                self._measured.append(len(self._points))
                self._human.add("", points, gaze.observers, points[:0], size)
        else:
            self._values.append([math.nan] * len(self._metrics))
        self._points.append(len(points))
        return self._values[-1]

    def scores(
        self,
        source: str,
        model: str,
        gaze: GazeTable,
        offset: float,
        *,
        times: Sequence[float] = (),
        pictures: Sequence[str] = (),
        outside: int = 0,
    ) -> GazeScores:
        """Gives the scores; `times` or `pictures` name the rows.

        Raises:
            UsageError: No row has gaze.
        """
        if not any(self._points):
            raise UsageError(
                tr(
                    "The table has no gaze on {source}: its times end at {end:.1f} s, and "
                    "{outside} of its {count} points are not on the picture."
                ).format(source=source, end=gaze.end, outside=outside, count=len(gaze)),
                tr("Check the offset, the unit of the times and the unit of the positions."),
            )
        human = np.full(len(self._points), np.nan)
        human[self._measured] = self._human.values(["nss"])[:, 0]
        return GazeScores(
            source,
            model,
            gaze.kind,
            len(np.unique(gaze.person)),
            self._metrics,
            tuple(pictures),
            np.array(times or [0.0] * len(pictures), np.float64),
            np.array(self._points, np.int64),
            np.array(self._values, np.float64).reshape(-1, len(self._metrics)),
            human,
            outside,
            offset,
            gaze.notes,
        )


def _pictures(
    network: Steps,
    model: str,
    title: str,
    files: Sequence[Path],
    gaze: GazeTable,
    metrics: Sequence[str],
    offset: float,
    progress: Progress,
) -> GazeScores:
    rows = GazeRows(metrics, len(files))
    outside = 0
    with progress(title, len(files)) as advance:
        for index, path in enumerate(files):
            image = load_picture(path)
            size = (image.shape[1], image.shape[0])
            own = gaze.of(path.name)
            outside += own.outside(size)
            # The time stamps are so far apart that no picture is the earlier frame of the next.
            rows.add(network.step(image, 60.0 * index, bgr=True), own.all(size))
            advance()
    names = [path.name for path in files]
    return rows.scores(title, model, gaze, offset, pictures=names, outside=outside)


def _clip(
    network: Steps,
    model: str,
    source: Source,
    info: SourceInfo,
    gaze: GazeTable,
    metrics: Sequence[str],
    spans: tuple[float, float, float],
    progress: Progress,
) -> GazeScores:
    step, window, offset = spans
    own = gaze_on(info.title, gaze)
    total = math.ceil(info.duration / step) if info.duration else 1
    rows = GazeRows(metrics, total)
    still = info.kind is SourceKind.PICTURE
    times: list[float] = []
    outside = 0
    with progress(info.title, total) as advance:
        for sample in scan(source, network, step):
            size = (sample.image.shape[1], sample.image.shape[0])
            if not times:
                outside = own.outside(size)
            at = sample.seconds
            looked = own.all(size) if still else own.between(at - window / 2, at + window / 2, size)
            rows.add(sample.saliency, looked)
            times.append(at)
            advance()
    return rows.scores(
        info.title,
        model,
        own,
        offset,
        times=[] if still else times,
        pictures=[info.title] if still else (),
        outside=outside,
    )
