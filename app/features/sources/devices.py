"""Which cameras and screens there are."""

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
    """What a search found."""

    cameras: tuple[CameraDevice, ...] = ()
    screens: tuple[ScreenDevice, ...] = ()


def find_devices() -> Devices:
    """Looks for cameras and screens; may take a second, so not on the window's thread.

    A family that cannot be searched (no permission, a platform without it) counts as empty:
    the other family must stay usable.
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
