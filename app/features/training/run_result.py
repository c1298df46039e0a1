"""How a run ended: the verdict, the numbers before and after, what to do now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
)

from app.ui.i18n import tr

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.features.training.run import RunResult

VERDICTS = {
    "better": "Better",
    "no clear difference": "No clear difference",
    "worse": "Worse",
}


class RunResultCard(QFrame):
    """Shows an outcome.

    Signals:
        use: The user wants the new weights.
        undo: The user wants the weights of before.
        again: The user wants another run.
    """

    use = Signal()
    undo = Signal()
    again = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = QLabel()
        self.title.setObjectName("verdict")
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.numbers = QGridLayout()
        self.numbers.setHorizontalSpacing(28)
        self.numbers.setVerticalSpacing(6)
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setAccessibleName(tr("Log"))
        self.log.hide()
        self.use_button = QPushButton(tr("Use now"))
        self.use_button.setToolTip(tr("Puts the new weights into the live view"))
        self.undo_button = QPushButton(tr("Undo"))
        self.undo_button.setToolTip(tr("Goes back to the weights of before (Ctrl+Z)"))
        self.again_button = QPushButton(tr("Train again"))
        self.again_button.setToolTip(tr("Back to the choices"))
        for button in (self.again_button, self.undo_button):
            button.setAutoDefault(False)
        self.use_button.clicked.connect(self.use)
        self.undo_button.clicked.connect(self.undo)
        self.again_button.clicked.connect(self.again)
        buttons = QHBoxLayout()
        buttons.addWidget(self.again_button)
        buttons.addStretch()
        buttons.addWidget(self.undo_button)
        buttons.addWidget(self.use_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self.title)
        layout.addWidget(self.words)
        layout.addLayout(self.numbers)
        layout.addWidget(self.log, 1)
        layout.addStretch()
        layout.addLayout(buttons)

    def show_outcome(self, outcome: RunResult, *, swapped: bool) -> None:
        """Shows how it ended.

        Args:
            outcome: Of the run.
            swapped: Whether the new weights are in the live view.
        """
        while item := self.numbers.takeAt(0):
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        report = outcome.report
        verdict = str(report.get("verdict", ""))
        if outcome.state == "failed":
            self.title.setText(tr("The training failed"))
            self.words.setText(f"{outcome.message} {outcome.hint}".strip())
        elif not report:
            stopped = outcome.state == "stopped"
            self.title.setText(tr("Stopped") if stopped else tr("Done"))
            self.words.setText(
                tr("The run was stopped before there was anything to measure.")
                if stopped
                else tr("The new student is among your models.")
            )
        else:
            self.title.setText(tr(VERDICTS.get(verdict, verdict)))
            self.words.setText(self._sentence(outcome))
            self._fill(report)
        self.show_swapped(swapped, usable=bool(outcome.model))

    def show_log(self, words: str) -> None:
        """Shows what a run wrote; empty for nothing."""
        self.log.setPlainText(words)
        self.log.setVisible(bool(words))
        self.log.moveCursor(QTextCursor.MoveOperation.End)

    def show_swapped(self, swapped: bool, *, usable: bool) -> None:
        """Says whether the new weights are in use."""
        self.undo_button.setVisible(swapped)
        self.use_button.setVisible(usable and not swapped)

    def _sentence(self, outcome: RunResult) -> str:
        held_out = _held_out(outcome.report)
        if _metric(outcome.report) != "CC with the teacher":
            words = tr("Measured by where people looked, on {held_out}.")
            words += " " + (
                tr("The new student is among your models.")
                if outcome.model
                else tr("It is no better than before, so its new weights are not used.")
            )
            return words.format(held_out=held_out)
        if outcome.model:
            return tr(
                "The student agrees more with the teacher on {held_out}. Agreement with a "
                "teacher is not agreement with people."
            ).format(held_out=held_out)
        return tr(
            "On {held_out} the student does not agree more with the teacher than before, so its "
            "new weights are not used."
        ).format(held_out=held_out)

    def _fill(self, report: dict[str, Any]) -> None:
        head = ("", tr("Before"), tr("After"), tr("Gain"))
        for column, words in enumerate(head):
            self._put(words, 0, column, quiet=True)
        self._put(tr(_metric(report)), 1, 0)
        for column, key in enumerate(("before", "after", "gain"), start=1):
            self._put(_interval(report.get(key)), 1, column)
        forgotten = report.get("forgotten")
        for row, (metric, values) in enumerate(
            (forgotten or {}).items() if isinstance(forgotten, dict) else (), start=2
        ):
            if isinstance(values, list) and len(values) == 2:
                before, after = map(_number, values)
                self._put(tr("General test, {metric}").format(metric=metric.upper()), row, 0)
                self._put(f"{before:.3f}", row, 1)
                self._put(f"{after:.3f}", row, 2)
                self._put(f"{after - before:+.3f}", row, 3)
        if not forgotten:
            words = tr("What it forgot elsewhere was not measured: that takes gaze data.")
            self._put(words, 8, 0, quiet=True, span=4)
        count, seconds = report.get("n"), report.get("seconds")
        self._put(
            tr("95 % intervals over {n} frames; trained for {seconds:.0f} s").format(
                n=round(_number(count)), seconds=_number(seconds)
            ),
            9,
            0,
            quiet=True,
            span=4,
        )

    def _put(
        self, words: str, row: int, column: int, *, quiet: bool = False, span: int = 1
    ) -> None:
        label = QLabel(words)
        label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        if quiet:
            label.setObjectName("quiet")
        self.numbers.addWidget(label, row, column, 1, span)


def _held_out(report: dict[str, Any]) -> str:
    words = str(report.get("held_out", ""))
    return tr(words) if words else tr("what was held out")


def _metric(report: dict[str, Any]) -> str:
    return str(report.get("metric") or "CC with the teacher")


def _interval(values: object) -> str:
    if not isinstance(values, dict):
        return "-"
    mean, low, high = (_number(values.get(name)) for name in ("mean", "low", "high"))
    # Below it, since three of them stand side by side in a narrow window.
    return f"{mean:.3f}\n[{low:.3f}, {high:.3f}]"


def _number(value: object) -> float:
    # A report comes from another process, of another version even.
    return float(value) if isinstance(value, (int, float)) else 0.0
