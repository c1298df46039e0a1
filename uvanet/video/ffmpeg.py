"""ffmpeg as a child process: started quietly, fed by a pipe, its last words kept."""

from __future__ import annotations

import collections
import contextlib
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from uvanet.errors import OutputError

if TYPE_CHECKING:
    from typing import IO

# Linux gives a pipe 64 KiB, twenty switches of the processor for one picture.
_PIPE_BYTES = 1 << 20


class Ffmpeg:
    """A running ffmpeg.

    Args:
        arguments: As on its command line.

    Attributes:
        process: The process, with pipes at stdin and stderr.

    Raises:
        OutputError: There is no ffmpeg, or it cannot be started.
    """

    def __init__(self, arguments: list[str]) -> None:
        self.process = start_ffmpeg(["-hide_banner", "-loglevel", "error", "-nostdin", *arguments])
        self._words: collections.deque[str] = collections.deque(maxlen=20)
        self._listener = threading.Thread(target=self._listen, name="ffmpeg-stderr", daemon=True)
        self._listener.start()
        if sys.platform == "linux":
            import fcntl

            # A hint: where the system gives less, it works all the same.
            with contextlib.suppress(OSError):
                fcntl.fcntl(self.stdin, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

    @property
    def stdin(self) -> IO[bytes]:
        """Where it reads."""
        assert self.process.stdin is not None
        return self.process.stdin

    def finish(self, seconds: float) -> bool:
        """Closes its stdin and waits for its end.

        Returns:
            Whether it ended well; one that does not end is killed.
        """
        # A broken pipe shows in the return code.
        with contextlib.suppress(OSError):
            self.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        code = self.process.poll()
        self.kill()
        return code == 0

    def kill(self) -> None:
        """Ends it, if it still runs, and lets go of its pipes."""
        self.process.kill()
        self.process.wait()
        self._listener.join()
        for pipe in (self.process.stdin, self.process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def words(self) -> str:
        """What it said before it failed; after `finish` or `kill`."""
        words = " ".join(word for word in self._words if word)
        return words[-400:] or f"it ended with code {self.process.returncode}"

    def _listen(self) -> None:
        """Keeps its last words, and keeps its pipe from filling up."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._words.append(line.decode(errors="replace").strip())


def start_ffmpeg(arguments: list[str]) -> subprocess.Popen[bytes]:
    """Starts the ffmpeg that imageio-ffmpeg carries, with pipes at stdin and stderr.

    Raises:
        OutputError: There is none, or it cannot be started.
    """
    import imageio_ffmpeg

    try:
        return subprocess.Popen(
            [imageio_ffmpeg.get_ffmpeg_exe(), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            # Ctrl-C in the terminal is for us to act upon: we then end ffmpeg in good order.
            process_group=0 if os.name == "posix" else None,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
            | getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except (OSError, RuntimeError) as error:
        raise OutputError(
            f"ffmpeg, which writes video files, cannot be started: {error}.",
            "Install the package imageio-ffmpeg again.",
        ) from None
