"""Protects the standard streams: one that is closed, full or unread causes no traceback."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import cast

from uvanet.errors import OutputError
from uvanet.i18n import tr


class _Output(io.TextIOWrapper):
    """Standard output: an error of the system becomes an OutputError, except a broken pipe."""

    def write(self, text: str) -> int:
        with _named_errors():
            return super().write(text)

    def flush(self) -> None:
        with _named_errors():
            super().flush()


class _Errors(io.TextIOWrapper):
    """Standard error: errors of the system are ignored, since nothing is left to report them to."""

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            super().flush()


def protect_standard_streams() -> None:
    """Replaces the process's standard streams by ones that a full disk cannot break.

    A closed stream is opened on the null device. Otherwise the next file that the process opens
    would take its descriptor, and messages of native libraries would end up in that file.
    File names that are not UTF-8 are printed as their original bytes.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free descriptor: this one
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for the whole run
    # A stream of another type belongs to a test or to an embedding program, and stays.
    if sys.stdout is None or type(sys.stdout) is io.TextIOWrapper:
        binary, encoding = _detached(sys.stdout, 1)
        line_buffering = binary.isatty()
        sys.stdout = _Output(
            binary, encoding, errors="surrogateescape", line_buffering=line_buffering
        )
    if sys.stderr is None or type(sys.stderr) is io.TextIOWrapper:
        binary, encoding = _detached(sys.stderr, 2)
        sys.stderr = _Errors(binary, encoding, errors="backslashreplace", line_buffering=True)


def discard_output() -> None:
    """Redirects standard output, with the text still in its buffer, to the null device."""
    with contextlib.suppress(OSError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.close(null)


def _detached(stream: io.TextIOWrapper | None, descriptor: int) -> tuple[io.BufferedWriter, str]:
    """The binary stream below a text stream, and its encoding."""
    if stream is None:
        return open(descriptor, "wb", closefd=False), "utf-8"
    encoding = stream.encoding
    stream.flush()
    return cast("io.BufferedWriter", stream.detach()), encoding


@contextlib.contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(
            tr("Standard output cannot be written: {reason}.").format(
                reason=error.strerror or error
            ),
            tr("Redirect it to a file on a disk with free space."),
        ) from error
