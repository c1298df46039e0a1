"""The options of an adaptation to the scene that plays."""

from __future__ import annotations

from pathlib import Path
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

from app.features.training.form_parts import (
    AdvancedOptions,
    FolderField,
    ModelChoice,
    help_text,
    hint,
)
from app.features.training.run_folders import RunRequest
from app.ui.i18n import tr
from app.ui.sliders import ValueSlider
from uvanet.sources.base import SourceKind

if TYPE_CHECKING:
    from uvanet.model_card import Card
    from uvanet.sources.base import SourceInfo

MIN_SECONDS, MAX_SECONDS = 30, 120
"""How much of the scene can be recorded, seconds."""


class AdaptForm(QWidget):
    """Asks how to adapt.

    Signals:
        accepted: Start with these options.
    """

    accepted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = QLabel()
        self.title.setObjectName("verdict")
        self.title.setWordWrap(True)
        self.about = help_text("")
        span = MAX_SECONDS - MIN_SECONDS
        self.duration = ValueSlider(
            tr("Record for"),
            float(span),
            tr("How much of the scene the student learns from; pauses do not count"),
            lambda value: tr("{seconds:.0f} s").format(seconds=MIN_SECONDS + value),
        )
        self.duration.set_value(60.0 - MIN_SECONDS)
        self.keep = QCheckBox(tr("Keep the frames"))
        self.keep.setToolTip(tr("Keeps the recorded frames in their private folder after training"))
        self.privacy = help_text(
            tr(
                "Recorded frames stay in a private folder of this computer and are deleted after "
                "training. Nothing is sent anywhere."
            )
        )
        self.advanced = AdvancedOptions()
        self.teacher = ModelChoice(
            tr("Teacher"), tr("Labels the frames that the student learns from"), files=True
        )
        self.start = ModelChoice(tr("Start from"), tr("The model that is trained further"))
        self.replay = FolderField(
            tr("General images"),
            tr("A folder of images to train on as well, which reduces forgetting"),
        )
        self.data = FolderField(
            tr("Gaze data"),
            tr("Images with human gaze, on which forgetting is measured"),
        )
        self.steps = QSpinBox()
        self.steps.setRange(20, 100_000)
        self.steps.setAccessibleName(tr("Steps"))
        self.steps.setToolTip(tr("Number of training batches"))
        form = self.advanced.form
        form.addRow(tr("Teacher"), self.teacher)
        form.addRow("", hint(tr("A larger model; it labels the recorded frames.")))
        form.addRow(tr("Start from"), self.start)
        form.addRow("", hint(tr("A copy of it is trained; the model itself does not change.")))
        form.addRow(tr("General images"), self.replay)
        form.addRow("", hint(tr("Trained on as well to reduce forgetting.")))
        form.addRow(tr("Gaze data"), self.data)
        form.addRow("", hint(tr("Optional: forgetting is measured on it.")))
        form.addRow(tr("Steps"), self.steps)
        form.addRow("", hint(tr("600 steps take one to two minutes on two cores.")))
        self.advanced.finish()
        self.problem = help_text("")
        self.go = QPushButton(tr("Adapt"))
        self.go.setDefault(True)
        self.go.setToolTip(tr("Starts recording, labelling and training"))
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
        layout.addWidget(self.about)
        layout.addWidget(self.duration)
        layout.addWidget(self.keep)
        layout.addWidget(self.privacy)
        layout.addWidget(self.advanced)
        layout.addStretch()
        layout.addLayout(buttons)

    @property
    def seconds(self) -> float:
        """How much to record, seconds."""
        return MIN_SECONDS + self.duration.value

    def request(self, info: SourceInfo, begin: float | None) -> RunRequest:
        """The run that is chosen. Of a live source, the folder of frames is to be added.

        Args:
            info: The source.
            begin: Where in a file the scene begins, seconds; None for the start of the file.
        """
        arguments = ["--seconds", f"{self.seconds:g}", "--start", self.start.value or "uvanet-64"]
        arguments += ["--teacher", self.teacher.value] if self.teacher.value else []
        arguments += ["--replay", self.replay.path] if self.replay.path else []
        arguments += ["--steps", str(self.steps.value())]
        arguments += ["--data", self.data.path] if self.data.path else []
        if not info.live:
            source = info.spec
            if info.kind in (SourceKind.VIDEO, SourceKind.FOLDER):
                source = str(Path(source).absolute())
            arguments.insert(0, source)
            arguments += [] if begin is None else ["--begin", f"{begin:.3f}"]
        background = self.advanced.background.isChecked()
        return RunRequest("adapt", info.title, arguments, background, info.spec)

    def show_models(self, cards: list[Card], current: str, teacher: str) -> None:
        """Lists the models.

        Args:
            cards: All of them.
            current: The name of the model in use.
            teacher: The teacher of the last training; may be empty.
        """
        self.teacher.fill(cards, "teacher")
        self.teacher.choose(teacher)
        self.start.fill(cards, "student")
        self.start.choose(current)

    def show_source(self, info: SourceInfo | None, problem: str) -> None:
        """Shows what the student would adapt to.

        Args:
            info: The source.
            problem: Why it cannot adapt to it; empty where it can.
        """
        title = info.title if info is not None else ""
        self.title.setText(
            tr("Adapt to {title}").format(title=title) if title else tr("Adapt to this scene")
        )
        live = info is not None and info.live
        self.about.setText(
            tr(
                "A teacher labels frames of this scene, and the student is trained on them. The "
                "student before and after is measured on later frames; the new weights are used "
                "only if they are better."
            )
        )
        self.keep.setVisible(live)
        self.problem.setText(problem)
        self.go.setEnabled(not problem)
