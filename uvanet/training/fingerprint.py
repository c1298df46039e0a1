"""Fingerprints of data and settings, and records of the settings and data behind a result.

Caches, teachers and checkpoints are reused only if their records are equal.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from uvanet.errors import ModelError
from uvanet.i18n import tr
from uvanet.redaction import excerpt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _typeshed import DataclassInstance

    from uvanet.data.fixations import GazePicture

Record = dict[str, str]
"""Names to values, as JSON: the settings and the fingerprints of the data behind a result."""


def fingerprint(*parts: object) -> str:
    """Returns a hash of values: 24 hexadecimal digits of SHA-256.

    Args:
        parts: Arrays, dataclasses, and values that JSON can hold; a `Path` stands for the
            content of its file.
    """
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            with part.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        elif isinstance(part, np.ndarray):
            values = np.ascontiguousarray(part)
            digest.update(f"{values.dtype}{values.shape}".encode())
            digest.update(values.view(np.uint8).data if values.size else b"")
        else:
            plain = asdict(part) if is_dataclass(part) and not isinstance(part, type) else part
            digest.update(json.dumps(plain, sort_keys=True).encode())
        digest.update(b"\0")
    return digest.hexdigest()[:24]


def gaze_fingerprint(pictures: Sequence[GazePicture]) -> str:
    """Returns the fingerprint of pictures and the gaze on them."""
    return fingerprint(*(part for pic in pictures for part in (pic.path, pic.fixations)))


def record(settings: DataclassInstance | None, **more: object) -> Record:
    """Makes a record of a dataclass of settings and of further values."""
    values = {} if settings is None else asdict(settings)
    return {name: json.dumps(value, sort_keys=True) for name, value in {**values, **more}.items()}


def require_same(there: Record, here: Record, what: Path) -> None:
    """Checks that a stored result was made from the current settings and data.

    Args:
        there: Record of the stored result.
        here: Record of the current settings and data.
        what: File of the stored result, for the message.

    Raises:
        ModelError: The records differ; the message names the differences.
    """
    names = sorted(
        name for name in {**there, **here} if there.get(name, "none") != here.get(name, "none")
    )
    if not names:
        return
    differences = [
        tr("{name} ({there} there, {here} now)").format(
            name=name,
            there=excerpt(there.get(name, "none"), 40),
            here=excerpt(here.get(name, "none"), 40),
        )
        for name in names[:4]
    ]
    if len(names) > 4:
        differences.append(tr("and more"))
    raise ModelError(
        tr("{path} belongs to another run; it differs in {differences}.").format(
            path=what, differences=", ".join(differences)
        ),
        tr("Give another --out to start a new run, or delete it to start this one anew."),
    )
