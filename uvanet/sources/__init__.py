"""Sources of frames with one interface; a string selects a source."""

from uvanet.sources._thread_safe import ThreadSafeSource
from uvanet.sources.base import (
    Frame,
    Source,
    SourceCondition,
    SourceInfo,
    SourceKind,
    SourceStatus,
)
from uvanet.sources.camera import CameraSource
from uvanet.sources.camera_format import CameraFormat
from uvanet.sources.cameras import CameraDevice, list_cameras
from uvanet.sources.folder import FolderSource
from uvanet.sources.network import NetworkSource
from uvanet.sources.picture import PictureSource
from uvanet.sources.picture_decoding import load_picture
from uvanet.sources.screen import ScreenDevice, ScreenSource, list_screens
from uvanet.sources.spec import default_source, make_source
from uvanet.sources.video import VideoSource

__all__ = [
    "CameraDevice",
    "CameraFormat",
    "CameraSource",
    "FolderSource",
    "Frame",
    "NetworkSource",
    "PictureSource",
    "ScreenDevice",
    "ScreenSource",
    "Source",
    "SourceCondition",
    "SourceInfo",
    "SourceKind",
    "SourceStatus",
    "ThreadSafeSource",
    "VideoSource",
    "default_source",
    "list_cameras",
    "list_screens",
    "load_picture",
    "make_source",
]
