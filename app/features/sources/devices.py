"""Searches for cameras and screens."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from uvanet.errors import UvanetError
from uvanet.sources import CameraDevice, ScreenDevice

T = TypeVar("T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Devices:
    """The result of a search for cameras and screens."""

    cameras: tuple[CameraDevice, ...] = ()
    screens: tuple[ScreenDevice, ...] = ()


def find_devices() -> Devices:
    """Searches for cameras and screens. May take a second: not on the GUI thread.

    A list is empty where the system refuses it, as without permission; the log has the error.
    """
    from uvanet.sources import list_cameras, list_screens  # at each call, since tests replace them

    return Devices(_listed(list_cameras, "cameras"), _listed(list_screens, "screens"))


def _listed(find: Callable[[], Iterable[T]], name: str) -> tuple[T, ...]:
    try:
        return tuple(find())
    except (UvanetError, OSError, RuntimeError) as error:
        _log.warning("%s cannot be listed: %s", name, error)
        return ()
