"""Searches for cameras and screens."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from uvanet.errors import UvanetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from uvanet.sources import CameraDevice, ScreenDevice

T = TypeVar("T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Devices:
    """The cameras and screens that were found."""

    cameras: tuple[CameraDevice, ...] = ()
    screens: tuple[ScreenDevice, ...] = ()


def find_devices() -> Devices:
    """Searches for cameras and screens. May take a second; not for the GUI thread.

    Cameras or screens that cannot be listed, for want of permission or support, count as none.
    """
    from uvanet.sources import list_cameras, list_screens  # at each call, since tests replace them

    return Devices(_listed(list_cameras, "cameras"), _listed(list_screens, "screens"))


def _listed(find: Callable[[], Iterable[T]], name: str) -> tuple[T, ...]:
    try:
        return tuple(find())
    except (UvanetError, OSError, RuntimeError) as error:
        _log.warning("%s cannot be listed: %s", name, error)
        return ()
