"""Finds the source in data that is dropped on the window."""

from __future__ import annotations

from PySide6.QtCore import QMimeData

_SCHEMES = ("http://", "https://", "rtsp://", "rtmp://", "udp://", "tcp://")


def dropped_pair(data: QMimeData) -> tuple[str, str] | None:
    """The paths of two dropped files; None where the data is anything else."""
    urls = data.urls()
    if len(urls) != 2 or not all(url.isLocalFile() for url in urls):
        return None
    first, second = (url.toLocalFile() for url in urls)
    return first, second


def dropped_spec(data: QMimeData) -> str | None:
    """Finds the source in dropped data: a file, a folder, a URL, or text that is a URL.

    Of several files the first is taken.

    Returns:
        The string that opens it; None where nothing can be opened.
    """
    for url in data.urls():
        if url.isLocalFile():
            return url.toLocalFile()
        if url.toString().lower().startswith(_SCHEMES):
            return url.toString()
    text = data.text().strip()
    if text.lower().startswith(_SCHEMES) and len(text.split()) == 1:
        return text
    return None
