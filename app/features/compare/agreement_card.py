"""The agreement of student and teacher: four measures and their curves."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout

from app.ui.i18n import tr
from app.ui.live_plot import SPAN_SECONDS, PlotCard
from app.ui.number_text import percent_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QWidget

    from app.pipeline.agreement import Agreement


def _tips() -> tuple[str, ...]:
    return (
        tr("Linear correlation of the two maps; 1 for equal maps"),
        tr("Overlap of the two maps as distributions; 1 for equal maps"),
        tr("Divergence of the student's map from the teacher's, in nats; 0 for equal maps"),
        tr("Distance of the two peaks, in percent of the picture's diagonal"),
    )


class AgreementCard(PlotCard):
    """CC, SIM, KLD and the distance of the peaks: current values and the last minute."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            tr("Agreement of student and teacher"),
            [
                (tr("CC"), "inferred"),
                (tr("SIM"), "painted"),
                (tr("KLD"), "memory"),
                (tr("Peaks"), "captured"),
            ],
            "{:.2f}",
            84,
            1.0,
            parent,
        )
        for label, tip in zip(self.values, _tips(), strict=True):
            label.setToolTip(tip)
        self.chart.setMinimumHeight(56)
        self.chart.setMaximumHeight(16_777_215)
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.setStretchFactor(self.chart, 1)
        self._times: deque[float] = deque()
        self._samples: deque[tuple[float, float, float, float]] = deque()

    @property
    def numbers(self) -> list[tuple[str, str]]:
        """Name and text of each measure."""
        return [
            (name, label.text()) for (name, _), label in zip(self.curves, self.values, strict=True)
        ]

    def add(self, seconds: float, agreement: Agreement) -> None:
        """Adds the agreement on one frame.

        Args:
            seconds: Time on a monotonic clock.
            agreement: The measures; ignored if one of them is not finite.
        """
        sample = (agreement.cc, agreement.sim, agreement.kld, agreement.peaks)
        if not all(map(math.isfinite, sample)):
            return
        self._times.append(seconds)
        self._samples.append(sample)
        while seconds - self._times[0] > SPAN_SECONDS:
            self._times.popleft()
            self._samples.popleft()
        self.show_series(self._times, list(zip(*self._samples, strict=True)))

    def clear(self) -> None:
        """Removes all values, for another pair of models."""
        self._times.clear()
        self._samples.clear()
        for value in self.values:
            value.setText("-")
        for index in range(len(self.curves)):
            self.chart.set_data(index, [], [])

    def show_series(self, times: Sequence[float], series: Sequence[Sequence[float]]) -> None:
        """Draws the curves and shows the newest values; the peaks' distance is in percent."""
        super().show_series(times, series)
        self.values[3].setText(percent_text(series[3][-1]))
        bottom = min(0.0, math.floor(2 * min(map(min, series))) / 2)
        top = max(1.0, math.ceil(max(map(max, series))))
        self.chart.set_y_range(bottom, top, padding=0.02)
        marks = [(value, f"{value:g}") for value in (bottom, (bottom + top) / 2, top)]
        self.chart.set_ticks("left", marks)
