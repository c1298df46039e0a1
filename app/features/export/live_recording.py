"""Recording a live source: the last half minute, always there, and more when it is asked for."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
from PySide6.QtCore import QObject, Qt, Signal

from app.features.export.recorder import Recorder
from app.ui.i18n import tr
from uvanet.errors import OutputError, UvanetError

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.shell.context import FeatureContext
    from uvanet.video.replay_buffer import ReplayBuffer

KEPT_SECONDS = 30.0
_SAVING_SECONDS = 60.0


class LiveRecording(QObject):
    """Keeps what a live source gives, and saves stretches of it.

    Args:
        context: The parts of the program.
        rescue: Gives a place for a recording that cannot go on.

    Signals:
        failed: The UvanetError that ended it, and the path at which what was recorded is kept;
            None where nothing was.
        parted: The take that ended since the picture's size changed; a new one goes on.
    """

    failed = Signal(object, object)
    parted = Signal(object)
    _broke = Signal(object)
    _resized = Signal(object, float)

    def __init__(self, context: FeatureContext, rescue: Callable[[], Path]) -> None:
        super().__init__(context.slots.window)
        self._context = context
        self._rescue = rescue
        self._missed_before = 0
        self._recorder: Recorder | None = None
        self._since: float | None = None
        self._takes = 0
        self._saving: list[threading.Event] = []
        self._root = Path(platformdirs.user_cache_dir("uvanet", appauthor=False), "live")
        self._broke.connect(self._on_broke, Qt.ConnectionType.QueuedConnection)
        self._resized.connect(self._on_resized, Qt.ConnectionType.QueuedConnection)

    @property
    def recording(self) -> bool:
        """Whether more than the last half minute is kept."""
        return self._since is not None

    @property
    def seconds(self) -> float:
        """How long it has been recording."""
        return 0.0 if self._since is None else time.perf_counter() - self._since

    @property
    def missed(self) -> int:
        """Frames of this recording for which the disk was too slow."""
        return self._recorder.missed - self._missed_before if self._recorder is not None else 0

    def start(self) -> None:
        """Keeps the newest frames from now on."""
        if self._recorder is None:
            self._recorder = Recorder(self._make_ring, self._broke.emit, self._on_other_size)
            self._context.session.set_tap(self._recorder.offer)

    def _make_ring(self) -> ReplayBuffer:
        # Here and not above: the program starts without it, and this thread may wait.
        from uvanet.video.replay_buffer import ReplayBuffer

        return ReplayBuffer(self._root, KEPT_SECONDS)

    def stop(self) -> None:
        """Keeps nothing any more, and forgets what was kept once it is saved."""
        recorder, self._recorder, self._since = self._recorder, None, None
        saving, self._saving = self._saving, []
        self._context.session.set_tap(None)
        if recorder is None:
            return

        def end() -> None:
            for saved in saving:
                saved.wait(_SAVING_SECONDS)
            recorder.close(5.0)

        self._context.jobs.run(end, lambda _: None, self._raise, name="recorder")

    def record(self) -> None:
        """Keeps everything from now on."""
        self.start()
        self._since = time.perf_counter()
        if self._recorder is not None:
            self._missed_before = self._recorder.missed
            self._recorder.hold(self._since)

    def finish(self, done: Callable[[Path], None], failed: Callable[[Exception], None]) -> None:
        """Ends the recording and saves it; `done` gets the file."""
        since, self._since = self._since, None
        recorder = self._recorder

        def release() -> None:
            # Unless the next recording runs already.
            if recorder is not None and not (recorder is self._recorder and self.recording):
                recorder.hold(None)

        def saved(path: Path) -> None:
            release()
            done(path)

        def broken(error: Exception) -> None:
            release()
            failed(error)

        if since is not None:
            self._save(since, saved, broken)

    def save_last(self, done: Callable[[Path], None], failed: Callable[[Exception], None]) -> None:
        """Saves the last half minute; `done` gets the file."""
        self._save(None, done, failed)

    def close(self, timeout: float) -> bool:
        """Ends everything at the program's end; a recording that still runs is kept as it is.

        Args:
            timeout: Seconds it may take.

        Returns:
            Whether the thread ended.
        """
        recorder, since = self._recorder, self._since
        self._recorder, self._since = None, None
        self._context.session.set_tap(None)
        ended = True
        if recorder is not None:
            if since is not None and recorder.ring is not None:
                with contextlib.suppress(UvanetError):
                    recorder.ring.save(self._rescue(), since)
            ended = recorder.close(timeout)
        shutil.rmtree(self._take_folder, ignore_errors=True)
        return ended

    @property
    def _take_folder(self) -> Path:
        # Named as the rings are, so that what a crash leaves is cleared away with them.
        return self._root / f"{os.getpid()}-takes"

    def _next_take(self) -> Path:
        self._takes += 1
        self._take_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._take_folder / f"take-{self._takes}.mkv"

    def _save(
        self, start: float | None, done: Callable[[Path], None], failed: Callable[[Exception], None]
    ) -> None:
        """Saves from a moment on; None for the last half minute that there is."""
        recorder, saved = self._recorder, threading.Event()
        self._saving.append(saved)

        def work() -> Path:
            try:
                ring = recorder.ring if recorder is not None else None
                span = ring.span if ring is not None else None
                if ring is None or span is None:
                    raise OutputError(
                        tr("Nothing of this source was kept."), tr("Let it play for a moment.")
                    )
                path = self._next_take()
                # Of a source that fell silent, the last that came counts.
                ring.save(path, span[1] - KEPT_SECONDS if start is None else start)
            finally:
                saved.set()
            return path

        self._context.jobs.run(work, done, failed, name="take")

    def _on_other_size(self, t: float) -> None:
        """On the recorder's thread: what was recorded so far becomes a take of its own."""
        since, recorder = self._since, self._recorder
        if since is None or recorder is None or recorder.ring is None:
            return
        take = self._next_take()
        with contextlib.suppress(OutputError):  # of a single frame
            recorder.ring.save(take, since)
            self._resized.emit(take, t)

    def _on_resized(self, take: Path, t: float) -> None:
        if self._since is not None:
            self._since = t
        self.parted.emit(take)

    def _on_broke(self, error: UvanetError) -> None:
        recorder, since = self._recorder, self._since
        self._recorder, self._since = None, None
        self._context.session.set_tap(None)

        def rescue() -> Path | None:
            kept = None
            if recorder is not None:
                if since is not None and recorder.ring is not None:
                    with contextlib.suppress(UvanetError):
                        path = self._rescue()
                        recorder.ring.rescue(path, since)
                        kept = path
                recorder.close(5.0)
            return kept

        def done(kept: Path | None) -> None:
            self.failed.emit(error, kept)

        self._context.jobs.run(rescue, done, self._raise, name="rescue")

    def _raise(self, error: Exception) -> None:
        raise error
