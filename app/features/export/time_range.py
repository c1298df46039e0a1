"""Fields for the start and the end of a part of a video."""

from __future__ import annotations

import math

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from app.ui.build import label, row
from app.ui.i18n import tr
from app.ui.number_text import number_text

Span = tuple[float | None, float | None]
"""Start and end of a part, seconds; None for the start or end of the video."""

_MIN_SECONDS = 1e-3


class TimeRangeFields(QWidget):
    """Asks for a part of a video.

    Args:
        span: The initial part; it keeps its full precision until the text is edited.
        duration: Duration of the video, seconds; None if unknown.

    Signals:
        changed: The text was edited.
    """

    changed = Signal()

    def __init__(self, span: Span, duration: float | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._duration = duration
        start, end = span
        self.start = _field(tr("From"), time_text(start or 0.0))
        last = end if end is not None else duration
        self.end = _field(tr("To"), "" if last is None else time_text(last))
        self._initial = {self.start: (self.start.text(), start), self.end: (self.end.text(), end)}
        self.note = label("", "quiet")
        layout = row(spacing=8, parent=self)
        for field in (self.start, self.end):
            name = label(field.accessibleName())
            name.setBuddy(field)
            layout.addWidget(name)
            layout.addWidget(field)
            field.textChanged.connect(self._on_edited)
        layout.addWidget(self.note, 1)
        self._update_note()

    @property
    def span(self) -> Span | None:
        """The entered part; None if it is invalid."""
        start, end = self._read(self.start), self._read(self.end)
        if isinstance(start, str) or isinstance(end, str):
            return None
        duration = self._duration if self._duration is not None else math.inf
        first, last = start or 0.0, end if end is not None else duration
        return (start, end) if last - first >= _MIN_SECONDS and first < duration else None

    def _read(self, field: QLineEdit) -> float | str | None:
        """Returns the seconds; None for an empty field; the text if it is not a time."""
        text = field.text().strip()
        initial_text, initial = self._initial[field]
        if text == initial_text:
            return initial
        if not text:
            return None
        seconds = read_time(text)
        return text if seconds is None else seconds

    def _on_edited(self) -> None:
        self._update_note()
        self.changed.emit()

    def _update_note(self) -> None:
        span = self.span
        if span is None:
            text = tr("Enter times such as 1:02.5; the end must be after the start.")
        else:
            last = span[1] if span[1] is not None else self._duration
            seconds = None if last is None else last - (span[0] or 0.0)
            text = "" if seconds is None else tr("{seconds:.1f} seconds").format(seconds=seconds)
        self.note.setText(text)


def time_text(seconds: float) -> str:
    """Formats a time with up to two decimals: 0:03.4, 1:02:03."""
    hundredths = max(0, round(seconds * 100))
    whole, part = divmod(hundredths, 100)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
    return text + number_text(part / 100, ".2f").strip("0") if part else text


def read_time(text: str) -> float | None:
    """Parses a time as `time_text` formats it, or plain seconds; None if it is not a time."""
    parts = text.strip().replace(",", ".").split(":")
    if not 1 <= len(parts) <= 3:
        return None
    seconds = 0.0
    for part in parts:
        try:
            value = float(part)
        except ValueError:
            return None
        if not math.isfinite(value) or value < 0:
            return None
        seconds = 60 * seconds + value
    return seconds


def _field(name: str, text: str) -> QLineEdit:
    field = QLineEdit(text)
    field.setAccessibleName(name)
    field.setToolTip(tr("Minutes and seconds, such as 1:02.5"))
    field.setMaximumWidth(96)
    return field
