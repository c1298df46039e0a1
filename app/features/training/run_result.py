"""Shows the result of a run: verdict, metrics before and after, and the next steps."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QFrame, QGridLayout

from app.features.training.before_after import BeforeAfterView
from app.features.training.run import RunResult
from app.ui.build import button, column, label, log_view
from app.ui.flow_layout import FlowLayout
from app.ui.i18n import tr, tr_noop
from app.ui.number_text import interval_text, number_text

VERDICTS = {
    "better": tr_noop("Better"),
    "no clear difference": tr_noop("No clear difference"),
    "worse": tr_noop("Worse"),
}
_FORGOTTEN = 0.01  # loss on the general test that is told, as a share of the value before
_METRIC = tr_noop("CC with the teacher")  # the metric of a run without gaze data


class RunResultCard(QFrame):
    """Shows a RunResult.

    Signals:
        use: The user wants the new model in the live view.
        keep_old: The user wants the previous model in the live view.
        again: The user wants to set up another run.

    Attributes:
        pictures: A frame of the scene with the maps before and after.
    """

    use = Signal()
    keep_old = Signal()
    again = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.title = label("", "verdict")
        self.text = label("", wrap=True, selectable=True)
        self.numbers = QGridLayout()
        self.numbers.setHorizontalSpacing(20)
        self.numbers.setVerticalSpacing(6)
        self._failed = False
        self.pictures = BeforeAfterView()
        self.log = log_view(tr("Log"))
        self.log_button = button(tr("Log"), tr("Shows the messages of the run"), checkable=True)
        self.log_button.toggled.connect(self.log.setVisible)
        self.use_button = button(
            tr("Use"), tr("Uses the new model in the live view"), self.use.emit, default=True
        )
        self.keep_button = button(
            tr("Keep old"), tr("Stays with the model before the training"), self.keep_old.emit
        )
        self.again_button = button(
            tr("Train again"), tr("Shows the options again"), self.again.emit
        )
        column(
            self.title,
            self.text,
            self.numbers,
            (self.pictures, 3),
            (self.log, 2),
            None,
            # German texts need two lines in a narrow window.
            FlowLayout(self.use_button, self.keep_button, self.again_button, self.log_button),
            spacing=12,
            parent=self,
        )

    def show_result(self, result: RunResult, *, in_use: bool) -> None:
        """Shows how a run ended.

        Args:
            result: Result of the run.
            in_use: Whether the live view uses the new model.
        """
        while item := self.numbers.takeAt(0):
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self.pictures.show_comparison(None)
        self._failed = result.state == "failed"
        report = result.report
        verdict = str(report.get("verdict", ""))
        if self._failed:
            self.title.setText(tr("The training failed"))
            self.text.setText(f"{result.message} {result.hint}".strip())
        elif not report:
            stopped = result.state == "stopped"
            self.title.setText(tr("Stopped") if stopped else tr("Done"))
            self.text.setText(
                tr("The run was stopped before anything could be measured.")
                if stopped
                else tr("The new student is among your models.")
            )
        else:
            self.title.setText(tr(VERDICTS.get(verdict, verdict)))
            self.text.setText(" ".join([self._sentence(result), *_forgetting(report)]))
            self._fill(report)
        self.show_in_use(in_use, usable=bool(result.model))

    def show_log(self, text: str) -> None:
        """Sets the log that the button Log shows; after a failure it is shown at once."""
        self.log.setPlainText(text)
        self.log.moveCursor(QTextCursor.MoveOperation.End)
        self.log_button.setVisible(bool(text))
        self.log_button.setChecked(bool(text) and self._failed)

    def show_in_use(self, in_use: bool, *, usable: bool) -> None:
        """Shows whether the live view uses the new model, and whether there is one to use."""
        self.keep_button.setVisible(usable)
        self.use_button.setVisible(usable)
        self.use_button.setEnabled(not in_use)
        self.use_button.setText(tr("In use") if in_use else tr("Use"))

    def _sentence(self, result: RunResult) -> str:
        held_out = _held_out(result.report)
        if _metric(result.report) != _METRIC:
            text = tr("Measured against human gaze, on {held_out}.")
            text += " " + (
                tr("The new student is among your models.")
                if result.model
                else tr("It is not better than before, so the new weights are not used.")
            )
            return text.format(held_out=held_out)
        if result.model:
            return tr(
                "The student agrees more with the teacher on {held_out}. Agreement with a "
                "teacher is not agreement with people."
            ).format(held_out=held_out)
        return tr(
            "On {held_out} the student does not agree more with the teacher than before, so its "
            "new weights are not used."
        ).format(held_out=held_out)

    def _fill(self, report: dict[str, Any]) -> None:
        for position, text in enumerate(("", tr("Before"), tr("After"), tr("Gain"))):
            self._put(text, 0, position, quiet=True)
        self._put(tr(_metric(report)), 1, 0)
        for position, key in enumerate(("before", "after", "gain"), start=1):
            self._put(_interval(report.get(key)), 1, position)
        forgotten = report.get("forgotten")
        for line, (metric, values) in enumerate(
            forgotten.items() if isinstance(forgotten, dict) else (), start=2
        ):
            if isinstance(values, list) and len(values) == 2:
                before, after = map(_number, values)
                self._put(tr("General test, {metric}").format(metric=metric.upper()), line, 0)
                texts = (
                    number_text(before, ".3f"),
                    number_text(after, ".3f"),
                    number_text(after - before, "+.3f"),
                )
                for position, text in enumerate(texts, start=1):
                    self._put(text, line, position)
        if not forgotten:
            text = tr("Forgetting on other images was not measured: it needs gaze data.")
            self._put(text, 8, 0, quiet=True, span=4)
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
        self, text: str, line: int, position: int, *, quiet: bool = False, span: int = 1
    ) -> None:
        cell = label(text, "quiet" if quiet else "")
        cell.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.numbers.addWidget(cell, line, position, 1, span)


def _forgetting(report: dict[str, Any]) -> list[str]:
    """A sentence where the student predicts gaze on general images less well than before."""
    forgotten = report.get("forgotten")
    pairs = forgotten.values() if isinstance(forgotten, dict) else ()
    lost = any(
        isinstance(pair, list)
        and len(pair) == 2
        and _number(pair[1]) < (1 - _FORGOTTEN) * _number(pair[0])
        for pair in pairs
    )
    return [tr("On other images it predicts gaze less well than before.")] if lost else []


def _held_out(report: dict[str, Any]) -> str:
    text = str(report.get("held_out", ""))
    return tr(text) if text else tr("held-out data")


def _metric(report: dict[str, Any]) -> str:
    return str(report.get("metric") or _METRIC)


def _interval(values: object) -> str:
    if not isinstance(values, dict):
        return "-"
    mean, low, high = (_number(values.get(name)) for name in ("mean", "low", "high"))
    # The interval stands on a second line, so that three cells fit in a narrow window.
    return f"{number_text(mean, '.3f')}\n{interval_text(low, high, 3)}"


def _number(value: object) -> float:
    # The report comes from another process, perhaps of another version.
    return float(value) if isinstance(value, (int, float)) else 0.0
