"""What the window knows of a feature, and all that a feature may ask of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from app.shell.actions import ActionSpec
    from app.shell.main_window import MainWindow


class Feature(QObject):
    """A part of the program that the window can do without.

    A feature declares its actions; the method that does one has the action's name, and gets the
    new state where the action is checkable. It makes its widgets when it is made, puts them into
    the window's places (`window.parts.add_card`, `add_strip`, `add_button`, `add_status`) and
    listens to the window's parts; the window calls nothing of it but what stands here.

    Args:
        window: The window, whole: parts, controller, display, settings and jobs are there.
    """

    ACTIONS: ClassVar[tuple[ActionSpec, ...]] = ()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.window = window

    def takes(self, path: str) -> bool:
        """Uses a file dropped on the window, where it is this feature's.

        Returns:
            Whether it is; a file of no feature is opened as a source.
        """
        del path
        return False

    def close(self, timeout: float) -> bool:
        """Ends what runs in the background, at the program's end; off the GUI thread.

        Args:
            timeout: Seconds it may take.

        Returns:
            Whether all of it ended.
        """
        del timeout
        return True
