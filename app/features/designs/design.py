"""A design that is compared with another: its pictures and maps, and the table of both designs."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.pipeline.predictor import Predictor
from uvanet.analysis import Region, region_shares
from uvanet.errors import SourceError
from uvanet.i18n import tr
from uvanet.resizing import shrink
from uvanet.sources import make_source

_SAMPLES = 40  # of a film
_PICTURE_SIDE, _FILM_SIDE = 1600, 640  # pixels; bounds what is kept in memory


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A picture of a design with its map.

    Attributes:
        seconds: Time in the film; 0 for a picture.
        image: BGR, uint8, shape (h, w, 3), scaled down.
        saliency: float32, shape (h', w'), 0..1.
    """

    seconds: float
    image: NDArray[np.uint8]
    saliency: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """A picture, or samples of a film at equal intervals.

    Attributes:
        title: Name of the file.
        samples: The pictures with their maps; at least one.
    """

    title: str
    samples: tuple[Sample, ...]

    @property
    def proportions(self) -> float:
        """Width by height."""
        height, width = self.samples[0].image.shape[:2]
        return float(width / height)

    def at(self, share: float) -> Sample:
        """The sample at a share of the film, 0..1."""
        return self.samples[min(int(share * len(self.samples)), len(self.samples) - 1)]

    def shares(self, regions: Sequence[Region]) -> list[float]:
        """Share of the attention in each region, 0..1: the mean over all samples."""
        shares = [region_shares(sample.saliency, regions) for sample in self.samples]
        return [float(share) for share in np.mean(shares, axis=0)]


def read_design(spec: str, predictor: Predictor, stop: threading.Event) -> Design:
    """Predicts a picture, or samples of a film, each on its own. Slow: not on the GUI thread.

    Args:
        spec: A string that `uvanet.sources.make_source` takes.
        predictor: The model; not used by another thread meanwhile.
        stop: Ends the prediction early, with the samples so far.

    Raises:
        SourceError: The source cannot be read, is live, or gives no picture.
        ModelError: The network failed.
    """
    samples: list[Sample] = []
    with make_source(spec) as source:
        info = source.info
        if info.live:
            raise SourceError(
                tr("{name} is live.").format(name=info.title),
                tr("Choose two pictures or two films."),
            )
        times = [0.0]
        if info.seekable and info.duration:
            times = [(index + 0.5) * info.duration / _SAMPLES for index in range(_SAMPLES)]
        for seconds in times:
            if stop.is_set() and samples:
                break
            if info.seekable:
                source.seek(seconds)
            frame = source.read()
            if frame is None:
                break
            predictor.reset()
            saliency = predictor.step(frame.picture, 0.0, bgr=True)
            side = _PICTURE_SIDE if len(times) == 1 else _FILM_SIDE
            samples.append(Sample(frame.pts, shrink(frame.image, side, side), saliency))
    if not samples:
        raise SourceError(
            tr("{name} has no readable frame.").format(name=info.title), tr("Choose another file.")
        )
    return Design(info.title, tuple(samples))


def comparison_table(
    regions: Sequence[Region], first: Design, second: Design, model: str
) -> list[Sequence[object]]:
    """A table for `uvanet.csv_text` with a row per region.

    Shares are those of both designs, and the second minus the first: 0..1, four decimals.
    """
    rows: list[Sequence[object]] = [
        ["region", "share_a", "share_b", "difference", "design_a", "design_b", "model"]
    ]
    shares = zip(regions, first.shares(regions), second.shares(regions), strict=True)
    for region, share_a, share_b in shares:
        numbers = [round(value, 4) for value in (share_a, share_b, share_b - share_a)]
        rows.append([region.name, *numbers, first.title, second.title, model])
    return rows
