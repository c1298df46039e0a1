"""A folder of videos without gaze, for labelling and viewing; models cannot be measured on it.

    <root>/
        <any name>.mp4      or another video format

Videos in subfolders are read too.
"""

from __future__ import annotations

import logging
from pathlib import Path

from uvanet.data.clips import VideoClip, video_facts
from uvanet.data.gaze import GazeSet
from uvanet.data.gaze_files import need_folder
from uvanet.errors import SourceError, UsageError
from uvanet.i18n import tr
from uvanet.sources.picture import VIDEO_SUFFIXES

_LOG = logging.getLogger(__name__)


def read(root: Path) -> GazeSet:
    """Reads the folder; unreadable videos are left out with a warning in the log.

    Raises:
        UsageError: The folder is missing or holds no readable video.
    """
    clips = []
    paths = sorted(
        path
        for path in need_folder(root).rglob("*")
        if path.suffix.lower() in VIDEO_SUFFIXES and path.is_file()
    )
    for path in paths:
        try:
            fps, _ = video_facts(path)
        except SourceError as error:
            _LOG.warning("left out: %s", error)
            continue
        clips.append(VideoClip("videos", str(path.relative_to(root)), path, fps))
    if not clips:
        raise UsageError(
            tr("{root} holds no readable video.").format(root=root), tr("Choose another folder.")
        )
    return GazeSet(root.resolve().name, clips=clips)
