"""Keeps the last half minute of a live source, and saves recordings of it as video files."""

from __future__ import annotations

import contextlib
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.features.export.options import file_stem
from app.features.export.recorder import Recorder
from app.runtime.shutdown import run_bounded
from app.ui.i18n import tr
from uvanet.errors import OutputError, UvanetError
from uvanet.paths import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.features.export.recorder import SlowPart
    from app.runtime.jobs import Jobs
    from app.session.session import LiveSession
    from uvanet.video.replay_buffer import ReplayBuffer

    Failed = Callable[[Exception], None]

REPLAY_SECONDS = 30.0
CLEAN_UP_MS = 2000
"""Delay before files of earlier sessions are searched, so that the start is not slower."""
_SAVING_SECONDS = 60.0  # longest time that a buffer is kept for recordings being saved from it


class LiveRecording(QObject):
    """Records a live source, and saves recordings or its last half minute as video files.

    A recording is saved without the heat map, into the folder of exports.

    Args:
        session: Its frames are recorded.
        jobs: Saves files on worker threads.
        folder: Returns the folder of exports.
        parent: Parent object.

    Signals:
        failed: The UvanetError that ended the recording, and the path of the file with the frames
            before it; None if there are none.
        split: The path of a recording that ended because the size of the frames changed. The next
            recording has begun.
        recovered: Paths of recordings that a killed program had not saved. They are saved now.
    """

    failed = Signal(object, object)
    split = Signal(object)
    recovered = Signal(object)
    _recorder_failed = Signal(int, object)
    _saved_before_resize = Signal(int, object, float)

    def __init__(
        self,
        session: LiveSession,
        jobs: Jobs,
        folder: Callable[[], Path],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._jobs = jobs
        self._folder = folder
        self._cache = cache_folder() / "live"
        self._recorder: Recorder | None = None
        self._number = 0  # of the recorder; its calls and signals carry this number
        self._since: float | None = None  # start of the recording, `perf_counter` seconds
        self._title = ""
        self._missed_before = self._damaged_before = 0
        self._saving: list[threading.Event] = []
        # Frames of a killed program are private: recordings are recovered, others are deleted.
        QTimer.singleShot(CLEAN_UP_MS, self, self._recover)
        self._recorder_failed.connect(self._on_failed, Qt.ConnectionType.QueuedConnection)
        self._saved_before_resize.connect(self._on_split, Qt.ConnectionType.QueuedConnection)

    @property
    def recording(self) -> bool:
        """Whether a recording is active, which keeps more than the last half minute."""
        return self._since is not None

    @property
    def saving(self) -> bool:
        """Whether a recording is being written to its file."""
        return any(not saved.is_set() for saved in self._saving)

    @property
    def seconds(self) -> float:
        """Duration of the active recording, seconds; 0 without one."""
        return 0.0 if self._since is None else time.perf_counter() - self._since

    @property
    def missed(self) -> int:
        """Number of frames that this recording dropped, as encoding or the disk was too slow."""
        return self._recorder.missed - self._missed_before if self._recorder is not None else 0

    @property
    def slow_part(self) -> SlowPart | None:
        """The cause of dropped frames in this recording; None without dropped frames."""
        return self._recorder.slow_part if self._recorder is not None and self.missed else None

    @property
    def damaged(self) -> int:
        """Number of damaged frames of the source since the start of this recording."""
        return self._session.stats().damaged - self._damaged_before

    def start(self) -> None:
        """Keeps the last half minute from now on."""
        if self._recorder is None:
            self._number += 1
            self._recorder = Recorder(
                self._make_buffer,
                partial(self._recorder_failed.emit, self._number),
                partial(self._resized, self._number),
            )
            self._session.set_tap(self._recorder.offer)

    def stop(self) -> None:
        """Stops keeping frames; the buffer is deleted when its recordings are saved."""
        recorder, self._recorder, self._since = self._recorder, None, None
        self._session.set_tap(None)
        if recorder is None:
            return
        saving = list(self._saving)

        def end() -> None:
            _wait(saving, _SAVING_SECONDS)
            recorder.close(5.0)

        self._jobs.run(end, name="recorder")

    def record(self, title: str) -> None:
        """Keeps everything from now on.

        Args:
            title: Title of the source, for the name of the file.
        """
        self.start()
        self._title = title
        self._since = time.perf_counter()
        if self._recorder is not None:
            self._missed_before = self._recorder.missed
            self._damaged_before = self._session.stats().damaged
            self._recorder.hold(self._since, title)

    def finish(self, done: Callable[[Path], None], failed: Failed) -> None:
        """Ends the recording and saves it; `done` receives the file, on the GUI thread."""
        since, self._since = self._since, None
        recorder = self._recorder

        def release() -> None:
            # If the next recording has begun, its frames are still held.
            if recorder is not None and not (recorder is self._recorder and self.recording):
                recorder.hold(None)

        def saved(path: Path) -> None:
            release()
            done(path)

        def not_saved(error: Exception) -> None:
            release()
            failed(error)

        if since is not None:
            self._save(self._title, since, saved, not_saved)

    def save_last(self, title: str, done: Callable[[Path], None], failed: Failed) -> None:
        """Saves the last half minute; `done` receives the file, on the GUI thread."""
        self._save(title, None, done, failed)

    def close(self, timeout: float) -> bool:
        """Ends everything when the program quits; an active recording is saved.

        Args:
            timeout: Seconds to wait; longer work continues on a daemon thread.

        Returns:
            Whether everything is saved and the recorder's thread has ended.
        """
        recorder, since, saving = self._recorder, self._since, list(self._saving)
        self._recorder, self._since = None, None
        self._session.set_tap(None)
        folders = self._folders()

        def end() -> None:
            _wait(saving, _SAVING_SECONDS)
            if recorder is None:
                return
            if since is not None and recorder.buffer is not None:
                with contextlib.suppress(UvanetError):
                    _save(recorder.buffer, folders, self._title, since)
            recorder.close(5.0)

        return run_bounded(end, timeout, "save-recording")

    def _recover(self) -> None:
        folder = self._folder()

        def work() -> list[Path]:
            if not self._cache.is_dir() or not any(self._cache.iterdir()):
                return []
            from uvanet.video.replay_recovery import recover_recordings

            return recover_recordings(
                self._cache,
                lambda title: _file(folder, title),
            )

        def done(paths: list[Path]) -> None:
            if paths:
                self.recovered.emit(paths)

        self._jobs.run(work, done, name="recover-recordings")

    def _make_buffer(self) -> ReplayBuffer:
        # Imported on the recorder's thread, so that the start of the program is not slower.
        from uvanet.video.replay_buffer import ReplayBuffer

        return ReplayBuffer(self._cache, REPLAY_SECONDS)

    def _folders(self) -> tuple[Path, ...]:
        """Folders in which a recording can be saved; the preferred one comes first."""
        return (self._folder(), Path.home(), self._cache / "recordings")

    def _save(
        self, title: str, start: float | None, done: Callable[[Path], None], failed: Failed
    ) -> None:
        """Saves the frames from a time on; None for the last half minute."""
        recorder, saved, folders = self._recorder, threading.Event(), self._folders()
        self._saving = [other for other in self._saving if not other.is_set()]
        self._saving.append(saved)

        def work() -> Path:
            try:
                buffer = recorder.buffer if recorder is not None else None
                span = buffer.span if buffer is not None else None
                if buffer is None or span is None:
                    raise OutputError(
                        tr("Nothing of this source was kept."), tr("Let it play for a moment.")
                    )
                # Measured from the last frame, as the source may have stopped sending.
                begin = span[1] - REPLAY_SECONDS if start is None else start
                return _save(buffer, folders, title, begin)
            finally:
                saved.set()

        self._jobs.run(work, done, failed, name="recording")

    def _resized(self, number: int, t: float) -> None:
        """Saves the frames of the previous size. Called on the recorder's thread."""
        since, recorder = self._since, self._recorder
        if number != self._number or since is None or recorder is None or recorder.buffer is None:
            return
        with contextlib.suppress(OutputError):  # one frame cannot be saved as a video
            path = _save(recorder.buffer, self._folders(), self._title, since)
            self._saved_before_resize.emit(number, path, t)

    def _on_split(self, number: int, path: Path, t: float) -> None:
        if number == self._number and self._since is not None:
            self._since = t
        self.split.emit(path)

    def _on_failed(self, number: int, error: UvanetError) -> None:
        if number != self._number:  # an earlier recorder, whose source is closed
            return
        recorder, since = self._recorder, self._since
        self._recorder, self._since = None, None
        self._session.set_tap(None)
        if recorder is None:
            return
        saving, folders, title = list(self._saving), self._folders(), self._title

        def salvage() -> Path | None:
            _wait(saving, _SAVING_SECONDS)
            kept = None
            if since is not None and recorder.buffer is not None:
                with contextlib.suppress(UvanetError):
                    kept = _salvage(recorder.buffer, folders, title, since)
            recorder.close(5.0)
            return kept

        self._jobs.run(salvage, lambda kept: self.failed.emit(error, kept), name="salvage")


def _save(buffer: ReplayBuffer, folders: Sequence[Path], title: str, start: float) -> Path:
    """Saves a recording in the first folder that has room for it.

    Raises:
        OutputError: No folder can be used; the message is about the first one.
    """
    first: OutputError | None = None
    for folder in folders:
        try:
            return buffer.save(_file(folder, title), start).path
        except OutputError as error:
            first = first or error
    assert first is not None
    raise first


def _salvage(buffer: ReplayBuffer, folders: Sequence[Path], title: str, start: float) -> Path:
    """Saves the frames before an error. On a full disk, frees the space of copied frames.

    Raises:
        OutputError: Nothing could be saved.
    """
    try:
        return _save(buffer, folders, title, start)
    except OutputError:
        return buffer.salvage(_file(folders[0], title), start).path


def _file(folder: Path, title: str) -> Path:
    return folder / f"{file_stem(title, dated=True)}.mkv"


def _wait(events: Sequence[threading.Event], timeout: float) -> None:
    deadline = time.monotonic() + timeout
    for event in events:
        event.wait(max(0.0, deadline - time.monotonic()))
