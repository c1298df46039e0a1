"""Errors of the library. Each names the thing that failed and the next step to take."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from uvanet.i18n import tr_noop
from uvanet.redaction import safe


class UvanetError(Exception):
    """An error that the user can correct.

    Attributes:
        message: One sentence that names what failed.
        hint: One sentence that names the next step; may be empty.

    Both are made safe to show, since they may hold names and addresses from outside: see
    `uvanet.redaction.safe`.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        message, hint = safe(message), safe(hint)
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class UsageError(UvanetError):
    """An argument is invalid."""


class SourceError(UvanetError):
    """A source of pictures or video cannot be opened or read."""


class SourceUnavailableError(SourceError):
    """A source cannot be opened or read now, but another attempt may succeed.

    Examples are a camera that another program uses, that is not ready, or that sends nothing.
    """


class SourceAbsentError(SourceUnavailableError):
    """The device of a source is not connected."""


class ModelError(UvanetError):
    """A model is unknown, its files are missing or damaged, or it fails."""


class OutputError(UvanetError):
    """A result cannot be written."""


class MissingExtraError(UvanetError):
    """An optional dependency is not installed."""


class TrainingError(UvanetError):
    """A training run cannot continue."""


@contextlib.contextmanager
def output_errors(message: str, hint: str, **fields: object) -> Iterator[None]:
    """Raises an OSError of the block as an OutputError.

    Args:
        message: Message of the error; its field `{reason}` gets the message of the system.
        hint: Hint of the error.
        fields: The other fields of both texts.
    """
    try:
        yield
    except OSError as error:
        text = message.format(reason=error.strerror or error, **fields)
        raise OutputError(text, hint.format(**fields)) from error


MEMORY_HINT = tr_noop(
    "The memory is exhausted: close other programs, or choose a smaller model or size."
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception of Python or of a native library means that memory is exhausted."""
    text = str(error).lower()
    # Messages of C++ and CUDA, of torch and its oneDNN, of threads whose stack cannot be allocated,
    # and of encoders in FFmpeg.
    signs = (
        *("bad_alloc", "out of memory", "can't allocate memory", "could not create a primitive"),
        *("cannot allocate", "can't start new thread", "failed to allocate"),
    )
    return isinstance(error, MemoryError) or any(sign in text for sign in signs)
