"""Writes a report of an unexpected error, for a bug report."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
import traceback
from pathlib import Path

import uvanet
from uvanet.atomic_io import write_bytes
from uvanet.paths import log_folder
from uvanet.redaction import redact_source, safe


def write_report() -> Path | None:
    """Writes the exception being handled, with versions, into the log folder.

    The file is readable by its owner alone; passwords and queries of URLs are left out. Where the
    log folder cannot be written, the system's temporary folder is used.

    Returns:
        The file; None where none can be written.
    """
    name = f"crash-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    arguments = [redact_source(text) for text in sys.argv[1:]]
    text = (
        f"uvanet {uvanet.__version__}, Python {platform.python_version()}, "
        f"{platform.platform()}\narguments: {arguments}\n\n{traceback.format_exc()}"
    )
    text = safe(text)
    for folder in (log_folder(), tempfile.gettempdir()):
        path = Path(folder, name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(path, text.encode(errors="backslashreplace"), private=True)
        except OSError:
            continue
        return path
    return None
