"""Which output a name asks for."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from uvanet.atomic_io import remove_stale_parts
from uvanet.errors import OutputError, UsageError
from uvanet.video.compositor import Compositor
from uvanet.video.maps import MapPictures, MapSink
from uvanet.video.picture_writer import PictureSink, VideoSink
from uvanet.video.sink import Outputs, Sink
from uvanet.video.tables import CsvTable, JsonTable

if TYPE_CHECKING:
    from pathlib import Path

    from uvanet.sources import SourceInfo
    from uvanet.video.job import Job
    from uvanet.video.timing import Timing

ENDINGS = (".mp4", ".webm", ".png", ".jpg", ".npz", ".csv", ".json")


def open_outputs(job: Job, info: SourceInfo, timing: Timing, model: str, teacher: str) -> Outputs:
    """Makes the outputs of a job; each by the ending of its name.

    `.mp4`, `.webm`: the annotated video. `.png` and `.jpg`: the annotated picture, or one a frame
    where the name holds a pattern such as `%05d`. `.npz`: raw maps, see `MapSink`; no ending: a
    folder of them, see `MapPictures`. `.csv` and `.json`: a row a frame, see `Table`.

    Args:
        job: What is exported.
        info: Of the source.
        timing: Of the source.
        model: The model's name, for people.
        teacher: The second model's name; may be empty.

    Raises:
        UsageError: An ending is none of these, or a plain picture cannot hold a video.
        OutputError: A folder is missing or cannot be written.
    """
    for out in job.outs:
        _check(out, info)
        remove_stale_parts(out)
    names = {"overlay": model, "original": "original", "teacher": teacher}
    facts = {
        "source": info.spec,
        "model": model,
        "teacher": teacher or None,
        "range": [job.start, job.end],
        "rate": f"{timing.rate.numerator}/{timing.rate.denominator}",
        "variable_rate": not timing.regular,
        "regions": [region.name for region in job.regions],
        "settings": job.look.as_dict(),
    }
    return Outputs([_open(out, job, info, timing, names, facts) for out in job.outs])


def shows_pictures(job: Job) -> bool:
    """Whether any output is to be looked at."""
    return any(out.suffix.lower() in (".mp4", ".webm", ".png", ".jpg") for out in job.outs)


def is_pattern(path: Path) -> bool:
    """Whether a name stands for one picture a frame."""
    return re.search(r"%0?\d*d", path.name) is not None


def _open(
    out: Path,
    job: Job,
    info: SourceInfo,
    timing: Timing,
    names: dict[str, str],
    facts: dict[str, Any],
) -> Sink:
    ending = out.suffix.lower()
    # Each with a memory of its own for the graph.
    layers = Compositor(job.look, names)
    if ending in (".mp4", ".webm"):
        return VideoSink(out, info, timing, layers, job.look.quality)
    if ending == ".npz":
        return MapSink(out)
    if ending == ".csv":
        return CsvTable(out, job.regions, names["overlay"], job.look.as_dict())
    if ending == ".json":
        return JsonTable(out, job.regions, facts)
    if not ending:
        return MapPictures(out)
    return PictureSink(out, layers, pattern=is_pattern(out))


def _check(path: Path, info: SourceInfo) -> None:
    ending = path.suffix.lower()
    if ending and ending not in ENDINGS:
        raise UsageError(
            f"{path.name} has an ending that cannot be written.",
            f"Use {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}; no ending for a folder of maps.",
        )
    if not path.parent.is_dir():
        raise OutputError(f"The folder {path.parent} does not exist.", "Make it first.")
    if not os.access(path.parent, os.W_OK):
        raise OutputError(f"The folder {path.parent} cannot be written.", "Choose another one.")
    if path.is_dir():
        hint = "Add the name of a file to write." if ending else "Name a new folder for the maps."
        raise OutputError(f"{path} is there already, a folder.", hint)
    if ending in (".png", ".jpg") and not is_pattern(path) and info.frames != 1:
        raise UsageError(
            f"{info.title} has more than one frame, {path.name} holds one.",
            f"Name a pattern such as {path.stem}-%05d{path.suffix}, or an .mp4 file.",
        )
