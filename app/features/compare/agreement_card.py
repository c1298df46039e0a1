"""The card with the agreement of student and teacher: four measures and their curves."""

from __future__ import annotations

import math

from PySide6.QtWidgets import QSizePolicy, QWidget

from app.pipeline.agreement import Agreement
from app.ui.i18n import tr
from app.ui.live_plot import PlotCard
from app.ui.number_text import percent_text, score_text

_COLORS = "inferred", "painted", "memory", "captured"


def _measures() -> dict[str, str]:
    """Name and explanation of each measure."""
    return {
        tr("CC"): tr("linear correlation of the two maps; 1 for equal maps"),
        tr("SIM"): tr("overlap of the two maps as distributions; 1 for equal maps"),
        tr("KLD"): tr("divergence of the student's map from the teacher's, in nats; 0 if equal"),
        tr("Peaks"): tr("distance of the two peaks, in percent of the picture's diagonal"),
    }


def measures_help() -> str:
    """Text that explains all measures, one per line."""
    return "\n".join(f"{name}: {text}" for name, text in _measures().items())


class AgreementCard(PlotCard):
    """CC, SIM, KLD and the distance of the peaks: current values and the last minute."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            tr("Agreement of student and teacher"),
            list(zip(_measures(), _COLORS, strict=True)),
            score_text,
            84,
            1.0,
            parent=parent,
        )
        self.setToolTip(measures_help())
        self.chart.setMinimumHeight(56)
        self.chart.setMaximumHeight(16_777_215)
        # By its policy and not by a stretch, which counts while the card is collapsed, too.
        self.chart.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    @property
    def numbers(self) -> list[tuple[str, str]]:
        """Name and text of each measure."""
        return [
            (name, label.text()) for (name, _), label in zip(self.curves, self.values, strict=True)
        ]

    def show_agreement(self, seconds: float, agreement: Agreement) -> None:
        """Adds the agreement on one frame; the peaks' distance is shown in percent.

        Args:
            seconds: Time on a monotonic clock.
            agreement: The measures; ignored if one of them is not finite.
        """
        sample = (agreement.cc, agreement.sim, agreement.kld, agreement.peaks)
        if all(map(math.isfinite, sample)):
            self.add(seconds, sample)
            self.values[3].setText(percent_text(agreement.peaks))
