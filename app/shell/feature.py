"""The base class of features."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.shell.context import Fact, FeatureContext
from app.shell.project import Project
from app.shell.quit_guard import QuitPrompt


class Preference(NamedTuple):
    """One line of the preferences.

    Attributes:
        section: Heading of the line, translated.
        name: Label, translated.
        widget: Control that changes the setting at once; a new one for each dialog.
        words: Other words by which the search finds the line, translated; may be empty.
    """

    section: str
    name: str
    widget: QWidget
    words: str = ""


class Feature(QObject):
    """A part of the program that can be removed without a change to the others.

    A feature declares its actions with `app.shell.actions.MenuActions`. Its constructor makes the
    widgets, puts them into the slots and connects to session and presenter. The program calls only
    the methods below, on the GUI thread.

    Args:
        context: The parts of the program it may use.
    """

    def __init__(self, context: FeatureContext) -> None:
        super().__init__(context.slots.window)
        self.context = context
        context.actions.register(self)

    def open_drop(self, path: str) -> bool:
        """Opens a dropped file, folder or URL.

        Returns:
            Whether it is of a kind that this feature opens.
        """
        del path
        return False

    def open_pair(self, first: str, second: str) -> bool:
        """Opens two files that were dropped together.

        Returns:
            Whether this feature opens pairs.
        """
        del first, second
        return False

    def save_to_project(self, project: Project) -> None:
        """Writes the feature's state of the current source into the fields of a project."""
        del project

    def open_project(self, project: Project) -> None:
        """Restores the feature's state from a project, whose source has just been opened."""
        del project

    def facts(self) -> list[Fact]:
        """Current numbers, for copying and for the report of the About box."""
        return []

    def preferences(self) -> list[Preference]:
        """The lines of this feature in the preferences."""
        return []

    def unfinished(self) -> QuitPrompt | None:
        """The question to ask before the program quits; None where nothing is unfinished."""
        return None

    def close(self, timeout: float) -> bool:
        """Ends background work after the window was closed.

        Args:
            timeout: Longest duration in seconds.

        Returns:
            Whether all background work has ended.
        """
        del timeout
        return True
