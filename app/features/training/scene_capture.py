"""Watches a live scene for a while, then hands it to a run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.features.training.run import discard_quietly, new_folder
from app.features.training.scene_recorder import SceneRecorder
from app.ui.i18n import tr
from uvanet.errors import UvanetError
from uvanet.user_models import data_folder, private

if TYPE_CHECKING:
    from pathlib import Path

    from app.features.training.feature import Training
    from app.features.training.run import RunRequest


class SceneCapture(QObject):
    """At most one recording at a time.

    Args:
        feature: Gets the run.
    """

    def __init__(self, feature: Training) -> None:
        super().__init__(feature)
        self._feature = feature
        self._recording: SceneRecorder | None = None
        self._folder: Path | None = None

    @property
    def active(self) -> bool:
        """Whether it watches."""
        return self._recording is not None

    def record(self, wanted: RunRequest, seconds: float, *, keep: bool) -> None:
        """Begins to watch what the window paints.

        Args:
            wanted: The run, without what it learns from.
            seconds: How long.
            keep: Leave the frames where they are after the training.

        Raises:
            OutputError: The private folder cannot be made.
        """
        folder = new_folder()
        frames = folder / "frames"
        if keep:
            frames = private(data_folder() / "recordings") / folder.name
        private(frames)
        words = [str(frames), *wanted.arguments, "--recording"]
        words += ["--keep-frames"] if keep else []
        request = replace(wanted, arguments=words)
        feature = self._feature
        self._folder = folder
        self._recording = SceneRecorder(feature.context.presenter, frames, seconds, self)
        self._recording.seen.connect(self._on_seen)
        self._recording.finished.connect(lambda count: self._on_recorded(request, count))
        dialog = feature.dialog("adapt")
        dialog.show_progress()
        dialog.view.pause.setEnabled(False)

    def cancel(self, timeout: float = 1.0) -> None:
        """Ends it and deletes what was seen; does nothing where nothing is watched."""
        recording, self._recording = self._recording, None
        if recording is None:
            return
        recording.cancel(timeout)
        if self._folder is not None:
            discard_quietly(self._folder)
        self._feature.status.show_run(None)

    def _on_seen(self, seconds: float) -> None:
        if self._recording is None:
            return
        left = max(0.0, self._recording.seconds - seconds)
        share = min(1.0, seconds / self._recording.seconds)
        self._feature.dialog("adapt").view.show_step("record", share, left)
        self._feature.status.show_share(tr("Watching"), share, left)

    def _on_recorded(self, request: RunRequest, count: int) -> None:
        recording, folder = self._recording, self._folder
        if recording is None:
            return
        if count < 0:
            self.cancel()
            message = tr("The frames cannot be written to {folder}.").format(folder=folder)
            hint = tr("Make room on the disk, and start again.")
            self._feature.show_failure(UvanetError(message, hint))
            return
        self._recording = None
        self._feature.start(request, folder)
