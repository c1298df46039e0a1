"""What this library says when something went wrong.

Every error a user can meet names the thing that failed and the next step to take.
"""

from __future__ import annotations


class UvanetError(Exception):
    """An error a user can act upon.

    Attributes:
        message: What went wrong, naming the thing; one sentence.
        hint: The next step to take; one sentence, may be empty.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class UsageError(UvanetError):
    """The caller asked for something that does not exist or makes no sense."""


class SourceError(UvanetError):
    """A source of pictures cannot be opened or read."""


class ModelError(UvanetError):
    """A model is unknown, or its weights are missing, damaged or do not fit."""


class OutputError(UvanetError):
    """A result cannot be written."""


class MissingExtraError(UvanetError):
    """A feature needs an optional dependency that is not installed."""


class TrainingError(UvanetError):
    """A training run cannot go on."""
