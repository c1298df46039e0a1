"""Asks macOS for access to the cameras; other systems need no such request."""

from __future__ import annotations

import importlib
import os
import sys
import threading
from typing import Any

from uvanet.errors import SourceError
from uvanet.i18n import tr

_UNDETERMINED, _GRANTED = 0, 3  # AVAuthorizationStatus
_POLL_S = 0.1


def require_camera_access(cancelled: threading.Event) -> None:
    """Lets macOS ask the user for access to the cameras and waits for the answer.

    Returns at once if the user has answered before, and on other systems. The request is made with
    AVFoundation, which works on any thread; PyObjC's AVFoundation is a dependency of
    cv2-enumerate-cameras on macOS. OpenCV's own request fails on all threads but the main one
    (opencv#16427), so it is turned off. Qt's `QCameraPermission` works in application bundles only:
    it answers "denied" for a Python interpreter, whose Info.plist does not name the cameras.

    Args:
        cancelled: Ends the wait.

    Raises:
        SourceError: The user refused access, now or before, or the wait was cancelled.
    """
    if sys.platform != "darwin":
        return
    os.environ["OPENCV_AVFOUNDATION_SKIP_AUTH"] = "1"
    foundation = importlib.import_module("AVFoundation")
    if _status(foundation) == _UNDETERMINED:
        _ask(foundation, cancelled)
    if _status(foundation) != _GRANTED:
        raise SourceError(
            tr("macOS does not let this program use the camera."),
            tr(
                "Allow it in System Settings, Privacy & Security, Camera, for the program that "
                "started uvanet (such as Terminal), then start it again."
            ),
        )


def _status(foundation: Any) -> int:
    kind = foundation.AVMediaTypeVideo
    return int(foundation.AVCaptureDevice.authorizationStatusForMediaType_(kind))


def _ask(foundation: Any, cancelled: threading.Event) -> None:
    answered = threading.Event()
    foundation.AVCaptureDevice.requestAccessForMediaType_completionHandler_(
        foundation.AVMediaTypeVideo, lambda _granted: answered.set()
    )
    while not answered.wait(_POLL_S):
        if cancelled.is_set():
            raise SourceError(tr("The camera was closed before macOS allowed its use."))
