"""Names of outputs: patterns for one picture per frame, free names, protection of inputs."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from uvanet.atomic_io import is_stream, numbered
from uvanet.errors import OutputError, SourceError, UsageError
from uvanet.i18n import tr
from uvanet.redaction import printable
from uvanet.sources.picture import VIDEO_SUFFIXES

PICTURE_ENDINGS = (".png", ".jpg")
# "%d" before a letter is part of a name such as 50%discount.
_NUMBER = re.compile(r"%0?(\d{0,2})d(?![A-Za-z])")
_NAME = "{name}"
REGION_TABLE = ".regions.csv"
"""Ending of a table with one row per region; .csv alone is a table with one row per frame."""


@dataclass(frozen=True, slots=True)
class NumberPattern:
    """A name with a field for the number of a frame, such as "out-%05d.png".

    Attributes:
        before: The name before the number.
        digits: Minimum number of digits.
        after: The name after the number.
    """

    before: str
    digits: int
    after: str

    def name(self, number: int) -> str:
        """The name with a number."""
        return f"{self.before}{number:0{self.digits}d}{self.after}"

    def matches(self, name: str) -> bool:
        """Whether the pattern can give a name."""
        digits = name[len(self.before) : len(name) - len(self.after)]
        return (
            name.startswith(self.before)
            and name.endswith(self.after)
            and digits.isascii()
            and digits.isdigit()
        )


def number_pattern(out: Path) -> NumberPattern | None:
    """The number pattern in the name of an output; None if the name has none.

    Only names of pictures can have a pattern: "100%d.csv" is a table of that name.

    Raises:
        UsageError: The name has two number fields.
    """
    if out.suffix.lower() not in PICTURE_ENDINGS:
        return None
    fields = list(_NUMBER.finditer(out.name))
    if not fields:
        return None
    if len(fields) > 1:
        raise UsageError(
            tr("{name} asks for two numbers.").format(name=printable(out.name)),
            tr("Give one, such as %05d."),
        )
    (number,) = fields
    digits = int(number[1] or 1)
    return NumberPattern(out.name[: number.start()], digits, out.name[number.end() :])


def ending_of(out: Path) -> str:
    """The ending that selects the kind of output, in lower case; empty for a folder."""
    return REGION_TABLE if out.name.lower().endswith(REGION_TABLE) else out.suffix.lower()


def holds_name(out: Path) -> bool:
    """Whether the path of an output contains {name}."""
    return _NAME in str(out)


def named_after(out: Path, source: Path) -> Path:
    """Replaces {name} by the name of a source without its ending."""
    return type(out)(str(out).replace(_NAME, source.stem))


def names_each_picture(out: Path) -> bool:
    """Whether an output is one picture per picture of a folder, such as "{name}.png"."""
    return _NAME in out.name and out.suffix.lower() in PICTURE_ENDINGS


def picture_names(out: Path, pictures: Iterable[Path]) -> list[str]:
    """Names of the files of an output for which `names_each_picture` holds.

    Args:
        out: The output.
        pictures: The pictures of the folder.

    Returns:
        A name for each picture. Names that would be equal, in upper or lower case, get a number:
        "a-2.png".
    """
    names: list[str] = []
    taken: set[str] = set()
    for picture in pictures:
        stems = (path.name for path in numbered(picture.with_name(picture.stem), ""))
        stem = next(stem for stem in stems if stem.casefold() not in taken)
        taken.add(stem.casefold())
        names.append(out.name.replace(_NAME, stem))
    return names


def protect_inputs(
    outs: Iterable[Path], inputs: Iterable[Path], pictures: Sequence[Path] = ()
) -> None:
    """Checks that no output replaces an input; files are compared by identity, not by name.

    Args:
        outs: The outputs; a pattern counts for all names that it can produce.
        inputs: Files that are read.
        pictures: The pictures of a folder, for outputs named after them.

    Raises:
        UsageError: An output is an input, by its name, a link, or a pattern.
    """
    identities = {identity: path for path in inputs if (identity := _identity(path))}
    folders = {_identity(path.parent) for path in identities.values()}
    for out in outs:
        clash = None
        if pictures and names_each_picture(out):
            places = [_identity(out.with_name(name)) for name in picture_names(out, pictures)]
            clash = next((identities[place] for place in places if place in identities), None)
        elif pattern := number_pattern(out):
            if _identity(out.parent) in folders:
                clash = next((p for p in identities.values() if pattern.matches(p.name)), None)
        elif identity := _identity(out):
            clash = identities.get(identity)
        if clash is not None:
            raise UsageError(
                tr("{out} would replace {clash}, which is read.").format(
                    out=printable(out), clash=printable(clash)
                ),
                tr("Choose another name or folder for the output."),
            )


def free_names(
    outs: Sequence[Path],
    taken: Sequence[Path] = (),
    *,
    overwrite: bool = False,
    pictures: Sequence[Path] = (),
) -> tuple[Path, ...]:
    """Gives outputs names that no file has: "clip.mp4" becomes "clip-2.mp4".

    Args:
        outs: The outputs. An existing pattern or folder is an error instead.
        taken: Names that other outputs have already.
        overwrite: Existing files may be replaced; only names in `taken` get a number.
        pictures: The pictures of a folder, for outputs named after them.

    Returns:
        The names in the order of `outs`.

    Raises:
        OutputError: A file of a pattern, a picture named after one of `pictures`, or a folder of
            maps exists.
    """
    given = {_key(path) for path in taken}
    result: list[Path] = []
    for out in outs:
        each = bool(pictures) and names_each_picture(out)
        ending = out.name[len(out.name) - len(ending_of(out)) :]
        for free in numbered(out, ending):
            if (overwrite or not _exists(free, pictures)) and _key(free) not in given:
                break
            if each or number_pattern(out) or not out.suffix or free.is_dir():
                raise OutputError(
                    tr("{path} already exists.").format(path=printable(out)),
                    tr("Choose another name, or give --overwrite to replace files."),
                )
        given.add(_key(free))
        result.append(free)
    return tuple(result)


def videos_in(folder: Path) -> list[Path]:
    """Lists the videos of a folder by name, without those of its subfolders.

    Raises:
        SourceError: There is no such folder, or it has no video.
    """
    if not folder.is_dir():
        raise SourceError(
            tr("{folder} is not a folder.").format(folder=printable(folder)),
            tr("Name a folder of videos."),
        )
    videos = sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in VIDEO_SUFFIXES
        and path.is_file()
        and not path.name.startswith(".")
    )
    if not videos:
        raise SourceError(
            tr("{folder} holds no video.").format(folder=printable(folder)),
            tr("Choose another folder."),
        )
    return videos


def _identity(path: Path) -> tuple[int, int] | None:
    """Device and inode of a file, which identify it; None if it does not exist."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def _exists(out: Path, pictures: Sequence[Path]) -> bool:
    if pictures and names_each_picture(out):
        names = picture_names(out, pictures)
        return any(os.path.lexists(out.with_name(name)) for name in names)
    pattern = number_pattern(out)
    if pattern is None:
        return os.path.lexists(out) and not is_stream(out)
    try:
        return any(pattern.matches(path.name) for path in out.parent.iterdir())
    except OSError:
        return False


def _key(path: Path) -> str:
    """A key that is equal for all names of one file; links are followed, as in writing."""
    return os.path.normcase(os.path.realpath(path))
