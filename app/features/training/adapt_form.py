"""Adapt to this scene: one button, and few choices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.features.training.form_parts import Advanced, FolderLine, ModelChoice, hint, quiet
from app.ui.controls import ValueSlider
from app.ui.i18n import tr

if TYPE_CHECKING:
    from uvanet.model_card import Card
    from uvanet.sources.base import SourceInfo

LEAST, MOST = 30, 120  # seconds of watching


class AdaptSetup(QWidget):
    """The choices.

    Signals:
        accepted: Start.
    """

    accepted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = QLabel()
        self.title.setObjectName("verdict")
        self.title.setWordWrap(True)
        self.words = quiet("")
        span = MOST - LEAST
        self.watching = ValueSlider(
            tr("Watch for"),
            float(span),
            tr("How much of the scene the student learns from"),
            lambda value: tr("{seconds:.0f} s").format(seconds=LEAST + value),
        )
        self.watching.set_value(60.0 - LEAST)
        self.keep = QCheckBox(tr("Keep the frames"))
        self.keep.setToolTip(tr("Leaves what was recorded in its private folder"))
        self.privacy = quiet(
            tr(
                "What is seen stays in a private folder of this computer and is deleted after "
                "training. Nothing is ever sent anywhere."
            )
        )
        self.advanced = Advanced()
        self.teacher = ModelChoice(
            tr("Teacher"), tr("Says where people would look; the student learns it"), files=True
        )
        self.start = ModelChoice(tr("Start from"), tr("The student that learns"))
        self.replay = FolderLine(
            tr("General pictures"),
            tr("A folder of pictures to learn beside, so that little else is forgotten"),
        )
        self.data = FolderLine(
            tr("Gaze data"),
            tr("Pictures with human gaze; by them it is measured how much was forgotten"),
        )
        self.steps = QSpinBox()
        self.steps.setRange(20, 100_000)
        self.steps.setAccessibleName(tr("Steps"))
        self.steps.setToolTip(tr("Batches that the student learns from"))
        form = self.advanced.form
        form.addRow(tr("Teacher"), self.teacher)
        form.addRow("", hint(tr("A larger network; it labels what was seen.")))
        form.addRow(tr("Start from"), self.start)
        form.addRow("", hint(tr("The student that goes on learning; it stays as it is.")))
        form.addRow(tr("General pictures"), self.replay)
        form.addRow("", hint(tr("Learned beside the scene, so that less is forgotten.")))
        form.addRow(tr("Gaze data"), self.data)
        form.addRow("", hint(tr("Where you have some, what was forgotten is measured on it.")))
        form.addRow(tr("Steps"), self.steps)
        form.addRow("", hint(tr("600 take one to two minutes on two cores.")))
        self.advanced.finish()
        self.problem = quiet("")
        self.go = QPushButton(tr("Adapt"))
        self.go.setDefault(True)
        self.go.setToolTip(tr("Starts watching, labelling and learning"))
        self.go.clicked.connect(self.accepted)
        self._lay_out()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.problem, 1)
        buttons.addWidget(self.go)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(14)
        layout.addWidget(self.title)
        layout.addWidget(self.words)
        layout.addWidget(self.watching)
        layout.addWidget(self.keep)
        layout.addWidget(self.privacy)
        layout.addWidget(self.advanced)
        layout.addStretch()
        layout.addLayout(buttons)

    @property
    def seconds(self) -> float:
        """How long to watch."""
        return LEAST + self.watching.value

    def show_models(self, cards: list[Card], current: str, teacher: str) -> None:
        """Lists the models.

        Args:
            cards: All of them.
            current: The name of the one in the live view.
            teacher: The teacher chosen before; may be empty.
        """
        self.teacher.fill(cards, "teacher")
        self.teacher.choose(teacher)
        self.start.fill(cards, "student")
        self.start.choose(current)

    def show_source(self, info: SourceInfo | None, problem: str) -> None:
        """Says what would be watched, or why it cannot be.

        Args:
            info: The source.
            problem: Why nothing can be learned from it; empty where it can.
        """
        title = info.title if info is not None else ""
        self.title.setText(
            tr("Adapt to {title}").format(title=title) if title else tr("Adapt to this scene")
        )
        live = info is not None and info.live
        self.words.setText(
            tr(
                "The student watches this scene, the teacher says where people would look, and "
                "the student learns it. Both are then measured on later frames; the new weights "
                "are used only if they are better."
            )
        )
        self.keep.setVisible(live)
        self.problem.setText(problem)
        self.go.setEnabled(not problem)
