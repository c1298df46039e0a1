"""The form of an adaptation: its options, and why it cannot start."""

from __future__ import annotations

from pathlib import Path

from app.features.training.data_summary import no_room
from app.features.training.form_parts import FolderField, help_text
from app.features.training.run_folders import RunRequest
from app.features.training.training_form import TrainingForm
from app.ui.build import check_box, spin_box
from app.ui.i18n import tr
from app.ui.sliders import ValueSlider
from uvanet.sources.base import SourceInfo, SourceKind

MIN_SECONDS, MAX_SECONDS = 30, 120
"""Limits of the duration of a recording, seconds."""

MIN_CLIP = 2.0
"""Shortest video that can be used, seconds."""

DISK_BYTES = 400_000_000
"""Space for the frames of a scene, general images and checkpoints of the largest student."""


class AdaptForm(TrainingForm):
    """Asks how to adapt a student to the current scene."""

    def __init__(self) -> None:
        super().__init__(tr("Adapt"), tr("Starts recording, labelling and training"))
        self.duration = ValueSlider(
            tr("Record for"),
            float(MAX_SECONDS - MIN_SECONDS),
            tr("How much of the scene the student learns from; pauses do not count"),
            lambda value: tr("{seconds:.0f} s").format(seconds=MIN_SECONDS + value),
        )
        self.duration.set_value(60.0 - MIN_SECONDS)
        self.keep = check_box(
            tr("Keep the frames"),
            tr("Keeps the recorded frames in their private folder after training"),
        )
        self.data = FolderField(
            tr("Gaze data"), tr("Images with human gaze, on which forgetting is measured")
        )
        self.steps = spin_box(tr("Steps"), tr("Number of training batches"), 20, 100_000, 600)
        for text, field, about in (
            (tr("Teacher"), self.teacher, tr("A larger model; it labels the recorded frames.")),
            (
                tr("Start from"),
                self.start,
                tr("A copy of it is trained; the model itself does not change."),
            ),
            (tr("General images"), self.replay, tr("Trained on as well to reduce forgetting.")),
            (tr("Gaze data"), self.data, tr("Optional: forgetting is measured on it.")),
            (tr("Steps"), self.steps, tr("600 steps take one to two minutes on two cores.")),
        ):
            self.advanced.add(text, field, about)
        about_training = help_text(
            tr(
                "A teacher labels frames of this scene, and the student is trained on them. The "
                "student before and after is measured on later frames; the new weights are used "
                "only if they are better."
            )
        )
        privacy = help_text(
            tr(
                "Recorded frames stay in a private folder of this computer and are deleted after "
                "training. Nothing is sent anywhere."
            )
        )
        self.length = help_text()
        self._arrange(about_training, self.duration, self.length, self.keep, privacy)

    @property
    def seconds(self) -> float:
        """Duration of the recording, seconds."""
        return MIN_SECONDS + self.duration.value

    def request(self, info: SourceInfo, begin: float | None) -> RunRequest:
        """Returns the chosen run. For a live source, the caller adds the folder of its frames.

        Args:
            info: The source.
            begin: Start of the scene in a file, seconds; None for the start of the file.
        """
        arguments = ["--seconds", f"{self.seconds:g}", "--start", self.start.value or "uvanet-64"]
        arguments += ["--teacher", self.teacher.value] if self.teacher.value else []
        arguments += ["--replay", self.replay.path] if self.replay.path else []
        arguments += ["--steps", str(self.steps.value())]
        arguments += ["--data", self.data.path] if self.data.path else []
        if not info.live:
            is_path = info.kind in (SourceKind.VIDEO, SourceKind.FOLDER)
            arguments.insert(0, str(Path(info.spec).absolute()) if is_path else info.spec)
            arguments += [] if begin is None else ["--begin", f"{begin:.3f}"]
        background = self.background.isChecked()
        return RunRequest("adapt", info.title, arguments, background, info.spec)

    def show_source(self, info: SourceInfo | None, room: int) -> None:
        """Shows the source, and why the adaptation cannot start.

        Args:
            info: The source; None if no source is open.
            room: Free bytes on the disk of the runs; 0 if unknown.
        """
        self.title.setText(
            tr("Adapt to {title}").format(title=info.title)
            if info is not None and info.title
            else tr("Adapt to this scene")
        )
        self.keep.setVisible(info is not None and info.live)
        seconds = None if info is None or info.live or info.slides else info.duration
        self.length.setVisible(seconds is not None and seconds < self.seconds)
        if seconds is not None:
            text = tr("The video lasts {seconds:.0f} s; all of it is used.")
            self.length.setText(text.format(seconds=seconds))
        self.show_problem(self._problem(info, room))

    def _problem(self, info: SourceInfo | None, room: int) -> str:
        if info is None:
            return tr("There is no scene: choose a source first.")
        if not info.plays:
            return tr("Still images have no later frames; choose a camera or a video.")
        if info.duration is not None and info.duration < MIN_CLIP:
            text = tr("The video is too short: {seconds:g} s are needed.")
            return text.format(seconds=MIN_CLIP)
        if not self.teacher.value:
            return tr("No teacher is installed: choose its file under Advanced.")
        if problem := self.replay.problem or self.data.problem:
            return problem
        if room and room < DISK_BYTES:
            return no_room(DISK_BYTES, room)
        return ""
