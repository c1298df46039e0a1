"""Searches for cameras and screens."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from uvanet.errors import UvanetError

if TYPE_CHECKING:
    from uvanet.sources import CameraDevice, ScreenDevice

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
    from uvanet.sources import list_cameras, list_screens

    try:
        cameras = tuple(list_cameras())
    except (UvanetError, OSError, RuntimeError) as error:
        _log.warning("cameras cannot be listed: %s", error)
        cameras = ()
    try:
        screens = tuple(list_screens())
    except (UvanetError, OSError, RuntimeError) as error:
        _log.warning("screens cannot be listed: %s", error)
        screens = ()
    return Devices(cameras, screens)
