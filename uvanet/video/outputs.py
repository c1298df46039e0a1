"""Names of outputs: which kind each asks for, and that none replaces what a user has."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from uvanet.atomic_io import remove_stale_parts
from uvanet.errors import OutputError, SourceError, UsageError
from uvanet.redaction import printable, redact
from uvanet.sources.picture import VIDEO_SUFFIXES
from uvanet.video.compositor import Compositor
from uvanet.video.maps import MapPictures, MapSink
from uvanet.video.sinks import PictureSink, VideoSink, count_patterns, is_pattern, pattern_regex
from uvanet.video.tables import CsvTable, JsonTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from uvanet.sources import SourceInfo
    from uvanet.video.job import Job
    from uvanet.video.sinks import Sink
    from uvanet.video.timing import Timing

ENDINGS = (".mp4", ".webm", ".png", ".jpg", ".npz", ".csv", ".json")


def make_sinks(
    job: Job, info: SourceInfo, files: Sequence[Path], timing: Timing, model: str, teacher: str
) -> list[Sink]:
    """Makes the outputs of a job; each by the ending of its name.

    `.mp4`, `.webm`: the annotated video. `.png` and `.jpg`: the annotated picture, or one per frame
    if the name holds a pattern such as `%05d`. `.npz`: raw maps, see `MapSink`; no ending: a
    folder of them, see `MapPictures`. `.csv` and `.json`: a row per frame, see `Table`.

    Args:
        job: What is exported.
        info: Of the source.
        files: The source's files.
        timing: Of the source.
        model: The model's name.
        teacher: The second model's name; may be empty.

    Raises:
        UsageError: An ending is none of these, or a plain picture cannot hold a video.
        OutputError: A folder is missing or cannot be written.
    """
    for out in job.outs:
        _check_kind(out, info)
        remove_stale_parts(out)
    names = {"overlay": model, "original": "original", "teacher": teacher}
    facts = {
        "source": printable(redact(info.spec)),
        "model": model,
        "teacher": teacher or None,
        "range": [job.start, job.end],
        "rate": f"{timing.rate.numerator}/{timing.rate.denominator}",
        "variable_rate": not timing.regular,
        "regions": [region.name for region in job.regions],
        "settings": job.look.as_dict(),
    }
    sound_of = files[0] if files else info.spec

    def make(out: Path) -> Sink:
        ending = out.suffix.lower()
        # Each with a memory of its own for the graph.
        compositor = Compositor(job.look, names)
        if ending in (".mp4", ".webm"):
            return VideoSink(out, info, sound_of, timing, compositor, job.look.quality)
        if ending == ".npz":
            return MapSink(out)
        if ending == ".csv":
            return CsvTable(out, job.regions, names["overlay"], job.look.as_dict())
        if ending == ".json":
            return JsonTable(out, job.regions, facts)
        return PictureSink(out, compositor) if ending else MapPictures(out)

    return [make(out) for out in job.outs]


def shows_pictures(job: Job) -> bool:
    """Whether any output shows the frames."""
    return any(out.suffix.lower() in (".mp4", ".webm", ".png", ".jpg") for out in job.outs)


def protect_inputs(outs: Iterable[Path], inputs: Iterable[Path]) -> None:
    """Checks by file identity that no output replaces an input, whatever their names are.

    Args:
        outs: The outputs; patterns count for all names they can give.
        inputs: Files that are read.

    Raises:
        UsageError: An output is an input: by its name, a link, or a pattern.
    """
    identities = {identity: path for path in inputs if (identity := _identity(path))}
    folders = {_identity(path.parent) for path in identities.values()}
    for out in outs:
        if is_pattern(out):
            clash = None
            if _identity(out.parent) in folders:
                matches = pattern_regex(out.name).fullmatch
                clash = next((p for p in identities.values() if matches(p.name)), None)
        else:
            identity = _identity(out)
            clash = None if identity is None else identities.get(identity)
        if clash is not None:
            raise UsageError(
                f"{printable(out)} would replace {printable(clash)}, which is read.",
                "Choose another name or folder for the output.",
            )


def free_names(
    outs: Sequence[Path], taken: Sequence[Path] = (), *, overwrite: bool = False
) -> tuple[Path, ...]:
    """Gives outputs names that no file has: "clip.mp4" becomes "clip-2.mp4".

    Args:
        outs: The outputs wanted. A pattern or folder that exists is an error instead.
        taken: Names that are given away already.
        overwrite: Existing files may be replaced; only `taken` names are numbered.

    Raises:
        OutputError: A pattern or a folder of maps exists already.
    """
    given = {_key(path) for path in taken}
    result: list[Path] = []
    for out in outs:
        free, number = out, 1
        while (not overwrite and _exists(free)) or _key(free) in given:
            if is_pattern(out) or not out.suffix or free.is_dir():
                raise OutputError(
                    f"{printable(out)} exists already.",
                    "Choose another name, or give --overwrite to replace files.",
                )
            number += 1
            free = out.with_name(f"{out.stem}-{number}{out.suffix}")
        given.add(_key(free))
        result.append(free)
    return tuple(result)


def videos_in(folder: Path) -> list[Path]:
    """Lists the videos of a folder by name; those in folders inside are left out.

    Raises:
        SourceError: There is no such folder, or no video in it.
    """
    if not folder.is_dir():
        raise SourceError(f"{printable(folder)} is no folder.", "Name a folder of videos.")
    found = sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in VIDEO_SUFFIXES
        and path.is_file()
        and not path.name.startswith(".")
    )
    if not found:
        raise SourceError(f"{printable(folder)} holds no video.", "Choose another folder.")
    return found


def out_for(pattern: Path, video: Path) -> Path:
    """Gives the name of the output for a video: {name} stands for the video's name.

    Raises:
        UsageError: The pattern would give all videos one name.
    """
    if "{name}" not in str(pattern):
        raise UsageError(
            f"Every video would be written to {printable(pattern)}.",
            f"Put {{name}} into it, such as {{name}}{pattern.suffix}.",
        )
    return type(pattern)(str(pattern).replace("{name}", video.stem))


def _check_kind(path: Path, info: SourceInfo) -> None:
    ending, name = path.suffix.lower(), printable(path.name)
    if ending and ending not in ENDINGS:
        raise UsageError(
            f"{name} has an ending that cannot be written.",
            f"Use {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}; no ending for a folder of maps.",
        )
    folder = printable(path.parent)
    if not path.parent.is_dir():
        raise OutputError(f"The folder {folder} does not exist.", "Make it first.")
    if not os.access(path.parent, os.W_OK):
        raise OutputError(f"The folder {folder} cannot be written.", "Choose another one.")
    if path.is_dir():
        hint = "Add the name of a file to write." if ending else "Name a new folder for the maps."
        raise OutputError(f"{printable(path)} is there already, a folder.", hint)
    if ending in (".png", ".jpg"):
        if count_patterns(path.name) > 1:
            raise UsageError(f"{name} asks for two numbers.", "Give one, such as %05d.")
        if not is_pattern(path) and info.frames != 1:
            raise UsageError(
                f"{info.title} has more than one frame, {name} holds one.",
                f"Name a pattern such as {path.stem}-%05d{path.suffix}, or an .mp4 file.",
            )


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from all others; None if there is none."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


def _exists(out: Path) -> bool:
    if not is_pattern(out):
        return os.path.lexists(out)
    matches = pattern_regex(out.name).fullmatch
    try:
        return any(matches(path.name) for path in out.parent.iterdir())
    except OSError:
        return False


def _key(path: Path) -> str:
    return os.path.normcase(os.path.join(os.path.realpath(path.parent), path.name))
