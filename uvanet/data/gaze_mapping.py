"""Meaning of the columns of a gaze table: recognized from the header, or given as a mapping.

Sources of the names: the documentation of Pupil Player (raw data exporter, surface tracker), of
Pupil Cloud (raw data exporter, marker mapper, reference image mapper), of Tobii Pro Lab (data
export) and of EyeLink Data Viewer (fixation and sample reports).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from msgspec import Meta, Struct

TimeUnit = Literal["", "s", "ms", "us", "ns"]
PositionUnit = Literal["", "px", "norm"]
Origin = Literal["table", "start", "world"]

SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
"""Length of the units of time in seconds."""

Column = Annotated[str, Meta(max_length=1000)]
Side = Annotated[int, Meta(ge=1, le=100_000)]


class GazeMapping(Struct, frozen=True, kw_only=True):
    """Meaning of the columns of a table of gaze. Columns are named as in the header.

    Attributes:
        x: Column of the horizontal position; larger to the right.
        y: Column of the vertical position.
        time: Column of the time; empty where all rows belong to still pictures.
        duration: Column of the duration; with one, the rows are fixations. Empty: there is none.
        person: Column that names the person; empty: the table is of one person.
        stimulus: Column that names the picture or clip; empty: there is one only.
        event: Column with the kind of a row; only rows with "Fixation", "true", "yes" or "1" are
            read.
        fixation: Column with the number of the fixation; of successive rows of a person with the
            same number, only the first is read.
        confidence: Column with the confidence, 0..1; rows below `MIN_CONFIDENCE` are left out.
        frame: Column with the number of the frame, from 0, for the origin "world".
        trial: Column that numbers trials, for the origin "start".
        time_unit: Unit of the time; empty: the one that `time` names, else guessed from the values.
        duration_unit: Unit of the duration; empty: the one that `duration` names, else that of the
            time.
        position_unit: "px", or "norm" for 0..1 of the picture; empty: guessed from the values.
        y_up: The vertical position grows upwards.
        size: Width and height of the screen or scene camera in pixels; None: those of the picture.
        width_column: Column with the width of the screen in pixels, used where `size` is None.
        height_column: Column with the height of the screen, likewise.
        origin: "table": times count from the start of the source; "start": from the first row of
            each person, stimulus and trial; "world": from the first frame of the scene camera, by
            `world_timestamps.csv` beside the table or in the folder above, else by `frame`, else
            as "start".
        offset: Seconds added to all times.
        fixations: The rows are fixations, even if there is no column of durations.
        format: Name of the program or device that writes such tables.
    """

    x: Column
    y: Column
    time: Column = ""
    duration: Column = ""
    person: Column = ""
    stimulus: Column = ""
    event: Column = ""
    fixation: Column = ""
    confidence: Column = ""
    frame: Column = ""
    trial: Column = ""
    time_unit: TimeUnit = ""
    duration_unit: TimeUnit = ""
    position_unit: PositionUnit = ""
    y_up: bool = False
    size: tuple[Side, Side] | None = None
    width_column: Column = ""
    height_column: Column = ""
    origin: Origin = "table"
    offset: float = 0.0
    fixations: bool = False
    format: Column = ""


MIN_CONFIDENCE = 0.6
"""Pupil Player's own threshold; during blinks the confidence falls to 0."""


def plain(name: str) -> str:
    """The name of a column in lower case, without blanks and punctuation; the micro sign is "u"."""
    text = name.lower().replace("\u00b5", "u").replace("\u03bc", "u")
    return re.sub(r"[^\w]|_", "", text)


