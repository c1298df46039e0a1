"""Makes the outputs of an export; the ending of a name selects the kind of output."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from uvanet.analysis import table_names
from uvanet.atomic_io import is_stream, remove_stale_parts
from uvanet.errors import OutputError, UsageError
from uvanet.i18n import tr
from uvanet.redaction import printable, redact
from uvanet.sources import SourceKind
from uvanet.video.compositor import Compositor
from uvanet.video.maps import MapPictures, MapSink
from uvanet.video.output_names import (
    PICTURE_ENDINGS,
    REGION_TABLE,
    ending_of,
    names_each_picture,
    number_pattern,
)
from uvanet.video.report_sink import REPORT_ENDINGS, ReportSink, pdf_layout
from uvanet.video.sinks import PictureSink, VideoSink
from uvanet.video.sound import Sound, sound_tracks
from uvanet.video.tables import CsvTable, JsonTable, RegionRows, RegionTable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from uvanet.model_card import Card
    from uvanet.sources import SourceInfo
    from uvanet.video.control import Control
    from uvanet.video.job import Job
    from uvanet.video.sinks import Sink
    from uvanet.video.timing import Timing

_VIDEO_ENDINGS = (".mp4", ".webm")
ENDINGS = (*_VIDEO_ENDINGS, *PICTURE_ENDINGS, ".npz", ".csv", ".json", *REPORT_ENDINGS)


def make_sinks(
    job: Job,
    info: SourceInfo,
    files: Sequence[Path],
    timing: Timing,
    card: Card,
    teacher: str,
    control: Control,
) -> list[Sink]:
    """Makes the outputs of a job, by the endings of their names.

    `.mp4`, `.webm`: the annotated video. `.png` and `.jpg`: the annotated picture; one per frame if
    the name has a pattern such as `%05d`, or one per picture of a folder if it has `{name}`.
    `.npz`: raw maps, see `MapSink`. No ending: a folder of raw maps, see `MapPictures`. `.csv` and
    `.json`: a row per frame, see `Table`. `.regions.csv`: a row per region. `.html` and `.pdf`: the
    report, see `ReportSink`.

    Args:
        job: The export.
        info: Properties of the source.
        files: Files of the source.
        timing: Time axis of the source.
        card: Card of the model.
        teacher: Name of the second model; may be empty.
        control: Ends the export.

    Raises:
        UsageError: An ending is unknown, a single picture is named for a video, or the source has
            no such sound track.
        OutputError: A folder is missing or cannot be written.
    """
    for out in job.outs:
        _check_kind(out, info)
        if ending_of(out) == REGION_TABLE and not job.regions:
            raise UsageError(
                tr("{name} is a table of regions, and there are none.").format(
                    name=printable(out.name)
                ),
                tr("Name a file of regions with --regions."),
            )
        remove_stale_parts(out)
    names = {"overlay": card.name, "original": "original", "teacher": teacher}
    source = printable(redact(info.spec))
    facts = {
        "source": source,
        "model": card.name,
        "teacher": teacher or None,
        "range": [job.start, job.end],
        "rate": f"{timing.rate.numerator}/{timing.rate.denominator}",
        "variable_rate": not timing.regular,
        "regions": table_names(job.regions),
        "settings": job.look.as_dict(),
    }
    sound = _sound_of(job, info, files)
    slides = info.pictures if info.slides else ()
    region_rows = partial(RegionRows, job.regions, source, card.name, slides)

    def make(out: Path) -> Sink:
        ending = ending_of(out)
        # Each output has its own compositor, which stores the curve of the plot.
        compositor = Compositor(job.look, names, job.regions)
        if ending in _VIDEO_ENDINGS:
            return VideoSink(out, sound, timing, compositor, job.look.quality, control.out_of_time)
        if ending == ".npz":
            return MapSink(out)
        if ending == REGION_TABLE:
            return RegionTable(out, job.regions, region_rows())
        if ending in REPORT_ENDINGS:
            return ReportSink(out, job, info, card, pdf_layout() if ending == ".pdf" else None)
        if ending == ".csv":
            return CsvTable(out, job.regions, card.name, job.look.as_dict(), info.pictures)
        if ending == ".json":
            return JsonTable(out, job.regions, facts, region_rows(), info.pictures)
        return PictureSink(out, compositor, info.pictures) if ending else MapPictures(out)

    return [make(out) for out in job.outs]


def _sound_of(job: Job, info: SourceInfo, files: Sequence[Path]) -> Sound | None:
    """The sound of the source for a video output; None for none."""
    source = files[0] if files else info.spec
    has_sound = not info.live and info.kind in (
        SourceKind.VIDEO,
        SourceKind.NETWORK,
        SourceKind.DEMO,
    )
    if isinstance(job.audio, int):
        tracks = sound_tracks(source) if has_sound else []
        if job.audio > len(tracks):
            listed = "; ".join(map(str, tracks))
            raise UsageError(
                tr("{title} has no sound track {audio}.").format(title=info.title, audio=job.audio),
                tr("It has {listed}.").format(listed=listed) if listed else tr("It has no sound."),
            )
        return Sound(source, info.clock_start, job.audio)
    return Sound(source, info.clock_start) if has_sound and job.audio == "default" else None


def _check_kind(path: Path, info: SourceInfo) -> None:
    ending, name = path.suffix.lower(), printable(path.name)
    if ending and ending not in ENDINGS:
        raise UsageError(
            tr("{name} has an ending that cannot be written.").format(name=name),
            tr("Use {endings} or {last}; no ending for a folder of maps.").format(
                endings=", ".join(ENDINGS[:-1]), last=ENDINGS[-1]
            ),
        )
    folder = printable(path.parent)
    if not path.parent.is_dir():
        raise OutputError(
            tr("The folder {folder} does not exist.").format(folder=folder), tr("Make it first.")
        )
    if not os.access(path.parent, os.W_OK):
        raise OutputError(
            tr("The folder {folder} cannot be written.").format(folder=folder),
            tr("Choose another one."),
        )
    if path.is_dir():
        hint = tr("Name a new folder for the maps.")
        if ending:
            hint = tr("Add the name of a file to write.")
        raise OutputError(tr("{path} is an existing folder.").format(path=printable(path)), hint)
    if is_stream(path) and (not ending or ending in PICTURE_ENDINGS):
        raise OutputError(
            tr("{path} is a device or a pipe, which takes no pictures.").format(
                path=printable(path)
            ),
            tr("Name a folder, or a file."),
        )
    each = bool(info.pictures) and names_each_picture(path)
    if ending in PICTURE_ENDINGS and not each and number_pattern(path) is None and info.frames != 1:
        pattern = f"{path.stem}-%05d{path.suffix}"
        hint = tr("Name a pattern such as {pattern}, or an .mp4 file.")
        if info.pictures:
            pattern = f"{{name}}-{path.name}"
            hint = tr("Name a pattern such as {pattern}, which gives one file for each picture.")
        raise UsageError(
            tr("{title} has more than one frame, {name} holds one.").format(
                title=info.title, name=name
            ),
            hint.format(pattern=pattern),
        )
