"""Collects the data of a report during an export; memory does not grow with the clip."""

from __future__ import annotations

import heapq
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from uvanet.analysis.map_stats import change, entropy, region_shares
from uvanet.analysis.record import MOST, Record
from uvanet.analysis.region_summary import RegionTracker
from uvanet.errors import OutputError
from uvanet.i18n import number_text, percent_text, tr
from uvanet.model_card import Card
from uvanet.overlay import compose
from uvanet.redaction import printable, redact
from uvanet.report.content import (
    Report,
    ReportGraph,
    ReportPicture,
    ReportRegion,
    ReportSlide,
    accuracy_text,
    time_code,
)
from uvanet.report.page import report_html
from uvanet.report.pictures import encode_jpeg, report_picture, scale_colors
from uvanet.resizing import shrink
from uvanet.sources import SourceInfo
from uvanet.video.annotated_frame import AnnotatedFrame
from uvanet.video.job import GazeSection, Job
from uvanet.video.layers import color_of, draw_regions
from uvanet.video.sinks import WholeFile

REPORT_ENDINGS = (".html", ".pdf")
_PDF_GROUP = "uvanet.report_layouts"
_WIDE, _NARROW = 1280, 480  # width of the average and of a moment, pixels
_MOMENTS = 9
_CANDIDATES = 64
_GROUNDS = 16
_MAX_SLIDES = 400  # pictures of slides; the table lists all slides


@dataclass(frozen=True, slots=True, eq=False)
class _Still:
    """A picture that may go into the report.

    Attributes:
        seconds: Time in the source.
        change: Share of the attention that moved since the previous map, 0..1.
        jpeg: The picture as JPEG.
        saliency: Its raw map; after a cut, a smoothed map would still show the scene before.
    """

    seconds: float
    change: float
    jpeg: NDArray[np.uint8]
    saliency: NDArray[np.float32]

    def image(self) -> NDArray[np.uint8]:
        """The picture: BGR, uint8, (h, w, 3)."""
        return np.asarray(cv2.imdecode(self.jpeg, cv2.IMREAD_COLOR), np.uint8)