@dataclass(frozen=True, slots=True)
class _Format:
    """A known format: names of its columns as `plain` writes them, the preferred ones first."""

    name: str
    time: dict[str, TimeUnit]
    position: dict[tuple[str, str], PositionUnit]
    duration: dict[str, TimeUnit] = field(default_factory=dict)
    person: tuple[str, ...] = ()
    stimulus: tuple[str, ...] = ()
    event: tuple[str, ...] = ()
    fixation: tuple[str, ...] = ()
    frame: tuple[str, ...] = ()
    trial: tuple[str, ...] = ()
    origin: Origin = "table"
    y_up: bool = False
    needs: tuple[str, ...] = ()

    def match(self, names: dict[str, str]) -> GazeMapping | None:
        def first(keys: Sequence[str]) -> str:
            return next((names[key] for key in keys if key in names), "")

        times = [key for key in self.time if key in names]
        positions = [pair for pair in self.position if set(pair) <= set(names)]
        if not positions or not all(key in names for key in self.needs):
            return None
        stimulus = first(self.stimulus)
        if not times and not (self.name == "" and stimulus):
            return None
        if self.duration and self.name and not first(tuple(self.duration)):
            return None
        duration = next((key for key in self.duration if key in names), "")
        x, y = positions[0]
        sized = self.position[x, y] == "px" and _WIDTH in names and _HEIGHT in names
        return GazeMapping(
            x=names[x],
            y=names[y],
            time=names[times[0]] if times else "",
            duration=names.get(duration, ""),
            person=first(self.person),
            stimulus=stimulus,
            event=first(self.event),
            fixation=first(self.fixation),
            confidence=names.get("confidence", ""),
            frame=first(self.frame),
            trial=first(self.trial),
            time_unit=self.time[times[0]] if times else "",
            duration_unit=self.duration.get(duration, ""),
            position_unit=self.position[x, y],
            y_up=self.y_up,
            width_column=names[_WIDTH] if sized else "",
            height_column=names[_HEIGHT] if sized else "",
            # Times of Tobii count from the start of the recording, not of the stimulus.
            origin="start" if self.name == _TOBII and stimulus else self.origin,
            fixations=bool(self.duration) and bool(self.name),
            format=self.name,
        )


_WIDTH, _HEIGHT = "recordingresolutionwidth", "recordingresolutionheight"
_PUPIL, _CLOUD, _TOBII = "Pupil", "Pupil Cloud", "Tobii Pro Lab"
_EYELINK = "EyeLink Data Viewer"

_PICTURES = (
    "stimulus", "image", "picture", "img", "clip", "video", "movie", "film", "media", "filename",
    "file", "stimulusname", "imagename", "imagefile", "picturename", "videoname", "videofile",
    "medianame",
)  # fmt: skip
_PERSONS = (
    "person", "observer", "participant", "subject", "viewer", "user", "pid", "personid",
    "observerid", "participantid", "subjectid", "participantname", "subjectname",
    "recordingname", "recordingid",
)  # fmt: skip

_TOBII_TIME: dict[str, TimeUnit] = {
    "recordingtimestampms": "ms",
    "recordingtimestampus": "us",
    "recordingtimestamp": "",  # milliseconds or microseconds, as chosen in the export dialog
}
_TOBII_PERSON = ("participantname", "recordingname")
_TOBII_STIMULUS = ("presentedstimulusname", "presentedmedianame", "medianame")
_TOBII_DURATION: dict[str, TimeUnit] = {
    "eyemovementeventdurationms": "ms",
    "gazeeventdurationms": "ms",
    "eyemovementeventduration": "ms",
    "gazeeventduration": "ms",
}


def _tobii(kind: str) -> dict[tuple[str, str], PositionUnit]:
    """Columns of a kind of point; positions on the stimulus precede those on the display."""
    return {
        (f"{kind}xmcsnorm", f"{kind}ymcsnorm"): "norm",
        (f"{kind}xmcspx", f"{kind}ymcspx"): "px",
        (f"{kind}x", f"{kind}y"): "px",
        (f"{kind}xdacspx", f"{kind}ydacspx"): "px",
    }


_UNITS: dict[str, TimeUnit] = {
    "ms": "ms", "msec": "ms", "us": "us", "ns": "ns", "s": "s", "sec": "s", "seconds": "s"
}  # fmt: skip


def named_unit(column: str) -> TimeUnit:
    """The unit of time that the name of a column ends with, as in "Zeit (ms)"; else empty."""
    words = re.split(r"[\W_]+", column.lower().replace("\u00b5", "u").replace("\u03bc", "u"))
    words = [word for word in words if word]
    return _UNITS.get(words[-1], "") if len(words) > 1 else ""


def _with_units(*names: str) -> dict[str, TimeUnit]:
    found: dict[str, TimeUnit] = {}
    for name in names:
        found[name] = ""
        found |= {name + ending: unit for ending, unit in _UNITS.items()}
    return found


