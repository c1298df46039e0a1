"""Frames of a screen or a window under Wayland: the portal's PipeWire stream, read by GStreamer.

PipeWire has no maintained binding for Python. The desktops that have a portal install GStreamer,
whose command line writes raw frames into a pipe.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import subprocess
import tempfile
import time
from typing import IO

import numpy as np
from numpy.typing import NDArray

from uvanet.errors import SourceError
from uvanet.i18n import tr, tr_noop
from uvanet.sources._thread_safe import ThreadSafeSource
from uvanet.sources.base import Frame, SourceInfo, SourceKind
from uvanet.sources.screen_portal import ScreenCastPortal, SharedStream

_FALLBACK_SIZE = (1280, 720)  # if the portal states no size; the picture is letterboxed
_KEEPALIVE_MS = 200  # interval of frames while nothing changes on the screen
_POLL_MS = 200
_CHECK_S = 0.5  # interval of asking the portal whether the sharing has ended
_INSTALL = tr_noop(
    "Install GStreamer's tools and its PipeWire plugin (Debian, Ubuntu: "
    "gstreamer1.0-tools gstreamer1.0-pipewire)."
)


class PortalScreenSource(ThreadSafeSource):
    """Frames of the screen or window that the user chooses in the desktop's dialog.

    Args:
        fps: Maximum frames per second.
    """

    def __init__(self, fps: float = 30.0) -> None:
        super().__init__(tr("Screen"))
        self._fps = fps
        self._portal: ScreenCastPortal | None = None
        self._reader: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._size = _FALLBACK_SIZE
        self._begin = 0.0
        self._next_check = 0.0
        self._next_index = 0

    def _open(self) -> SourceInfo:
        if shutil.which("gst-launch-1.0") is None:
            raise SourceError(
                tr("The screen cannot be watched: GStreamer is missing."), tr(_INSTALL)
            )
        self._portal = ScreenCastPortal(self._closing.is_set)
        shared = self._portal.share()
        self._size = shared.size or _FALLBACK_SIZE
        self._start(shared)
        self._begin = time.monotonic()
        return SourceInfo(
            spec="screen:",
            title=tr("Window") if shared.is_window else tr("Screen"),
            kind=SourceKind.SCREEN,
            width=self._size[0],
            height=self._size[1],
            fps=self._fps,
            live=True,
        )

    def _start(self, shared: SharedStream) -> None:
        width, height = self._size
        # The queue drops old frames, so that a slow reader does not block the compositor.
        command = [
            *("gst-launch-1.0", "-q", "pipewiresrc", f"fd={shared.remote}", f"path={shared.node}"),
            *(f"keepalive-time={_KEEPALIVE_MS}", "do-timestamp=true"),
            *("!", "videorate", "drop-only=true", f"max-rate={max(1, round(self._fps))}"),
            *("!", "videoconvert", "!", "videoscale", "add-borders=true"),
            *("!", f"video/x-raw,format=BGR,width={width},height={height},pixel-aspect-ratio=1/1"),
            *("!", "queue", "leaky=downstream", "max-size-buffers=2"),
            *("!", "fdsink", "fd=1", "sync=false"),
        ]
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in _release
        try:
            self._reader = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                pass_fds=[shared.remote],
            )
        except OSError as error:
            raise SourceError(
                tr("GStreamer cannot be started: {error}.").format(error=error), tr(_INSTALL)
            ) from None
        finally:
            os.close(shared.remote)

    def _read(self) -> Frame | None:
        width, height = self._size
        # GStreamer pads each row of BGR to a multiple of four bytes.
        stride = (3 * width + 3) // 4 * 4
        rows: NDArray[np.uint8] = np.empty((height, stride), np.uint8)
        self._fill(rows.data.cast("B"))
        image = np.ascontiguousarray(rows[:, : 3 * width]).reshape(height, width, 3)
        frame = Frame(image, time.monotonic() - self._begin, self._next_index)
        self._next_index += 1
        return frame

    def _fill(self, view: memoryview) -> None:
        assert self._reader is not None
        assert self._reader.stdout is not None
        pipe, filled = self._reader.stdout.fileno(), 0
        ready = select.poll()
        ready.register(pipe, select.POLLIN)
        while filled < len(view):
            self._refuse_closed()
            if time.monotonic() > self._next_check:
                self._next_check = time.monotonic() + _CHECK_S
                # GStreamer would repeat the last picture for ever.
                if self._portal is not None and self._portal.has_ended():
                    raise SourceError(
                        tr("The desktop ended the sharing."), tr("Open the source again.")
                    )
            if not ready.poll(_POLL_MS):
                continue
            count = os.readv(pipe, [view[filled:]])
            if count == 0:
                raise self._failure()
            filled += count

    def _failure(self) -> SourceError:
        """Makes the error for GStreamer's end from its messages."""
        assert self._errors is not None
        self._errors.seek(0)
        text = self._errors.read(100_000).decode(errors="replace")
        if "pipewiresrc" in text and "no element" in text:
            return SourceError(
                tr("The screen cannot be watched: GStreamer's PipeWire plugin is missing."),
                tr(_INSTALL),
            )
        lines = [line for line in text.splitlines() if "ERROR" in line]
        reason = f": {lines[0].strip()}" if lines else ""
        return SourceError(
            tr("The screen is not shared any more{reason}.").format(reason=reason),
            tr("Open the source again."),
        )

    def _release(self) -> None:
        if self._reader is not None:
            self._reader.kill()
            if self._reader.stdout is not None:
                self._reader.stdout.close()
            self._reader.wait()
        if self._errors is not None:
            self._errors.close()
        if self._portal is not None:
            with contextlib.suppress(OSError):
                self._portal.close()