class ReportSink(WholeFile):
    """A report as HTML, or in another format by `layout`.

    Args:
        path: The file.
        job: The export.
        info: Properties of the source.
        card: Card of the model.
        layout: Turns the report into the content of the file; None for HTML.
    """

    def __init__(
        self,
        path: Path,
        job: Job,
        info: SourceInfo,
        card: Card,
        layout: Callable[[Report], bytes] | None = None,
    ) -> None:
        super().__init__(path)
        self._job, self._info, self._card = job, info, card
        self._layout = layout or (lambda report: report_html(report).encode())
        self._record = Record(info.duration)
        self._tracker = RegionTracker(job.regions)
        self._shares: deque[list[float]] = deque(maxlen=MOST)
        self._bucket = -1
        self._before: NDArray[np.float32] | None = None
        self._candidates: list[tuple[float, int, _Still]] = []
        self._grounds: list[_Still] = []
        self._slides: list[ReportSlide] = []
        self._gaze: GazeSection | None = None
        if job.gaze is not None:
            self._gaze = job.gaze.begin(info, job.orientation, card.name)
        self._stride = 1
        self._size = (0, 0)

    def _add(self, item: AnnotatedFrame) -> None:
        shares = region_shares(item.saliency, self._job.regions)
        if self._info.slides:
            self._add_slide(item, shares)
            return
        self._tracker.add(float(item.at), item.saliency, shares)
        seconds = item.frame.pts
        bucket = int(seconds / self._record.step + 1e-6)
        if bucket == self._bucket:
            return
        # Uses the first frame of each interval, as a scan in the window does.
        self._bucket = bucket
        image = item.frame.image
        self._size = image.shape[1], image.shape[0]
        if self._gaze is not None:
            self._gaze.add(item)
        if not self._record.add(seconds, item.saliency, image):
            return
        self._shares.append(shares)
        same = self._before is not None and self._before.shape == item.saliency.shape
        moved = change(self._before, item.saliency) if same and self._before is not None else 0.0
        self._before = item.saliency
        self._offer(item, moved, len(self._shares))

    def _add_slide(self, item: AnnotatedFrame, shares: list[float]) -> None:
        """Adds a picture of a folder, which is independent of earlier pictures."""
        path, number = self._info.pictures[item.frame.index], len(self._slides) + 1
        picture = None
        if number <= _MAX_SLIDES:
            image = compose(shrink(item.frame.image, _NARROW), item.saliency, self._job.look.style)
            draw_regions(image, self._job.regions, item.saliency)
            picture = report_picture(image, printable(path.name))
        scores = () if self._gaze is None else self._gaze.add(item)
        name, spread = printable(path.name), entropy(item.saliency)
        self._slides.append(ReportSlide(name, picture, spread, shares, scores))

    def _offer(self, item: AnnotatedFrame, moved: float, number: int) -> None:
        """Keeps pictures at even intervals, and pictures with the highest change."""

        def still(width: int) -> _Still:
            return _Still(
                item.frame.pts, moved, encode_jpeg(shrink(item.frame.image, width)), saliency
            )

        saliency = item.saliency
        if self._frames % self._stride == 0:
            self._grounds.append(still(_WIDE))
            if len(self._grounds) > _GROUNDS:
                self._grounds = self._grounds[::2]
                self._stride *= 2
        full = len(self._candidates) == _CANDIDATES
        if moved > (self._candidates[0][0] if full else 0.0):
            push = heapq.heappushpop if full else heapq.heappush
            push(self._candidates, (moved, number, still(_NARROW)))

    def _content(self) -> bytes:
        return self._layout(self._report())

    def _report(self) -> Report:
        job, info, style = self._job, self._info, self._job.look.style
        series = self._record.series()
        table = np.array(self._shares, np.float32).reshape(len(self._shares), len(job.regions))
        slides = self._slides
        regions = [
            ReportRegion(region.name, color_of(region, index), summary, table[:, index].tolist())
            for index, (region, summary) in enumerate(
                zip(job.regions, self._tracker.summaries(), strict=True)
            )
        ]
        return Report(
            title=printable(redact(info.title)),
            date=time.strftime(tr("%Y-%m-%d %H:%M")),
            facts=self._facts(),
            average=None if slides else self._average(),
            scale=scale_colors(style.colormap),
            duration=0.0 if slides else self._tracker.duration,
            moments=self._moments(),
            regions=regions,
            graph=ReportGraph(
                series.seconds.tolist(), series.entropy.tolist(), series.change.tolist()
            ),
            limits=[tr(limit) for limit in self._card.limits],
            settings=self._settings(),
            slides=slides,
            gaze=None if self._gaze is None else self._gaze.part(),
        )

    def _average(self) -> ReportPicture:
        job = self._job
        ground = self._grounds[len(self._grounds) // 2]
        image = ground.image()
        average = self._record.average()
        if self._tracker.maps == 1 or average is None:
            average = ground.saliency
        image = compose(image, average, job.look.style)
        draw_regions(image, job.regions)
        if self._tracker.maps == 1:
            return report_picture(image, printable(redact(self._info.title)))
        detail = tr("mean of {count} maps, over the picture at {time}").format(
            count=len(self._record), time=time_code(ground.seconds)
        )
        return report_picture(image, tr("Average"), detail)

    def _moments(self) -> list[ReportPicture]:
        stills = {still.seconds: still for _, _, still in self._candidates}
        chosen = [stills.get(seconds) for seconds in self._record.moments(_MOMENTS)]
        return [
            report_picture(
                compose(still.image(), still.saliency, self._job.look.style),
                time_code(still.seconds),
                tr("{share} of the attention moved").format(share=percent_text(still.change, 1)),
            )
            for still in chosen
            if still is not None
        ]

    def _facts(self) -> list[tuple[str, str]]:
        info, card, duration = self._info, self._card, self._tracker.duration
        facts = [(tr("Source"), printable(redact(info.title)))]
        if self._slides:
            shown = sum(slide.picture is not None for slide in self._slides)
            count = str(len(self._slides))
            if shown < len(self._slides):
                count = tr("{count}, of which the first {shown} are shown").format(
                    count=count, shown=shown
                )
            facts.append((tr("Pictures"), count))
        else:
            size = tr("{width} x {height} pixels").format(width=self._size[0], height=self._size[1])
            facts.append((tr("Size"), size))
        if duration:
            time_text = tr("{seconds:.2f} s, {count} frames")
            time_text = time_text.format(seconds=duration, count=self._tracker.maps)
            facts.append((tr("Time"), time_text))
        facts.append((tr("Model"), f"{card.name}: {tr(card.description)}"))
        facts.append((tr("Accuracy"), accuracy_text(card)))
        return facts

    def _settings(self) -> list[tuple[str, str]]:
        job, look = self._job, self._job.look
        end = tr("the end") if job.end is None else f"{number_text(job.end)} s"
        settings = [
            (tr("Colors"), look.style.colormap),
            (tr("Opacity"), percent_text(look.style.opacity)),
            (tr("Threshold"), percent_text(look.style.threshold)),
        ]
        if self._tracker.duration:
            span = tr("{start:g} s to {end}").format(start=job.start, end=end)
            settings.append((tr("Range"), span))
        if job.orientation.quarters or job.orientation.mirrored:
            turned = tr("{angle} degrees").format(angle=90 * job.orientation.quarters)
            parts = [turned, tr("mirrored")] if job.orientation.mirrored else [turned]
            settings.append((tr("Rotation"), ", ".join(parts)))
        return settings


def pdf_layout() -> Callable[[Report], bytes]:
    """Finds the layout for PDF, which needs Qt and is registered by the window's package.

    Raises:
        OutputError: The window's package is not installed.
    """
    for point in entry_points(group=_PDF_GROUP, name="pdf"):
        layout: Callable[[Report], bytes] = point.load()
        return layout
    raise OutputError(
        tr("A report as PDF needs the window's packages, which are not installed."),
        tr("Write .html, and print it from a browser."),
    )