_FORMATS = (
    _Format(
        _CLOUD,
        time={"starttimestampns": "ns"},
        position={
            ("fixationxpx", "fixationypx"): "px",
            ("fixationxnormalized", "fixationynormalized"): "norm",
        },
        duration={"durationms": "ms"},
        person=("recordingid",),
        event=("fixationdetectedonsurface", "fixationdetectedinreferenceimage"),
        origin="world",
    ),
    _Format(
        _CLOUD,
        time={"timestampns": "ns"},
        position={
            ("gazexpx", "gazeypx"): "px",
            ("gazepositioninreferenceimagexpx", "gazepositioninreferenceimageypx"): "px",
            (
                "gazepositiononsurfacexnormalized",
                "gazepositiononsurfaceynormalized",
            ): "norm",
        },
        person=("recordingid",),
        event=("gazedetectedonsurface", "gazedetectedinreferenceimage"),
        origin="world",
    ),
    _Format(
        _PUPIL,
        time={"starttimestamp": "s"},
        position={("normposx", "normposy"): "norm"},
        duration={"duration": "ms"},
        event=("onsurf", "onsrf"),
        fixation=("fixationid", "id"),
        frame=("startframeindex", "worldindex"),
        origin="world",
        y_up=True,
    ),
    _Format(
        _PUPIL,
        time={"gazetimestamp": "s", "timestamp": "s", "worldtimestamp": "s"},
        position={("normposx", "normposy"): "norm", ("xnorm", "ynorm"): "norm"},
        event=("onsurf", "onsrf"),
        frame=("worldindex", "index"),
        origin="world",
        y_up=True,
        needs=("confidence",),
    ),
    _Format(
        _TOBII,
        time=_TOBII_TIME,
        position={
            **_tobii("fixationpoint"),
            ("mappedfixationx", "mappedfixationy"): "px",
        },
        duration=_TOBII_DURATION,
        person=_TOBII_PERSON,
        stimulus=_TOBII_STIMULUS,
        event=("eyemovementtype", "gazeeventtype"),
        fixation=("eyemovementtypeindex", "fixationindex"),
    ),
    _Format(
        _TOBII,
        time=_TOBII_TIME,
        position={**_tobii("gazepoint"), ("mappedgazex", "mappedgazey"): "px"},
        person=_TOBII_PERSON,
        stimulus=_TOBII_STIMULUS,
    ),
    _Format(
        _EYELINK,
        time={"currentfixstart": "ms"},
        position={("currentfixx", "currentfixy"): "px"},
        duration={"currentfixduration": "ms"},
        person=("recordingsessionlabel",),
        stimulus=(*_PICTURES, "triallabel"),
        trial=("trialindex",),
    ),
    _Format(
        _EYELINK,
        time={"timestamp": "ms"},
        position={
            ("averagegazex", "averagegazey"): "px",
            ("rightgazex", "rightgazey"): "px",
            ("leftgazex", "leftgazey"): "px",
        },
        person=("recordingsessionlabel",),
        stimulus=(*_PICTURES, "triallabel"),
        trial=("trialindex",),
        origin="start",
    ),
    _Format(
        "",
        time=_with_units(
            "time", "t", "timestamp", "onset", "start", "starttime", "onsettime", "fixationstart",
            "starttimestamp", "seconds",
        ),
        position={
            ("x", "y"): "",
            ("xpx", "ypx"): "px",
            ("xnorm", "ynorm"): "norm",
            ("posx", "posy"): "",
            ("xpos", "ypos"): "",
            ("gazex", "gazey"): "",
            ("gazexpx", "gazeypx"): "px",
            ("fixx", "fixy"): "",
            ("fixationx", "fixationy"): "",
            ("fixationxpx", "fixationypx"): "px",
            ("avgx", "avgy"): "",
        },
        duration=_with_units("duration", "dur", "fixduration", "fixationduration"),
        person=_PERSONS,
        stimulus=_PICTURES,
    ),
)  # fmt: skip
"""Formats in the order in which they are tried; the last one is a plain table of any program."""


def recognize(header: Sequence[str]) -> GazeMapping | None:
    """Finds the mapping of a table by the names of its columns; None for unknown names."""
    names: dict[str, str] = {}
    for name in header:
        names.setdefault(plain(name), name)
    mappings = (known.match(names) for known in _FORMATS)
    return next((mapping for mapping in mappings if mapping is not None), None)
